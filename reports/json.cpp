#include <cmath>

#include <nlohmann/json.hpp>

#include "reports/json_detail.hpp"
#include "reports/json_text.hpp"
#include "reports/report.hpp"
#include "reports/words.hpp"

namespace nines::reports {
namespace {

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json ratio(const sla::Ratio& value) {
  return value.known() ? Json(value.value()) : Json();
}

template <class T>
Json seconds_or_null(const std::optional<T>& value) {
  return value ? Json(seconds(*value)) : Json();
}

Json milliseconds_or_null(const std::optional<Micros>& value) {
  return value ? Json(milliseconds(*value)) : Json();
}

void set_remaining_ratio(Json& budget, const std::optional<double>& value) {
  budget["remaining_ratio"] = value && std::isfinite(*value) ? Json(*value) : Json();
  if (value && std::isinf(*value)) budget["infinite"] = true;
}

std::string_view level_name(sla::Level level) {
  switch (level) {
    case sla::Level::ok:
      return "ok";
    case sla::Level::warning:
      return "warning";
    case sla::Level::critical:
      return "critical";
  }
  return "ok";
}

Json period_json(const sla::ReportPeriod& period) {
  return {{"from", format_time(period.period.from)},
          {"to", format_time(period.period.to)},
          {"time_zone", period.time_zone},
          {"label", period.label}};
}

void set_times(Json& out, const sla::UptimeTimes& times) {
  out["measured"] = ratio(times.measured());
  out["up_seconds"] = seconds(times.up);
  out["down_seconds"] = seconds(times.down);
  out["unknown_seconds"] = seconds(times.unknown);
  out["excluded_seconds"] = seconds(times.excluded);
}

Json times_json(const sla::UptimeTimes& times) {
  Json out;
  set_times(out, times);
  return out;
}

Json outage_json(const sla::Outage& outage) {
  return {{"from", format_time(outage.extent.from)},
          {"to", format_time(outage.extent.to)},
          {"down_seconds", seconds(outage.length)},
          {"inside_seconds", seconds(outage.inside)},
          {"ongoing", outage.ongoing},
          {"ended", outage.ended()},
          {"reason", reason_name(outage.reason)},
          {"checks", outage.checks},
          {"regions", outage.regions}};
}

Json time_budget_json(const sla::TimeBudget& budget) {
  Json out = {{"allowed_seconds", budget.allowed_seconds},
              {"spent_seconds", budget.spent_seconds},
              {"remaining_seconds", budget.remaining_seconds}};
  set_remaining_ratio(out, budget.remaining_ratio);
  return out;
}

Json count_budget_json(const sla::CountBudget& budget) {
  Json out = {{"allowed", budget.allowed}, {"spent", budget.spent}};
  set_remaining_ratio(out, budget.remaining_ratio);
  return out;
}

void set_uptime(Json& out, const sla::UptimeFigures& uptime) {
  set_times(out, uptime.net);
  out["gross"] = times_json(uptime.gross);
  out["strict"] = times_json(uptime.strict);
  out["outages"] = Json::array();
  for (const sla::Outage& outage : uptime.outages) out["outages"].push_back(outage_json(outage));
  out["mttr_seconds"] = seconds_or_null(uptime.mttr);
  out["mtbf_seconds"] = seconds_or_null(uptime.mtbf);
  out["error_budget"] = time_budget_json(uptime.budget);
}

void set_latency(Json& out, const sla::LatencyFigures& latency) {
  out["percentile"] = latency.percentile.to_double();
  out["of"] = latency_of_name(latency.of);
  out["measured"] = milliseconds_or_null(latency.measured);
  out["measured_ms"] = out["measured"];
  if (latency.infinite) out["infinite"] = true;
  out["samples"] = latency.samples;
  out["error_budget"] = count_budget_json(latency.budget);
}

void set_error_rate(Json& out, const sla::ErrorFigures& error_rate) {
  out["errors"] = error_rate.errors_are == config::ErrorsAre::server ? "server" : "failures";
  out["bad"] = error_rate.errors;
  out["samples"] = error_rate.samples;
  out["measured"] = ratio(error_rate.measured());
  out["error_budget"] = count_budget_json(error_rate.budget);
}

std::string_view unit_name(config::Unit unit) {
  switch (unit) {
    case config::Unit::ratio:
      return "ratio";
    case config::Unit::percent:
      return "percent";
    case config::Unit::seconds:
      return "seconds";
    case config::Unit::milliseconds:
      return "milliseconds";
    case config::Unit::number:
      break;
  }
  return "number";
}

void set_answer(Json& out, const sla::PrometheusFigures& figures, const config::Objective& objective) {
  const bool finite = figures.value && std::isfinite(*figures.value);
  out["measured"] = finite ? Json(*figures.value) : Json();
  if (figures.value && !finite) out["infinite"] = true;
  out["unit"] = unit_name(objective.unit);
  out["query"] = objective.query;
  out["asked_for"] = format_time(figures.asked_for);
  out["answer"] = text_or_null(figures.answer);
}

Json region_json(const sla::RegionFigure& figure, bool latency) {
  Json out = {{"region", figure.region}, {"coverage", ratio(figure.coverage)}};
  out["measured"] = latency ? milliseconds_or_null(figure.measured_time) : ratio(figure.measured);
  if (latency) out["measured_ms"] = out["measured"];
  if (figure.infinite) out["infinite"] = true;
  return out;
}

Json objective_json(const sla::Evaluation& evaluation, const Detail* detail) {
  const config::Objective& objective = *evaluation.objective;
  Json out = {{"name", objective.name},
              {"service", text_or_null(objective.service)},
              {"indicator", indicator_name(objective.indicator)},
              {"target", objective.target.text},
              {"period", period_json(evaluation.period)},
              {"measured", nullptr},
              {"verdict", verdict_name(evaluation.verdict)},
              {"level", level_name(evaluation.level)}};
  if (evaluation.running) out["on_track"] = evaluation.on_track ? Json(*evaluation.on_track) : Json();
  out["why"] = text_or_null(evaluation.why);
  out["coverage"] = ratio(evaluation.coverage);
  if (evaluation.uptime) set_uptime(out, *evaluation.uptime);
  if (evaluation.latency) set_latency(out, *evaluation.latency);
  if (evaluation.error_rate) set_error_rate(out, *evaluation.error_rate);
  if (evaluation.prometheus) set_answer(out, *evaluation.prometheus, objective);
  out["regions"] = Json::array();
  for (const sla::RegionFigure& figure : evaluation.regions) {
    out["regions"].push_back(region_json(figure, evaluation.latency.has_value()));
  }
  if (detail != nullptr) set_detail(out, evaluation, *detail);
  return out;
}

Json exclusion_json(const config::Maintenance& window) {
  Json out = {{"service", text_or_null(window.service)}};
  if (window.once) {
    out["from"] = format_time(window.once->from);
    out["to"] = format_time(window.once->to);
  } else {
    out["schedule"] = window.weekly ? Json(window.weekly->text) : Json();
  }
  out["time_zone"] = window.time_zone;
  out["reason"] = text_or_null(window.reason);
  out["author"] = text_or_null(window.author);
  out["entered"] = window.entered ? Json(format_time(*window.entered)) : Json();
  out["entered_late"] = window.entered_late();
  out["removed"] = nullptr;
  if (window.removed) {
    out["removed"] = {{"at", format_time(window.removed->at)},
                      {"author", text_or_null(window.removed->author)},
                      {"reason", text_or_null(window.removed->reason)}};
  }
  return out;
}

Json frozen_json(const Frozen& frozen) {
  return {{"month", frozen.month},
          {"region", text_or_null(frozen.region)},
          {"revision", frozen.revision},
          {"made", format_time(frozen.made)},
          {"method", frozen.method},
          {"fingerprint", frozen.fingerprint},
          {"reason", text_or_null(frozen.reason)}};
}

Json unreachable_json(const Unreachable& agent) {
  return {{"agent", agent.agent}, {"region", text_or_null(agent.region)}, {"reachable", false}, {"why", agent.why}};
}

}  // namespace

std::string to_json(const Report& report) {
  Json out = {{"schema", "nines.report/v1"},
              {"generated_at", format_time(report.generated_at)},
              {"as_of", format_time(report.as_of)},
              {"version", report.version},
              {"environment", text_or_null(report.environment)},
              {"regions", report.regions},
              {"exclusions", Json::array()},
              {"objectives", Json::array()}};
  if (report.contract != nullptr) {
    out["contract"] = {{"name", report.contract->name}, {"customer", report.contract->customer}};
  }
  for (const config::Maintenance& window : report.exclusions) out["exclusions"].push_back(exclusion_json(window));
  for (std::size_t i = 0; i < report.objectives.size(); ++i) {
    const Detail* detail = i < report.details.size() ? &report.details[i] : nullptr;
    out["objectives"].push_back(objective_json(report.objectives[i], detail));
  }
  for (const Unreachable& agent : report.unreachable) out["unreachable"].push_back(unreachable_json(agent));
  if (report.frozen) out["frozen"] = frozen_json(*report.frozen);
  return json_text(out);
}

}  // namespace nines::reports
