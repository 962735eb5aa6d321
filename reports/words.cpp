#include "reports/words.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sla/figures.hpp"

namespace nines::reports {

Answer answer_of(const sla::Evaluation& evaluation) {
  switch (evaluation.verdict) {
    case sla::Verdict::met:
      return Answer::met;
    case sla::Verdict::missed:
      return evaluation.level == sla::Level::critical ? Answer::missed_critical : Answer::missed;
    case sla::Verdict::inconclusive:
      break;
  }
  if (!evaluation.on_track) return Answer::inconclusive;
  if (*evaluation.on_track) return Answer::on_track;
  return evaluation.level == sla::Level::critical ? Answer::off_track_critical : Answer::off_track;
}

std::string_view answer_words(Answer answer) {
  switch (answer) {
    case Answer::missed_critical:
      return "missed, critical";
    case Answer::missed:
      return "missed";
    case Answer::off_track_critical:
      return "off track, critical";
    case Answer::off_track:
      return "off track";
    case Answer::inconclusive:
      return "inconclusive";
    case Answer::on_track:
      return "on track";
    case Answer::met:
      return "met";
  }
  return "inconclusive";
}

Shown answer_state(Answer answer) {
  switch (answer) {
    case Answer::missed_critical:
    case Answer::missed:
    case Answer::off_track_critical:
      return Shown::critical;
    case Answer::off_track:
      return Shown::warning;
    case Answer::inconclusive:
      return Shown::unknown;
    case Answer::on_track:
    case Answer::met:
      return Shown::up;
  }
  return Shown::unknown;
}

std::vector<const sla::Evaluation*> worst_first(const std::vector<sla::Evaluation>& evaluations) {
  std::vector<const sla::Evaluation*> sorted;
  sorted.reserve(evaluations.size());
  for (const sla::Evaluation& evaluation : evaluations) sorted.push_back(&evaluation);
  std::ranges::stable_sort(sorted, {}, [](const sla::Evaluation* evaluation) { return answer_of(*evaluation); });
  return sorted;
}

std::string_view indicator_name(config::Indicator indicator) {
  switch (indicator) {
    case config::Indicator::uptime:
      return "uptime";
    case config::Indicator::latency:
      return "latency";
    case config::Indicator::error_rate:
      return "error_rate";
    case config::Indicator::prometheus:
      return "prometheus";
  }
  return "uptime";
}

std::string indicator_words(const config::Objective& objective) {
  switch (objective.indicator) {
    case config::Indicator::uptime:
      return "uptime";
    case config::Indicator::latency:
      return fmt::format("p{} latency", objective.percentile.text());
    case config::Indicator::error_rate:
      return "error rate";
    case config::Indicator::prometheus:
      return "query";
  }
  return "uptime";
}

std::string target_text(const config::Limit& target) {
  if (target.text.starts_with(">=")) return "≥" + target.text.substr(2);
  if (target.text.starts_with("<=")) return "≤" + target.text.substr(2);
  const bool bare = target.text.find_first_of("<>") == std::string::npos;
  return bare ? "≥ " + target.text : target.text;
}

std::string measured_text(const sla::Evaluation& evaluation) {
  const config::Limit* target = &evaluation.objective->target;
  if (evaluation.uptime) {
    return sla::print_percent(evaluation.uptime->net.measured(), sla::RoundTo::down, target);
  }
  if (evaluation.error_rate) {
    return sla::print_percent(evaluation.error_rate->measured(), sla::RoundTo::up, target);
  }
  if (evaluation.prometheus) {
    const auto& value = evaluation.prometheus->value;
    return value ? sla::print_value(*value, evaluation.objective->unit, *target) : "n/a";
  }
  if (!evaluation.latency) return "n/a";
  if (evaluation.latency->infinite) return "infinite";
  return evaluation.latency->measured ? sla::print_latency(*evaluation.latency->measured) : "n/a";
}

std::string coverage_text(const sla::Ratio& coverage) {
  return sla::print_percent(coverage, sla::RoundTo::down);
}

bool no_data(const sla::Evaluation& evaluation) {
  if (evaluation.latency) return evaluation.latency->samples == 0;
  if (evaluation.error_rate) return evaluation.error_rate->samples == 0;
  if (evaluation.prometheus) return !evaluation.prometheus->value;
  return evaluation.coverage.part == 0;
}

std::string remaining_text(const sla::Evaluation& evaluation) {
  if (evaluation.uptime) return sla::print_remaining(evaluation.uptime->budget);
  if (evaluation.latency) return sla::print_remaining(evaluation.latency->budget);
  if (evaluation.error_rate) return sla::print_remaining(evaluation.error_rate->budget);
  return {};
}

std::optional<double> remaining_ratio(const sla::Evaluation& evaluation) {
  if (evaluation.uptime) return evaluation.uptime->budget.remaining_ratio;
  if (evaluation.latency) return evaluation.latency->budget.remaining_ratio;
  if (evaluation.error_rate) return evaluation.error_rate->budget.remaining_ratio;
  return std::nullopt;
}

std::string say_downtime(Micros duration) {
  using namespace std::chrono_literals;
  Micros unit = 1ms;
  if (duration >= 24h) {
    unit = 1h;
  } else if (duration >= 1h) {
    unit = 1min;
  } else if (duration >= 1min) {
    unit = 1s;
  }
  return say_duration((duration + unit - Micros(1)) / unit * unit);
}

std::string sentence(std::string words) {
  if (!words.empty() && words.front() >= 'a' && words.front() <= 'z')
    words.front() = static_cast<char>(words.front() - 'a' + 'A');
  return words + ".";
}

std::string grouped(std::int64_t count) {
  std::string text = fmt::format("{}", count);
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  for (std::size_t at = text.size(); at > first + 3;) text.insert(at -= 3, ",");
  return text;
}

std::string count_of(std::int64_t count, std::string_view singular, std::string_view plural) {
  return fmt::format("{} {}", grouped(count), count == 1 ? singular : plural);
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

std::string_view latency_of_name(config::LatencyOf of) {
  switch (of) {
    case config::LatencyOf::successful:
      return "successful";
    case config::LatencyOf::all:
      return "all";
    case config::LatencyOf::strict:
      return "strict";
  }
  return "successful";
}

}  // namespace nines::reports
