#include "reports/sentences.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "reports/words.hpp"
#include "sla/calendar.hpp"
#include "sla/figures.hpp"

namespace nines::reports {
namespace {

std::string sentence_of_uptime(const sla::Evaluation& evaluation) {
  const sla::UptimeFigures& uptime = *evaluation.uptime;
  std::string out = fmt::format("Up {} of the time that is known", measured_text(evaluation));
  if (uptime.outages.empty()) return out + "; no outage.";
  return out + fmt::format("; down {} in {}.", say_downtime(uptime.net.down),
                           count_of(static_cast<std::int64_t>(uptime.outages.size()), "outage", "outages"));
}

std::string sentence_of_latency(const sla::Evaluation& evaluation) {
  const sla::LatencyFigures& latency = *evaluation.latency;
  const std::string results = count_of(latency.samples, "result", "results");
  if (latency.infinite) {
    return fmt::format("So many of {} failed that the {} % fastest hold a failure: no finite time can be given.",
                       results, latency.percentile.text());
  }
  return fmt::format("{} % of {} came within {}.", latency.percentile.text(), results, measured_text(evaluation));
}

std::string sentence_of_errors(const sla::Evaluation& evaluation) {
  const sla::ErrorFigures& figures = *evaluation.error_rate;
  const std::string results = count_of(figures.samples, "result", "results");
  if (figures.errors_are == config::ErrorsAre::failures)
    return fmt::format("{} of {} failed: {}.", grouped(figures.errors), results, measured_text(evaluation));
  return fmt::format("{} of {} {}: {}.", grouped(figures.errors), results,
                     figures.errors == 1 ? "was a server error" : "were server errors", measured_text(evaluation));
}

// Three decimals, rounded down: what is allowed is not made more.
std::string cut(double value) {
  return fmt::format("{:.3f}", std::floor(value * 1000 + 1e-6) / 1000);
}

constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};

// The month of text that begins with YYYY-MM; empty: it does not.
std::string_view month_of(std::string_view text) {
  int month = 0;
  if (text.size() < 7 || text[4] != '-') return {};
  const auto [end, fault] = std::from_chars(text.data() + 5, text.data() + 7, month);
  if (fault != std::errc() || end != text.data() + 7 || month < 1 || month > 12) return {};
  return kMonths.at(static_cast<std::size_t>(month - 1));
}

// The figure of a period as a number that is worse the larger it is.
std::optional<double> badness(const TrendPoint& point, const sla::Evaluation& evaluation) {
  if (point.no_data) return std::nullopt;
  if (point.infinite) return HUGE_VAL;
  if (point.latency) return static_cast<double>(point.latency->count());
  if (!point.ratio || !point.ratio->known()) return std::nullopt;
  const double value = point.ratio->value();
  return evaluation.objective->indicator == config::Indicator::uptime ? 1 - value : value;
}

struct Moment {
  std::string day;   // "Oct 14"
  std::string time;  // "02:10"
};

Moment moment(Time time, const std::string& zone) {
  const std::string text = sla::format_local(time, zone);  // "2026-10-04 02:00" and perhaps seconds
  const std::string_view day =
      text[8] == '0' ? std::string_view(text).substr(9, 1) : std::string_view(text).substr(8, 2);
  return {fmt::format("{} {}", month_of(text).substr(0, 3), day), text.substr(11, 5)};
}

}  // namespace

std::string say_figure(const sla::Evaluation& evaluation) {
  if (no_data(evaluation))
    return "No data: " + (evaluation.why.empty() ? "nothing is known of the period" : evaluation.why) + ".";
  if (evaluation.uptime) return sentence_of_uptime(evaluation);
  if (evaluation.latency) return sentence_of_latency(evaluation);
  if (evaluation.error_rate) return sentence_of_errors(evaluation);
  return fmt::format("The query gave {}.", measured_text(evaluation));
}

std::string say_spent(const sla::Evaluation& evaluation) {
  if (evaluation.uptime) {
    const sla::TimeBudget& budget = evaluation.uptime->budget;
    return fmt::format("{} spent of {} s allowed", sla::print_downtime(budget.spent), cut(budget.allowed_seconds));
  }
  if (!evaluation.latency && !evaluation.error_rate) return {};
  const sla::CountBudget& budget = evaluation.latency ? evaluation.latency->budget : evaluation.error_rate->budget;
  return fmt::format("{} spent of {} results allowed", grouped(budget.spent), cut(budget.allowed));
}

std::string region_text(const sla::Evaluation& evaluation, const sla::RegionFigure& figure) {
  if (figure.infinite) return "infinite";
  if (evaluation.latency) return figure.measured_time ? sla::print_latency(*figure.measured_time) : "n/a";
  return sla::print_percent(figure.measured, evaluation.uptime ? sla::RoundTo::down : sla::RoundTo::up,
                            &evaluation.objective->target);
}

std::string common_period(const Report& report) {
  if (report.objectives.empty()) return {};
  const std::string& label = report.objectives.front().period.label;
  for (const sla::Evaluation& evaluation : report.objectives) {
    if (evaluation.period.label != label) return {};
  }
  return label;
}

std::string say_period(const std::string& label) {
  const std::string_view month = label.size() == 7 ? month_of(label) : std::string_view();
  return month.empty() ? label : fmt::format("{} {}", month, label.substr(0, 4));
}

std::string say_span(const Period& span, const std::string& time_zone) {
  const Moment from = moment(span.from, time_zone);
  const Moment to = moment(span.to, time_zone);
  if (from.day != to.day) return fmt::format("{}, {} – {}, {} {}", from.day, from.time, to.day, to.time, time_zone);
  return fmt::format("{}, {}–{} {}", from.day, from.time, to.time, time_zone);
}

std::string say_moment(Time time, const std::string& time_zone) {
  const Moment at = moment(time, time_zone);
  return fmt::format("{}, {} {}", at.day, at.time, time_zone);
}

std::string say_outage(const sla::Outage& outage, const sla::Evaluation& evaluation) {
  const std::string& zone = evaluation.period.time_zone;
  std::string out = "Down " + say_downtime(outage.length);
  if (outage.ongoing) {
    out += fmt::format(" so far, since {}, still down", say_moment(outage.extent.from, zone));
  } else if (!outage.ended()) {
    out += fmt::format(" from {}, not seen up again", say_moment(outage.extent.from, zone));
  } else {
    out += " on " + say_span(outage.extent, zone);
  }
  if (const std::size_t all = evaluation.regions.size(); all > 1) {
    out += fmt::format(", seen from {} of {} regions", outage.regions.size(), all);
  }
  return out + fmt::format(": {}", reason_words(outage.reason));
}

std::string trend_figure(const TrendPoint& point, const sla::Evaluation& evaluation) {
  if (point.infinite) return "infinite";
  if (point.latency) return sla::print_latency(*point.latency);
  const bool up = evaluation.objective->indicator == config::Indicator::uptime;
  return point.ratio ? sla::print_percent(*point.ratio, up ? sla::RoundTo::down : sla::RoundTo::up,
                                          &evaluation.objective->target)
                     : "n/a";
}

std::string say_comparison(const std::vector<TrendPoint>& trend, const sla::Evaluation& evaluation) {
  if (trend.size() < 2 || no_data(evaluation)) return {};
  const TrendPoint& before = trend[trend.size() - 2];
  const std::string period = say_period(before.label);
  const std::optional<double> old = badness(before, evaluation);
  const std::optional<double> now = badness(trend.back(), evaluation);
  if (!old || !now) return fmt::format("Of {} nothing is known to compare with.", period);
  const std::string_view word = *now == *old ? "As in" : *now < *old ? "Better than in" : "Worse than in";
  return fmt::format("{} {}: {}.", word, period, trend_figure(before, evaluation));
}

std::string say_share(const Decimal& ratio) {
  return ratio.shifted(2).text() + " %";
}

std::string say_credit(const CreditDue& credit) {
  if (!credit.percent) return "No credit can be told yet: " + credit.why;
  if (!credit.tier || credit.percent->numerator() == 0) return "No credit is due";
  return fmt::format("Credit due: {} of the fee, as uptime is below {}", say_share(*credit.percent),
                     say_share(credit.tier->below));
}

}  // namespace nines::reports
