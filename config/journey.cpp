#include "config/journey.hpp"

#include <algorithm>
#include <map>

#include "config/module.hpp"
#include "config/names.hpp"
#include "config/schedule.hpp"
#include "config/step.hpp"
#include "config/target.hpp"
#include "config/template.hpp"

namespace nines::config {
namespace {

constexpr Micros kFinallyTimeout = std::chrono::seconds(10);

constexpr std::string_view kOwnPrefixes[] = {"nines_", "probe_", "process_"};
constexpr std::string_view kOwnMetrics[] = {"service_downtime_seconds_total", "http_requests_total",
                                            "http_request_duration_seconds"};

void read_variables(Context& context, Mapping& map, Journey& journey) {
  map.members("variables", [&](const std::string& name, const Node& key, const Node& node) {
    check_new_name(context, key, name, "variable");
    if (auto text = read_text(context, node, "the variable " + in_ticks(name))) {
      journey.variables.emplace_back(name, std::move(*text));
    }
  });
  const Node* variables = map.find("variables");
  map.members("secrets", [&](const std::string& name, const Node& key, const Node& node) {
    check_new_name(context, key, name, "secret");
    if (variables != nullptr && variables->value(name) != nullptr) {
      context.fault(key, in_ticks(name) + " is a variable too, at " + place(variables->value(name)->at()) +
                             ": expected another name");
    }
    auto secret = read_secret(context, node, "the secret " + in_ticks(name));
    journey.secrets.emplace_back(name, secret.value_or(Secret()));
  });
}

void read_base_url(Context& context, Mapping& map, Journey& journey) {
  std::string text;
  if (!map.text("base_url", text)) return;
  journey.base_url = text;
  auto target = parse_target(text);
  if (!target) {
    context.fault(*map.find("base_url"), std::move(target.error().message));
  } else if (target->text.find_first_of("?#") != std::string::npos) {
    context.fault(*map.find("base_url"), "`base_url` has a query or fragment: expected only a host and perhaps a path");
  } else {
    journey.base_url = std::move(target->text);
  }
}

void read_metric(Context& context, Mapping& map, Journey& journey) {
  if (!map.text("metric", journey.metric)) return;
  const Node& at = *map.find("metric");
  if (!is_metric_name(journey.metric)) {
    context.fault(at,
                  in_ticks(journey.metric) + " is no metric name: expected one such as task_creation_duration_seconds");
  }
  const bool own = std::ranges::any_of(kOwnPrefixes, [&](auto prefix) { return journey.metric.starts_with(prefix); }) ||
                   std::ranges::find(kOwnMetrics, journey.metric) != std::end(kOwnMetrics);
  if (own) context.fault(at, "the metric " + in_ticks(journey.metric) + " is one of nines' own: expected another name");
}

// `finally` runs after the timeout at worst, and must be over before the next run.
void read_finally_timeout(Context& context, Mapping& map, Journey& journey) {
  const Schedule& schedule = journey.schedule;
  const Micros left = schedule.interval - schedule.timeout;
  const Node* steps = map.find("finally");
  const bool has_steps = steps != nullptr && !steps->items.empty();
  if (map.positive_duration("finally_timeout", journey.finally_timeout)) {
    if (has_steps && schedule.timeout <= schedule.interval && journey.finally_timeout > left) {
      context.fault(*map.find("finally_timeout"),
                    "the timeout " + format_duration(schedule.timeout) + " and `finally_timeout` " +
                        format_duration(journey.finally_timeout) + " are longer than the interval " +
                        format_duration(schedule.interval) + ": expected both to fit in it");
    }
    return;
  }
  journey.finally_timeout = left > Micros::zero() ? std::min(kFinallyTimeout, left) : kFinallyTimeout;
  if (has_steps && left == Micros::zero()) {
    context.fault(*steps, "no time is left for `finally`: expected a timeout shorter than the interval " +
                              format_duration(schedule.interval));
  }
}

void check_step_names(Context& context, const Journey& journey) {
  std::map<std::string, Position> seen;
  for (const std::vector<Step>* part : {&journey.steps, &journey.finally}) {
    for (const Step& step : *part) {
      if (step.name.empty()) continue;
      const auto [first, fresh] = seen.emplace(step.name, step.at);
      if (fresh) continue;
      const bool same = place(first->second) == place(step.at);  // of a step list
      context.faults.add(step.at, "the step " + in_ticks(step.name) + " is there twice" +
                                      (same ? ", for its list is included twice: expected a `name` beside `include`"
                                            : ": the first is at " + place(first->second)));
    }
  }
}

std::vector<Step> read_steps(Context& context, const std::vector<StepItem>& items, const Journey& journey,
                             Micros budget) {
  std::vector<Step> steps;
  for (const StepItem& item : items) {
    if (item.kind == StepItem::Kind::step) {
      Step& step = steps.emplace_back(read_step(context, *item.node, journey, budget));
      if (!step.name.empty()) step.name = item.name + step.name;
      if (step.name.size() > kMaxNameBytes) {
        context.fault(*item.node, "the name of the step with those of its lists " + name_fault(step.name));
      }
    } else if (item.kind == StepItem::Kind::enter) {
      Step step = parameter_step(item);
      if (!step.set.empty()) steps.push_back(std::move(step));
    }
  }
  return steps;
}

// Whatever can be told of a list without the journeys that include it.
void check_step_list(Context& context, const StepLists& lists, const std::string& name) {
  Journey nobody;
  nobody.base_url = "http://localhost";
  read_steps(context, written_out(context, lists, lists.at(name).steps), nobody, Micros::max());
}

Journey read_journey(Context& context, const Node& node, const Defaults& defaults, const StepLists& lists) {
  Mapping map(context, node, "a journey");
  Journey journey;
  journey.schedule = read_schedule(context, map, defaults, std::nullopt);
  read_base_url(context, map, journey);
  read_metric(context, map, journey);
  read_variables(context, map, journey);
  journey.headers = read_headers(context, map, "headers");
  if (const Node* tls = map.find("tls_config")) journey.tls = read_tls(context, *tls);
  read_finally_timeout(context, map, journey);
  for (const std::string_view part : {"steps", "finally"}) map.each(part, [](const Node&) {});
  const auto steps = written_out(context, lists, map.find("steps"));
  const auto finally = written_out(context, lists, map.find("finally"));
  journey.steps = read_steps(context, steps, journey, journey.schedule.timeout);
  journey.finally = read_steps(context, finally, journey, journey.finally_timeout);
  const Node* at = map.find("steps");
  if ((at == nullptr || at->items.empty()) && node.is(Node::Kind::mapping)) {
    context.fault(at != nullptr ? *at : node, "a journey has no steps: expected at least one in `steps`");
  }
  map.unavailable({"retries", "browser", "cookies", "http", "components", "version", "target"});
  map.finish();
  check_step_names(context, journey);
  check_names(context, node, journey, steps, finally);
  return journey;
}

}  // namespace

std::vector<Journey> read_journeys(Context& context, Mapping& root, const Defaults& defaults) {
  const StepLists lists = read_step_lists(context, root);
  for (const auto& [name, list] : lists) check_step_list(context, lists, name);
  std::vector<Journey> journeys;
  root.each("journeys", [&](const Node& node) { journeys.push_back(read_journey(context, node, defaults, lists)); });
  return journeys;
}

}  // namespace nines::config
