#include "reports/json_trend.hpp"

#include <cmath>

#include <nlohmann/json.hpp>

#include "reports/json_detail.hpp"
#include "reports/words.hpp"

namespace nines::reports {
namespace {

// Integers that the JSON shows as seconds or milliseconds come back as they were: a double is exact far beyond them.
std::optional<Micros> micros_of(const Json& object, const char* key, double factor) {
  if (!object.contains(key) || !object[key].is_number()) return std::nullopt;
  return Micros(std::llround(object[key].get<double>() * factor));
}

std::optional<sla::Verdict> verdict_of(const Json& item) {
  for (const auto verdict : {sla::Verdict::met, sla::Verdict::missed, sla::Verdict::inconclusive}) {
    if (item.value("verdict", Json()) == verdict_name(verdict)) return verdict;
  }
  return std::nullopt;
}

bool is_of(const Json& item, const config::Objective& objective, const sla::ReportPeriod& period) {
  const auto says = [&](const char* key, const Json& value) { return item.contains(key) && item[key] == value; };
  if (!item.is_object() || !says("name", objective.name) || !says("target", objective.target.text)) return false;
  if (!says("indicator", indicator_name(objective.indicator)) || !item.contains("period")) return false;
  const Json& then = item["period"];
  return then.is_object() && then.value("from", Json()) == format_time(period.period.from) &&
         then.value("to", Json()) == format_time(period.period.to);
}

std::optional<sla::Ratio> uptime_of(const Json& item) {
  const auto up = micros_of(item, "up_seconds", 1e6);
  const auto down = micros_of(item, "down_seconds", 1e6);
  if (!up || !down) return std::nullopt;
  return sla::Ratio{up->count(), (*up + *down).count()};
}

std::optional<sla::Ratio> error_rate_of(const Json& item) {
  if (!item.value("bad", Json()).is_number_integer() || !item.value("samples", Json()).is_number_integer()) {
    return std::nullopt;
  }
  return sla::Ratio{item["bad"].get<std::int64_t>(), item["samples"].get<std::int64_t>()};
}

// What latency and error rate were of; of uptime there is nothing that a report tells of beside its target.
bool counted_alike(const Json& item, const config::Objective& objective) {
  switch (objective.indicator) {
    case config::Indicator::latency:
      return item.value("of", Json()) == latency_of_name(objective.of) &&
             item.value("percentile", Json()) == objective.percentile.to_double();
    case config::Indicator::error_rate:
      return item.value("errors", Json()) == (objective.errors == config::ErrorsAre::server ? "server" : "failures");
    case config::Indicator::uptime:
      return true;
    case config::Indicator::prometheus:
      break;
  }
  return false;
}

// The frozen period is the last point of its own trend, which alone says whether anything was stored of it.
std::optional<bool> had_no_data(const Json& item) {
  if (!item.contains("trend") || !item["trend"].is_array() || item["trend"].empty()) return std::nullopt;
  const Json& own = item["trend"].back();
  if (!own.is_object() || !own.value("no_data", Json()).is_boolean()) return std::nullopt;
  return own["no_data"].get<bool>();
}

std::optional<TrendPoint> point_of(const Json& item, config::Indicator indicator) {
  TrendPoint point;
  const auto verdict = verdict_of(item);
  const auto no_data = had_no_data(item);
  if (!verdict || !no_data || item.contains("on_track")) return std::nullopt;
  point.verdict = *verdict;
  point.no_data = *no_data;
  point.infinite = item.contains("infinite");
  if (indicator == config::Indicator::latency) {
    point.latency = micros_of(item, "measured_ms", 1e3);
    return point;
  }
  const auto ratio = indicator == config::Indicator::uptime ? uptime_of(item) : error_rate_of(item);
  if (!ratio) return std::nullopt;
  if (ratio->known()) point.ratio = ratio;
  if (indicator == config::Indicator::uptime) point.down_us = ratio->whole - ratio->part;
  return point;
}

}  // namespace

std::optional<TrendPoint> trend_point_in(const Json& report, const config::Objective& objective,
                                         const sla::ReportPeriod& period) {
  if (!report.is_object() || !report.contains("objectives") || !report["objectives"].is_array()) return std::nullopt;
  for (const Json& item : report["objectives"]) {
    if (is_of(item, objective, period) && counted_alike(item, objective)) return point_of(item, objective.indicator);
  }
  return std::nullopt;
}

}  // namespace nines::reports
