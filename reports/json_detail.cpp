#include "reports/json_detail.hpp"

#include <nlohmann/json.hpp>

#include "reports/trend.hpp"

namespace nines::reports {
namespace {

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

template <class T>
Json number_or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json milliseconds_or_null(const std::optional<Micros>& value) {
  return value ? Json(milliseconds(*value)) : Json();
}

void set_span(Json& out, const Period& span) {
  out["from"] = format_time(span.from);
  out["to"] = format_time(span.to);
}

// The hours that were not up throughout: what is not in the list was.
Json hours_json(const std::vector<StripCell>& strip) {
  Json out = Json::array();
  for (const StripCell& cell : strip) {
    if (cell.times.up == cell.span.length()) continue;
    Json hour;
    set_span(hour, cell.span);
    hour["up_seconds"] = seconds(cell.times.up);
    hour["down_seconds"] = seconds(cell.times.down);
    hour["unknown_seconds"] = seconds(cell.times.unknown);
    hour["excluded_seconds"] = seconds(cell.times.excluded);
    hour["reason"] = cell.reason == Reason::none ? Json() : Json(reason_name(cell.reason));
    out.push_back(std::move(hour));
  }
  return out;
}

Json slices_json(const std::vector<Slice>& slices, bool latency) {
  Json out = Json::array();
  for (const Slice& slice : slices) {
    Json one;
    set_span(one, slice.span);
    one["samples"] = slice.samples;
    one["bad"] = slice.bad;
    one["failures"] = slice.failures;
    if (latency) {
      one["p50_ms"] = milliseconds_or_null(slice.p50);
      one["p95_ms"] = milliseconds_or_null(slice.p95);
      one["p99_ms"] = milliseconds_or_null(slice.p99);
    }
    out.push_back(std::move(one));
  }
  return out;
}

Json distribution_json(const std::vector<Bin>& bins) {
  Json out = Json::array();
  for (const Bin& bin : bins) {
    out.push_back({{"from_ms", milliseconds(bin.from)}, {"to_ms", milliseconds(bin.to)}, {"count", bin.count}});
  }
  return out;
}

Json budget_json(const std::vector<BudgetPoint>& points) {
  Json out = Json::array();
  for (const BudgetPoint& point : points) {
    out.push_back({{"at", format_time(point.at)}, {"remaining_ratio", point.remaining}});
  }
  return out;
}

Json evidence_json(const OutageEvidence& evidence) {
  return {{"check", evidence.check},
          {"region", evidence.region},
          {"time", format_time(evidence.at)},
          {"message", text_or_null(evidence.message)},
          {"address", text_or_null(evidence.address)},
          {"failed_step", text_or_null(evidence.failed_step)},
          {"trace_id", text_or_null(evidence.trace_id)}};
}

Json credit_json(const CreditDue& credit) {
  const auto decimal = [](const Decimal& value) { return value.to_double(); };
  return {{"due", credit.percent ? Json(decimal(*credit.percent)) : Json()},
          {"below", credit.tier ? Json(decimal(credit.tier->below)) : Json()},
          {"why", text_or_null(credit.why)}};
}

Json trend_json(const std::vector<TrendPoint>& trend, bool uptime) {
  Json out = Json::array();
  for (const TrendPoint& point : trend) {
    Json one = {{"label", point.label}, {"no_data", point.no_data}};
    one["measured"] = number_or_null(figure_value(point));
    if (point.infinite) one["infinite"] = true;
    one["verdict"] = verdict_name(point.verdict);
    if (uptime) one["down_seconds"] = seconds(Micros(point.down_us));
    out.push_back(std::move(one));
  }
  return out;
}

Json comparison_json(const Detail& detail, const config::Objective& objective) {
  const auto found = comparison(detail, objective);
  if (!found) return {};
  const auto now = figure_value(detail.trend.back());
  const auto before = figure_value(*found->before);
  Json out = {{"label", found->before->label},
              {"measured", number_or_null(before)},
              {"difference", now && before ? Json(*now - *before) : Json()},
              {"change", nullptr}};
  if (found->change) {
    out["change"] = *found->change == Change::better ? "better" : *found->change == Change::same ? "same" : "worse";
  }
  return out;
}

}  // namespace

std::string_view verdict_name(sla::Verdict verdict) {
  switch (verdict) {
    case sla::Verdict::met:
      return "met";
    case sla::Verdict::missed:
      return "missed";
    case sla::Verdict::inconclusive:
      return "inconclusive";
  }
  return "inconclusive";
}

void set_detail(Json& out, const sla::Evaluation& evaluation, const Detail& detail) {
  const bool latency = evaluation.latency.has_value();
  if (evaluation.uptime) {
    out["hours"] = hours_json(detail.strip);
    for (std::size_t i = 0; i < detail.evidence.size(); ++i) {
      out["outages"][i]["evidence"] = evidence_json(detail.evidence[i]);
    }
  }
  if (latency) {
    out["p50_ms"] = milliseconds_or_null(detail.p50);
    out["p95_ms"] = milliseconds_or_null(detail.p95);
    out["p99_ms"] = milliseconds_or_null(detail.p99);
    out["distribution"] = distribution_json(detail.distribution);
  }
  if (latency || evaluation.error_rate) out["slices"] = slices_json(detail.slices, latency);
  if (!evaluation.prometheus) out["budget_over_time"] = budget_json(detail.budget);
  if (detail.credit) out["credit"] = credit_json(*detail.credit);
  out["trend"] = trend_json(detail.trend, evaluation.uptime.has_value());
  out["comparison"] = comparison_json(detail, *evaluation.objective);
}

}  // namespace nines::reports
