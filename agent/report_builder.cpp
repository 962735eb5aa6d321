#include "agent/report_builder.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "agent/frozen_trend.hpp"
#include "agent/prometheus_query.hpp"
#include "agent/remembering_source.hpp"
#include "agent/report_pieces.hpp"
#include "base/version.hpp"
#include "reports/credit.hpp"
#include "reports/over_time.hpp"
#include "sla/calendar.hpp"
#include "sla/evaluate.hpp"
#include "sla/whitebox.hpp"

namespace nines::agent {
namespace {

Expected<sla::ReportPeriod> span_between(const PeriodOptions& options, const std::string& zone) {
  auto from = sla::parse_local(options.from, zone);
  if (!from) return fail("--from: " + from.error().message);
  auto to = sla::parse_local(options.to, zone);
  if (!to) return fail("--to: " + to.error().message);
  if (*from >= *to) return fail("--from must be before --to");
  return sla::ReportPeriod{{*from, *to}, zone, fmt::format("{} – {}", format_time(*from, 0), format_time(*to, 0))};
}

Expected<sla::ReportPeriod> asked_period(const PeriodOptions& options, const config::Objective& objective, Time as_of) {
  const std::string& zone = objective.time_zone;
  if (!options.month.empty()) return sla::month(options.month, zone);
  if (!options.quarter.empty()) return sla::quarter(options.quarter, zone);
  if (!options.year.empty()) return sla::year(options.year, zone);
  if (!options.from.empty()) return span_between(options, zone);
  if (!options.last.empty()) {
    auto length = parse_duration(options.last);
    if (!length) return fail("--last: " + length.error().message);
    if (*length == Micros(0)) return fail("--last: expected a span such as 30d");
    return sla::ReportPeriod{{as_of - *length, as_of}, zone, "last " + options.last};
  }
  return sla::current_period(objective, as_of);
}

// A check's present name and those it had.
std::vector<std::string> names_of(const config::Config& config, const std::string& check) {
  std::vector<std::string> names{check};
  for (const config::Schedule* schedule : config.schedules()) {
    if (schedule->name == check) names.insert(names.end(), schedule->formerly.begin(), schedule->formerly.end());
  }
  return names;
}

reports::TrendPoint trend_point(const sla::Evaluation& evaluation) {
  reports::TrendPoint point;
  point.label = evaluation.period.label;
  point.verdict = evaluation.verdict;
  if (evaluation.uptime) {
    const sla::Ratio measured = evaluation.uptime->net.measured();
    if (measured.known()) point.ratio = measured;
    point.down_us = evaluation.uptime->net.down.count();
  }
  if (evaluation.error_rate && evaluation.error_rate->samples > 0) point.ratio = evaluation.error_rate->measured();
  if (evaluation.latency) {
    point.latency = evaluation.latency->measured;
    point.infinite = evaluation.latency->infinite;
  }
  if (evaluation.prometheus) point.value = evaluation.prometheus->value;
  return point;
}

bool touches(const config::Maintenance& window, const Period& period) {
  const Period& span = window.once ? *window.once : window.in_force;
  return span.from < period.to && period.from < span.to;
}

}  // namespace

Expected<sla::ReportPeriod> period_of(const PeriodOptions& options, const config::Objective& objective, Time as_of) {
  auto period = asked_period(options, objective, as_of);
  const bool calendar = !options.month.empty() || !options.quarter.empty() || !options.year.empty();
  if (period && calendar && objective.window.kind == config::Window::Kind::rolling) {
    period->period.to = std::min(period->period.to, as_of);
    period->period.from = period->period.to - objective.window.length;
    period->label = fmt::format("{} to the end of {}", format_duration(objective.window.length), period->label);
  }
  return period;
}

namespace {

bool holds_results(const sla::History& history, const config::Objective& objective, const Period& period) {
  const auto named = [&](const std::vector<std::string>& names, const sla::Series& series) {
    return std::ranges::find(names, series.key.check) != names.end();
  };
  return std::ranges::any_of(history.series, [&](const sla::Series& series) {
    return (named(objective.checks, series) || named(objective.journeys, series)) &&
           (std::ranges::any_of(series.rows, [&](const ResultRow& row) { return period.contains(row.start); }) ||
            std::ranges::any_of(series.stretches, [&](const sla::Stretch& stretch) {
              return stretch.first < period.to && period.from <= stretch.last;
            }));
  });
}

class Builder {
 public:
  Builder(const ReportPlan& plan, Sources sources) : plan_(&plan), sources_(sources), histories_(sources, plan) {
    report_.generated_at = plan.generated_at;
    report_.as_of = plan.as_of;
    report_.version = kVersion;
    report_.environment = plan.config->environment;
    report_.config = plan.config;
    report_.contract = plan.contract;
    report_.objectives.resize(plan.objectives.size());
    report_.details.resize(plan.objectives.size());
    for (reports::Detail& detail : report_.details) detail.trend.resize(kTrendPeriods);
  }

  Expected<reports::Report> build() {
    auto frozen = FrozenTrend::of(*plan_, sources_);
    if (!frozen) return std::unexpected(frozen.error());
    frozen_ = std::move(*frozen);
    const auto pieces = pieces_of(*plan_);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (plan_->progress) plan_->progress(i, pieces.size());
      if (auto done = add(pieces[i]); !done) return std::unexpected(done.error());
    }
    if (plan_->progress) plan_->progress(pieces.size(), pieces.size());
    report_.regions.assign(regions_.begin(), regions_.end());
    if (auto added = add_exclusions(); !added) return std::unexpected(added.error());
    return std::move(report_);
  }

 private:
  Expected<void> add_exclusions() {
    auto windows = stored_windows(sources_, *plan_->config);
    if (!windows) return std::unexpected(windows.error());
    std::ranges::copy_if(*windows, std::back_inserter(report_.exclusions), [&](const auto& window) {
      return window.excluded &&
             std::ranges::any_of(plan_->periods, [&](const auto& period) { return touches(window, period.period); });
    });
    // What came later is not of this report.
    for (config::Maintenance& window : report_.exclusions) {
      if (window.removed && window.removed->at >= plan_->as_of) window.removed.reset();
    }
    return {};
  }

  Expected<void> add(const Piece& piece) {
    if (piece.before > 0 && add_frozen(piece)) return {};
    const bool asks = plan_->objectives[piece.objective]->indicator == config::Indicator::prometheus;
    if (asks) {
      add_answer(piece);
      return {};
    }
    return add_results(piece);
  }

  // A month that was frozen is not read again.
  bool add_frozen(const Piece& piece) {
    auto point = frozen_.find(*plan_->objectives[piece.objective], piece.period);
    if (!point) return false;
    point->label = piece.period.label;
    point_of(piece) = std::move(*point);
    return true;
  }

  reports::TrendPoint& point_of(const Piece& piece) {
    return report_.details[piece.objective].trend[static_cast<std::size_t>(kTrendPeriods - 1 - piece.before)];
  }

  Expected<void> add_results(const Piece& piece) {
    const config::Objective& objective = *plan_->objectives[piece.objective];
    const auto history = histories_.of(piece);
    if (!history) return std::unexpected(history.error());
    const sla::Subject subject =
        sla::make_subject(objective, piece.period.period, plan_->as_of, **history, plan_->config->regions);
    sla::Evaluation evaluation = sla::evaluate(subject, piece.period, plan_->as_of);
    reports::TrendPoint point = trend_point(evaluation);
    point.no_data = evaluation.coverage.part == 0 && !holds_results(**history, objective, piece.period.period);
    if (piece.before == 0) {
      for (const sla::Series& series : (*history)->series) {
        if (!series.empty() || series.key.region == plan_->config->region) regions_.insert(series.key.region);
      }
      reports::Detail detail = reports::over_time(subject, evaluation);
      detail.trend = std::move(report_.details[piece.objective].trend);
      if (auto found = add_evidence(detail, evaluation); !found) return found;
      report_.details[piece.objective] = std::move(detail);
    }
    keep(piece, std::move(evaluation), std::move(point));
    return {};
  }

  // What cannot say what is now is not asked for the past.
  void add_answer(const Piece& piece) {
    const config::Objective& objective = *plan_->objectives[piece.objective];
    if (piece.before > 0 && report_.objectives[piece.objective].prometheus->answer.empty()) {
      point_of(piece).label = piece.period.label;
      return;
    }
    const Time at = std::min(piece.period.period.to, plan_->as_of);
    sla::Evaluation evaluation = sla::evaluate_answer(objective, piece.period, plan_->as_of,
                                                      ask_prometheus(plan_->config->prometheus, objective, at));
    reports::TrendPoint point = trend_point(evaluation);
    point.no_data = !evaluation.prometheus->value;
    keep(piece, std::move(evaluation), std::move(point));
  }

  void keep(const Piece& piece, sla::Evaluation evaluation, reports::TrendPoint point) {
    point_of(piece) = std::move(point);
    if (piece.before > 0) return;
    reports::Detail& detail = report_.details[piece.objective];
    if (plan_->contract != nullptr) {
      const auto credits =
          std::ranges::find(plan_->contract->credits, evaluation.objective->name, &config::Credits::objective);
      if (credits != plan_->contract->credits.end()) detail.credit = reports::credit_due(*credits, evaluation);
    }
    report_.objectives[piece.objective] = std::move(evaluation);
  }

  Expected<void> add_evidence(reports::Detail& detail, const sla::Evaluation& evaluation) {
    if (!evaluation.uptime) return {};
    for (const sla::Outage& outage : evaluation.uptime->outages) {
      auto found = evidence_of(outage);
      if (!found) return std::unexpected(found.error());
      detail.evidence.push_back(std::move(*found));
    }
    return {};
  }

  Expected<reports::OutageEvidence> evidence_of(const sla::Outage& outage) {
    const Period moment{outage.first_failure, outage.first_failure + Micros(1)};
    for (const std::string& name : names_of(*plan_->config, outage.first.check)) {
      for (HistorySource* source : sources_) {
        auto entries = source->evidence({name, outage.first.region}, moment, 1);
        if (!entries) return std::unexpected(entries.error());
        if (entries->empty()) continue;
        Evidence& left = entries->front().evidence;
        return reports::OutageEvidence{outage.first.check,      outage.first.region,     outage.first_failure,
                                       std::move(left.message), std::move(left.address), std::move(left.failed_step),
                                       std::move(left.trace_id)};
      }
    }
    return reports::OutageEvidence{outage.first.check, outage.first.region, outage.first_failure, {}, {}, {}, {}};
  }

  const ReportPlan* plan_;
  Sources sources_;
  Histories histories_;
  FrozenTrend frozen_;
  std::set<std::string> regions_;
  reports::Report report_;
};

}  // namespace

std::string contract_file_name(const config::Contract& contract) {
  std::string name = contract.name;
  for (char& c : name) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!plain && !(c == '.' && &c != name.data())) c = '-';
  }
  return name;
}

Expected<reports::Report> build_report(const ReportPlan& plan, std::span<store::Reader> readers) {
  return build_report(plan, StoreSources(readers));
}

Expected<reports::Report> build_report(const ReportPlan& plan, Sources sources) {
  const RememberingSources remembering(sources);
  return Builder(plan, remembering).build();
}

}  // namespace nines::agent
