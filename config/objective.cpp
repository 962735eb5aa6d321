#include "config/objective.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include "config/hours.hpp"
#include "config/limit.hpp"

namespace nines::config {
namespace {

constexpr std::pair<std::string_view, Indicator> kIndicators[] = {{"uptime", Indicator::uptime},
                                                                  {"latency", Indicator::latency},
                                                                  {"error_rate", Indicator::error_rate},
                                                                  {"prometheus", Indicator::prometheus}};
constexpr std::pair<std::string_view, Combine> kCombines[] = {{"any", Combine::any}, {"all", Combine::all}};
constexpr std::pair<std::string_view, LatencyOf> kLatencies[] = {
    {"successful", LatencyOf::successful}, {"all", LatencyOf::all}, {"strict", LatencyOf::strict}};
constexpr std::pair<std::string_view, ErrorsAre> kErrors[] = {{"server", ErrorsAre::server},
                                                              {"failures", ErrorsAre::failures}};

// Keys that mean something for some indicators only.
struct KeyOf {
  std::string_view key;
  std::vector<Indicator> indicators;
  std::string_view words;
};
const std::vector<KeyOf>& indicator_keys() {
  static const std::vector<Indicator> probed = {Indicator::uptime, Indicator::latency, Indicator::error_rate};
  constexpr std::string_view kProbed = "uptime, latency or error_rate";
  static const std::vector<KeyOf> keys = {
      {"percentile", {Indicator::latency}, "latency"},
      {"of", {Indicator::latency}, "latency"},
      {"errors", {Indicator::error_rate}, "error_rate"},
      {"quorum", {Indicator::uptime}, "uptime"},
      {"combine", {Indicator::uptime}, "uptime"},
      {"confirm_after", {Indicator::uptime}, "uptime"},
      {"min_samples", {Indicator::latency, Indicator::error_rate}, "latency and error_rate"},
      {"checks", probed, kProbed},
      {"journeys", probed, kProbed},
      {"min_coverage", probed, kProbed},
      {"hours", probed, kProbed},
      {"regions", probed, kProbed},
      {"min_regions", probed, kProbed},
      {"query", {Indicator::prometheus}, "prometheus"},
      {"unit", {Indicator::prometheus}, "prometheus"},
  };
  return keys;
}

bool upward(const Limit& limit) {
  return limit.op == Comparison::greater || limit.op == Comparison::greater_equal;
}

Expected<Decimal> parse_percentile(std::string_view text) {
  const auto value = Decimal::parse(text);
  if (value && *value > Decimal(0, 0) && *value < Decimal(100, 0)) return *value;
  return fail("\"" + ellipsize(printable(text), 80) +
              "\" is no percentile: expected a number between 0 and 100 such as 95");
}

Expected<Quorum> parse_quorum(std::string_view text) {
  if (text == "majority") return Quorum{Quorum::Kind::majority, 0};
  if (text == "any") return Quorum{Quorum::Kind::any, 0};
  if (text == "all") return Quorum{Quorum::Kind::all, 0};
  int number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && stop == end && number >= 1) return Quorum{Quorum::Kind::number, number};
  return fail("\"" + ellipsize(printable(text), 80) +
              "\" is no quorum: expected majority, any, all or a number of regions");
}

Expected<Window> parse_window(std::string_view text) {
  if (text == "month") return Window{Window::Kind::month, Micros{0}};
  if (text == "quarter") return Window{Window::Kind::quarter, Micros{0}};
  if (text == "year") return Window{Window::Kind::year, Micros{0}};
  const auto length = parse_duration(text);
  if (length && *length > Micros::zero()) return Window{Window::Kind::rolling, *length};
  return fail("\"" + ellipsize(printable(text), 80) +
              "\" is no window: expected month, quarter, year or a duration such as 30d");
}

bool read_indicator(Context& context, Mapping& map, const Node* prometheus, Objective& objective) {
  std::string text;
  if (!map.required_text("indicator", text)) return false;
  if (!map.word("indicator", kIndicators, objective.indicator)) return false;
  if (objective.indicator == Indicator::prometheus && prometheus == nullptr) {
    context.fault(*map.find("indicator"),
                  "the indicator `prometheus` without `prometheus`: expected the server in `prometheus`, such as "
                  "{url: 'http://127.0.0.1:9090'}");
  }
  return true;
}

// Uptime is to be at least something, the others at most; `critical` looks the other way, from beyond the target.
void read_limits(Context& context, Mapping& map, Objective& objective) {
  const bool latency = objective.indicator == Indicator::latency;
  const bool uptime = objective.indicator == Indicator::uptime;
  const auto parse = latency ? parse_latency_limit : parse_ratio_limit;
  const Node* critical_at = map.find("critical");
  std::string text;
  if (map.find("target") == nullptr) {
    map.required_text("target", text);
  } else if (map.parsed("target", parse, objective.target) && upward(objective.target) != uptime) {
    context.fault(*map.find("target"), uptime ? "an uptime target is a least value: expected one such as '99.9%'"
                                       : latency
                                           ? "a latency target is a most value: expected one such as '< 500ms'"
                                           : "an error rate target is a most value: expected one such as '< 0.1%'");
    return;
  }
  Limit critical;
  if (!map.parsed("critical", parse, critical)) return;
  const Node& at = *critical_at;
  const std::string_view example = uptime ? "'< 99%'" : latency ? "'> 1s'" : "'> 1%'";
  if (upward(critical) == uptime) {
    context.fault(at, "`critical` says when it is bad: expected a limit such as " + std::string(example));
  } else if (objective.target.text.empty()) {
    return;
  } else if (uptime ? critical.value > objective.target.value : critical.value < objective.target.value) {
    context.fault(at, "`critical` " + in_ticks(critical.text) + " is crossed while the target " +
                          in_ticks(objective.target.text) + " is met: expected it beyond the target");
  }
  objective.critical = std::move(critical);
}

void refuse_other_keys(Context& context, Mapping& map, const Objective& objective) {
  for (const KeyOf& entry : indicator_keys()) {
    const Node* node = map.find(entry.key);
    if (node == nullptr || std::ranges::find(entry.indicators, objective.indicator) != entry.indicators.end()) continue;
    context.fault(*node, in_ticks(entry.key) + " has no meaning here: expected it with the indicator " +
                             std::string(entry.words));
  }
}

void read_regions(Context& context, Mapping& map, const Config& config, Objective& objective) {
  objective.regions = config.regions;
  if (map.find("regions") != nullptr) {
    objective.regions.clear();
    map.each("regions", [&](const Node& item) {
      auto region = read_text(context, item, "a region");
      if (!region) return;
      if (!config.regions.empty() && std::ranges::find(config.regions, *region) == config.regions.end()) {
        context.fault(item, "unknown region " + in_ticks(*region) + suggestion(*region, config.regions));
      }
      objective.regions.push_back(std::move(*region));
    });
  }
  int least = 0;
  const auto most = objective.regions.empty() ? 1000 : static_cast<std::int64_t>(objective.regions.size());
  if (map.integer("min_regions", least, 1, most)) objective.min_regions = least;
}

void read_judgement(Context& context, Mapping& map, const Config& config, Objective& objective) {
  objective.percentile = Decimal(95, 0);
  map.parsed("percentile", parse_percentile, objective.percentile);
  map.parsed("quorum", parse_quorum, objective.quorum);
  map.word("combine", kCombines, objective.combine);
  int confirm_after = 0;
  if (map.integer("confirm_after", confirm_after, 1, 1000)) objective.confirm_after = confirm_after;
  map.word("of", kLatencies, objective.of);
  map.word("errors", kErrors, objective.errors);
  Decimal coverage;
  if (map.parsed("min_coverage", parse_percent, coverage)) objective.min_coverage = coverage;
  map.integer("min_samples", objective.min_samples, 1);
  WeeklyHours hours;
  if (map.parsed("hours", parse_hours, hours)) objective.hours = std::move(hours);
  read_regions(context, map, config, objective);
}

void read_period(Mapping& map, Objective& objective) {
  map.parsed("window", parse_window, objective.window);
  map.parsed("time_zone", parse_time_zone, objective.time_zone);
}

Objective read_objective(Context& context, const Node& node, const Config& config, const Node* prometheus) {
  Mapping map(context, node, "an objective");
  Objective objective;
  objective.at = node.at();
  map.name("name", objective.name);
  if (!read_indicator(context, map, prometheus, objective)) {
    for (const Member& member : node.members) map.find(member.key->text);  // cannot be judged without an indicator
  } else {
    read_period(map, objective);
    if (objective.indicator == Indicator::prometheus) {
      read_query(context, map, config, objective);
    } else {
      read_limits(context, map, objective);
      read_judgement(context, map, config, objective);
      read_coverage(context, map, config, objective);
    }
    refuse_other_keys(context, map, objective);
  }
  map.finish();
  return objective;
}

}  // namespace

std::vector<Objective> read_objectives(Context& context, Mapping& root, const Config& config) {
  std::vector<Objective> objectives;
  std::map<std::string, Position> seen;
  root.each("objectives", [&](const Node& node) {
    Objective objective = read_objective(context, node, config, root.find("prometheus"));
    const auto [first, fresh] = seen.emplace(objective.name, objective.at);
    if (!fresh && !objective.name.empty()) {
      context.fault(node, "the objective " + in_ticks(objective.name) + " is there twice: the first is at " +
                              place(first->second));
    }
    objectives.push_back(std::move(objective));
  });
  return objectives;
}

}  // namespace nines::config
