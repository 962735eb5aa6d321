// Objectives with `indicator: prometheus`: the query, its unit and its limits.

#include "config/limit.hpp"
#include "config/objective.hpp"

namespace nines::config {
namespace {

constexpr std::pair<std::string_view, Unit> kUnits[] = {{"ratio", Unit::ratio},
                                                        {"percent", Unit::percent},
                                                        {"seconds", Unit::seconds},
                                                        {"milliseconds", Unit::milliseconds},
                                                        {"number", Unit::number}};

bool upward(Comparison op) {
  return op == Comparison::greater || op == Comparison::greater_equal;
}

// What a query gives whose limits are of this kind, when `unit` does not say: Prometheus's own base units.
Unit base_unit(QueryLimit::Kind kind) {
  if (kind == QueryLimit::Kind::percentage) return Unit::ratio;
  return kind == QueryLimit::Kind::duration ? Unit::seconds : Unit::number;
}

bool suits(QueryLimit::Kind kind, Unit unit) {
  switch (kind) {
    case QueryLimit::Kind::percentage:
      return unit == Unit::ratio || unit == Unit::percent;
    case QueryLimit::Kind::duration:
      return unit == Unit::seconds || unit == Unit::milliseconds;
    case QueryLimit::Kind::number:
      break;
  }
  return unit == Unit::number;
}

// The limit in the query's unit.
Limit in_unit(const QueryLimit& read, Unit unit) {
  Limit limit = read.limit;
  if (unit == Unit::percent) limit.value = limit.value.shifted(2);
  if (unit == Unit::seconds) limit.value = limit.value.shifted(-6);
  if (unit == Unit::milliseconds) limit.value = limit.value.shifted(-3);
  return limit;
}

void read_unit(Context& context, Mapping& map, const QueryLimit& target, Objective& objective) {
  objective.unit = base_unit(target.kind);
  if (!map.word("unit", kUnits, objective.unit) || suits(target.kind, objective.unit)) return;
  std::string expected = "number for it";
  if (target.kind == QueryLimit::Kind::percentage) expected = "ratio or percent for it";
  if (target.kind == QueryLimit::Kind::duration) expected = "seconds or milliseconds for it";
  context.fault(*map.find("unit"),
                "`unit` does not suit the target " + in_ticks(target.limit.text) + ": expected " + expected);
  objective.unit = base_unit(target.kind);
}

void read_critical(Context& context, Mapping& map, const QueryLimit& target, Objective& objective) {
  QueryLimit critical;
  if (!map.parsed("critical", parse_query_limit, critical)) return;
  const Node& at = *map.find("critical");
  const bool least = upward(objective.target.op);
  if (critical.kind != target.kind) {
    context.fault(at, "`critical` " + in_ticks(critical.limit.text) + " is not in the unit of the target " +
                          in_ticks(objective.target.text) + ": expected both alike");
    return;
  }
  const Limit limit = in_unit(critical, objective.unit);
  if (upward(limit.op) == least) {
    context.fault(
        at, "`critical` says when it is bad: expected a limit such as " + std::string(least ? "'< 60%'" : "'> 90%'"));
  } else if (least ? limit.value > objective.target.value : limit.value < objective.target.value) {
    context.fault(at, "`critical` " + in_ticks(limit.text) + " is crossed while the target " +
                          in_ticks(objective.target.text) + " is met: expected it beyond the target");
  }
  objective.critical = limit;
}

}  // namespace

void read_query(Context& context, Mapping& map, const Config& config, Objective& objective) {
  read_service(context, map, config, objective);
  if (map.required_text("query", objective.query) && trim(objective.query).empty()) {
    context.fault(*map.find("query"), "`query` is empty: expected PromQL that gives one value");
  }
  std::string missing;
  QueryLimit target;
  if (map.find("target") == nullptr) map.required_text("target", missing);
  const bool known = map.parsed("target", parse_query_limit, target);
  if (!known) {
    for (const char* key : {"unit", "critical"}) map.find(key);  // cannot be judged without the target
    return;
  }
  read_unit(context, map, target, objective);
  objective.target = in_unit(target, objective.unit);
  read_critical(context, map, target, objective);
}

}  // namespace nines::config
