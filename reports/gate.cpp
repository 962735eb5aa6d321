#include "reports/gate.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "reports/json_text.hpp"

namespace nines::reports {
namespace {

namespace gate = sla::gate;

Json number(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json in_ms(const std::optional<Micros>& value) {
  return value ? Json(milliseconds(*value)) : Json(nullptr);
}

Json ranks_json(const std::optional<gate::MannWhitney>& test) {
  if (!test) return nullptr;
  return {{"u", test->u}, {"p_value", test->p_value}, {"exact", test->exact}};
}

Json check_json(const gate::LatencyRow& row) {
  Json check;
  check["name"] = row.name;
  check["service"] = row.service;
  check["journey"] = row.journey;
  check["baseline_samples"] = row.baseline_samples;
  check["samples"] = row.samples;
  check["baseline_errors"] = row.baseline_errors;
  check["errors"] = row.errors;
  check["p95_baseline_ms"] = in_ms(row.p95_baseline);
  check["p95_ms"] = in_ms(row.p95);
  check["increase"] = number(row.increase);
  check["mann_whitney"] = ranks_json(row.ranks);
  check["mann_whitney_125"] = ranks_json(row.ranks_125);
  check["fisher"] = row.fisher_p ? Json{{"p_value", *row.fisher_p}} : Json(nullptr);
  check["shift_ms"] = row.shift ? Json(row.shift->estimate / 1000) : Json(nullptr);
  check["shift_interval_ms"] =
      row.shift ? Json::array({milliseconds(Micros(row.shift->low)), milliseconds(Micros(row.shift->high))})
                : Json(nullptr);
  check["level"] = gate::level_name(row.level);
  check["reason"] = row.reason;
  return check;
}

Json service_json(const gate::ServiceRow& row) {
  Json service;
  service["name"] = row.name;
  service["baseline_samples"] = row.baseline_samples;
  service["samples"] = row.samples;
  service["baseline_errors"] = row.baseline_errors;
  service["errors"] = row.errors;
  service["error_ratio"] = number(row.error_ratio);
  service["error_p_value"] = number(row.error_p_value);
  service["error_level"] = gate::level_name(row.error_level);
  service["server_errors"] = row.server_errors;
  service["server_error_rate"] = number(row.server_error_rate);
  service["server_error_p_value"] = number(row.server_error_p_value);
  service["server_error_level"] = gate::level_name(row.server_error_level);
  service["health"] = number(row.health);
  service["health_level"] = gate::level_name(row.health_level);
  service["bad_baseline"] = row.bad_baseline;
  service["level"] = gate::level_name(row.level);
  return service;
}

Json minutes_json(const std::vector<GateMinute>& minutes) {
  Json all = Json::array();
  for (const GateMinute& minute : minutes) {
    all.push_back({{"time", format_time(minute.at, 3)}, {"verdict", gate::verdict_name(minute.verdict)}});
  }
  return all;
}

std::string_view verdict_of(const GateReport& report) {
  return report.running ? "running" : gate::verdict_name(report.decision.verdict);
}

}  // namespace

Json gate_json(const GateReport& report) {
  const gate::Decision& decision = report.decision;
  Json document;
  const bool stored = !report.id.empty();
  if (stored) {
    document["id"] = report.id;
    document["deployment"] = report.deployment;
    document["phase"] = report.phase;
    document["baseline"] = report.baseline.empty() ? Json(nullptr) : Json(report.baseline);
    document["began"] = format_time(report.began, 3);
    document["ended"] = report.running ? Json(nullptr) : Json(format_time(report.ended, 3));
  }
  document["verdict"] = verdict_of(report);
  document["reasons"] = decision.reasons;
  document["checks"] = Json::array();
  for (const gate::LatencyRow& row : decision.judgement.checks) document["checks"].push_back(check_json(row));
  document["services"] = Json::array();
  for (const gate::ServiceRow& row : decision.judgement.services) document["services"].push_back(service_json(row));
  if (stored) {
    document["resources"] = Json::array();
    for (const gate::ResourceRow& row : decision.resources) {
      document["resources"].push_back(
          {{"name", row.name}, {"percent", row.percent}, {"level", gate::level_name(row.level)}});
    }
    document["alerts"] = decision.alerts;
    document["minutes"] = minutes_json(report.minutes);
  }
  document["not_judged"] = decision.not_judged;
  document["notes"] = report.notes;
  return document;
}

std::string gate_json_text(const Json& document) {
  return json_text(document);
}

std::string gate_line(const GateReport& report) {
  const gate::Decision& decision = report.decision;
  std::string line = fmt::format("minute {}: {}", report.minutes.size(), gate::verdict_name(decision.verdict));
  for (const gate::ServiceRow& row : decision.judgement.services) {
    fmt::format_to(std::back_inserter(line), "; {}: {} results, {} failed", row.name, row.samples, row.errors);
  }
  for (const gate::LatencyRow& row : decision.judgement.checks) {
    if (!row.p95 || !row.increase) continue;
    fmt::format_to(std::back_inserter(line), "; p95 of {} {} ({:+.0f} %)", row.name, say_latency(*row.p95),
                   *row.increase * 100);
  }
  if (!decision.reasons.empty()) line += "; " + decision.reasons.front();
  return line;
}

}  // namespace nines::reports
