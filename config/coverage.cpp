#include <algorithm>
#include <set>

#include "config/objective.hpp"

namespace nines::config {
namespace {

// Names of one kind (checks or journeys), for looking up and suggesting.
struct Names {
  std::string_view kind;  // "check"
  std::string_view list;  // "checks"
  std::vector<std::string> own;
  std::vector<std::string> other;
  std::string_view other_kind;
  std::string_view other_list;
};

template <class T>
std::vector<std::string> names_of(const std::vector<T>& items) {
  std::vector<std::string> names;
  names.reserve(items.size());
  for (const T& item : items) names.push_back(item.schedule.name);
  return names;
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

std::vector<std::string> read_names(Context& context, Mapping& map, const Names& names) {
  std::vector<std::string> found;
  map.each(names.list, [&](const Node& item) {
    auto name = read_text(context, item, "an item of " + in_ticks(names.list));
    if (!name) return;
    if (holds(names.own, *name)) {
      if (holds(found, *name)) {
        context.fault(item, in_ticks(*name) + " is in the list twice: expected it once");
      } else {
        found.push_back(std::move(*name));
      }
    } else if (holds(names.other, *name)) {
      context.fault(item, in_ticks(*name) + " is a " + std::string(names.other_kind) + ": expected it under " +
                              in_ticks(names.other_list));
    } else {
      context.fault(item, "unknown " + std::string(names.kind) + " " + in_ticks(*name) + suggestion(*name, names.own));
    }
  });
  return found;
}

}  // namespace

void read_service(Context& context, Mapping& map, const Config& config, Objective& objective) {
  if (!map.text("service", objective.service) || config.service(objective.service) != nullptr) return;
  std::vector<std::string> names;
  names.reserve(config.services.size());
  for (const Service& service : config.services) names.push_back(service.name);
  context.fault(*map.find("service"),
                "unknown service " + in_ticks(objective.service) + suggestion(objective.service, names));
}

namespace {

void cover_service(Context& context, Mapping& map, const Config& config, Objective& objective) {
  for (const Check& check : config.checks) {
    if (check.schedule.service == objective.service) objective.checks.push_back(check.schedule.name);
  }
  if (!objective.checks.empty() || config.service(objective.service) == nullptr) return;
  context.fault(*map.find("service"), "the service " + in_ticks(objective.service) +
                                          " has no checks: expected `checks` or `journeys` to say what is covered");
}

// A list over one service is that service's.
void adopt_service(const Config& config, Objective& objective) {
  std::set<std::string> services;
  for (const Schedule* schedule : config.schedules()) {
    if (holds(objective.checks, schedule->name) || holds(objective.journeys, schedule->name)) {
      services.insert(schedule->service);
    }
  }
  if (services.size() == 1) objective.service = *services.begin();
}

}  // namespace

void read_coverage(Context& context, Mapping& map, const Config& config, Objective& objective) {
  const auto checks = names_of(config.checks);
  const auto journeys = names_of(config.journeys);
  read_service(context, map, config, objective);
  objective.checks = read_names(context, map, {"check", "checks", checks, journeys, "journey", "journeys"});
  objective.journeys = read_names(context, map, {"journey", "journeys", journeys, checks, "check", "checks"});

  const bool has_lists = map.find("checks") != nullptr || map.find("journeys") != nullptr;
  if (has_lists) {
    const auto empty = [&](const char* key) { return map.find(key) == nullptr || map.find(key)->items.empty(); };
    if (empty("checks") && empty("journeys"))
      context.fault(map.node(), "an objective over nothing: expected a check or a journey in its lists");
    if (objective.service.empty()) adopt_service(config, objective);
  } else if (map.find("service") != nullptr) {
    cover_service(context, map, config, objective);
  } else if (map.node().is(Node::Kind::mapping)) {
    context.fault(map.node(), "an objective over nothing: expected `service`, `checks` or `journeys`");
  }
  if (objective.indicator != Indicator::latency || objective.journeys.empty()) return;
  if (!objective.checks.empty()) {
    context.fault(*map.find("journeys"),
                  "a latency over checks and journeys together: expected one objective for each");
  }
  if (objective.of == LatencyOf::all) {
    context.fault(*map.find("of"),
                  "`of: all` over journeys: expected successful or strict, since a failed journey has no time");
  }
}

}  // namespace nines::config
