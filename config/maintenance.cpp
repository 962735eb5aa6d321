#include "config/hours.hpp"
#include "config/service.hpp"

namespace nines::config {
namespace {

Expected<Time> parse_moment(std::string_view text) {
  auto time = parse_time(text);
  if (time) return time;
  return fail("\"" + ellipsize(printable(text), 80) + "\" is no time: expected one such as 2026-10-04T02:00:00Z");
}

void read_once(Context& context, Mapping& map, Maintenance& window) {
  Period period{};
  const bool has_from = map.parsed("from", parse_moment, period.from);
  const bool has_to = map.parsed("to", parse_moment, period.to);
  if (map.find("from") == nullptr || map.find("to") == nullptr) {
    context.fault(map.node(), "`from` and `to` go together: expected both");
  } else if (has_from && has_to && period.to <= period.from) {
    context.fault(*map.find("to"), "`to` is not after `from`: expected a later time");
  }
  window.once = period;
}

void read_when(Context& context, Mapping& map, Maintenance& window) {
  const Node* from = map.find("from");
  const Node* to = map.find("to");
  const bool once = from != nullptr || to != nullptr;
  const Node* schedule = map.find("schedule");
  WeeklyHours weekly;
  if (map.parsed("schedule", parse_hours, weekly)) window.weekly = std::move(weekly);
  map.parsed("time_zone", parse_time_zone, window.time_zone);
  if (once && schedule != nullptr) {
    context.fault(*schedule, "`schedule` beside `from` and `to`: expected one of them");
  } else if (once) {
    read_once(context, map, window);
    if (const Node* zone = map.find("time_zone")) {
      context.fault(*zone, "`time_zone` without `schedule`: expected the offset in `from` and `to`");
    }
  } else if (schedule == nullptr && map.node().is(Node::Kind::mapping)) {
    context.fault(map.node(), "a maintenance window has no time: expected `from` and `to`, or `schedule`");
  }
}

Maintenance read_window(Context& context, const Node& node, const Config& config) {
  Mapping map(context, node, "a maintenance window");
  Maintenance window;
  window.at = node.at();
  if (map.text("service", window.service) && config.service(window.service) == nullptr) {
    std::vector<std::string> names;
    names.reserve(config.services.size());
    for (const Service& service : config.services) names.push_back(service.name);
    context.fault(*map.find("service"),
                  "unknown service " + in_ticks(window.service) + suggestion(window.service, names));
  }
  read_when(context, map, window);
  map.name("reason", window.reason);
  map.name("author", window.author);
  map.boolean("excluded", window.excluded);
  map.finish();
  return window;
}

}  // namespace

std::vector<Maintenance> read_maintenance(Context& context, Mapping& root, const Config& config) {
  std::vector<Maintenance> windows;
  root.each("maintenance", [&](const Node& node) { windows.push_back(read_window(context, node, config)); });
  return windows;
}

}  // namespace nines::config
