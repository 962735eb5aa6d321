#include "config/schedule.hpp"

#include <algorithm>

#include "config/jq_words.hpp"
#include "config/names.hpp"

namespace nines::config {
namespace {

constexpr Micros kDefaultTimeout = std::chrono::seconds(10);

void read_thresholds(Context& context, Mapping& map, Thresholds& thresholds) {
  const Node* node = map.find("thresholds");
  if (node == nullptr) return;
  Mapping keys(context, *node, "`thresholds`");
  keys.integer("warning", thresholds.warning, 1, 1000);
  keys.integer("critical", thresholds.critical, 1, 1000);
  keys.integer("recovery", thresholds.recovery, 1, 1000);
  keys.finish();
  if (thresholds.critical < thresholds.warning) {
    context.fault(*node, "`critical` is " + std::to_string(thresholds.critical) + " and `warning` is " +
                             std::to_string(thresholds.warning) + ": expected critical to be at least warning");
  }
}

void read_timeout(Context& context, Mapping& map, const std::optional<Inherited>& inherited, Schedule& schedule) {
  std::string_view from;
  if (map.positive_duration("timeout", schedule.timeout)) {
    from = "";
  } else if (inherited) {
    schedule.timeout = inherited->timeout;
    from = inherited->from;
  } else {
    schedule.timeout = std::min(kDefaultTimeout, schedule.interval);
  }
  if (schedule.timeout <= schedule.interval) return;
  const Node* at = map.find("timeout") != nullptr ? map.find("timeout") : &map.node();
  context.fault(*at, "the timeout " + format_duration(schedule.timeout) +
                         (from.empty() ? "" : " of " + std::string(from)) + " is longer than the interval " +
                         format_duration(schedule.interval) + ": expected at most the interval");
}

void read_stale_after(Context& context, Mapping& map, Schedule& schedule) {
  schedule.stale_after = schedule.interval * 5 / 2;
  if (!map.positive_duration("stale_after", schedule.stale_after) || schedule.stale_after >= schedule.interval) return;
  context.warnings.add(map.find("stale_after")->at(),
                       "`stale_after` is shorter than the interval: the time between is unknown");
}

}  // namespace

Defaults read_defaults(Context& context, Mapping& root) {
  Defaults defaults;
  const Node* node = root.find("defaults");
  if (node == nullptr) return defaults;
  Mapping map(context, *node, "`defaults`");
  map.positive_duration("interval", defaults.interval);
  Micros timeout{0};
  if (map.positive_duration("timeout", timeout)) defaults.timeout = timeout;
  read_thresholds(context, map, defaults.thresholds);
  map.finish();
  return defaults;
}

Schedule read_schedule(Context& context, Mapping& map, const Defaults& defaults, std::optional<Inherited> inherited) {
  Schedule schedule;
  schedule.at = map.node().at();
  map.name("name", schedule.name);
  schedule.service = schedule.name;
  if (map.find("service") != nullptr) map.name("service", schedule.service);
  schedule.interval = defaults.interval;
  map.positive_duration("interval", schedule.interval);
  if (!inherited && defaults.timeout) inherited = Inherited{*defaults.timeout, "`defaults`"};
  read_timeout(context, map, inherited, schedule);
  read_stale_after(context, map, schedule);
  schedule.thresholds = defaults.thresholds;
  read_thresholds(context, map, schedule.thresholds);
  map.boolean("uplink", schedule.uplink);
  map.texts("formerly", schedule.formerly);
  map.texts("depends_on", schedule.depends_on);
  return schedule;
}

std::optional<JqProgram> read_jq(Context& context, const Node& node, std::string_view what) {
  auto text = read_text(context, node, what);
  if (!text) return std::nullopt;
  if (trim(*text).empty()) {
    context.fault(node, std::string(what) + " is empty: expected a jq program");
    return std::nullopt;
  }
  if (const auto word = forbidden_jq_word(*text)) {
    context.fault(node, "the jq program uses " + in_ticks(*word) + ": expected one that reads nothing but its input");
    return std::nullopt;
  }
  return JqProgram{std::move(*text), node.at()};
}

}  // namespace nines::config
