#include "config/check.hpp"

#include "config/check_module.hpp"
#include "config/module.hpp"
#include "config/schedule.hpp"

namespace nines::config {
namespace {

Retries read_retries(Context& context, Mapping& map) {
  Retries retries;
  const Node* node = map.find("retries");
  if (node == nullptr) return retries;
  Mapping keys(context, *node, "`retries`");
  keys.integer("attempts", retries.attempts, 1, 10);
  keys.duration("delay", retries.delay);
  keys.finish();
  return retries;
}

void read_program(Context& context, Mapping& map, std::string_view key, JqProgram& out) {
  const Node* node = map.find(key);
  if (node == nullptr) return;
  if (auto program = read_jq(context, *node, in_ticks(key))) out = std::move(*program);
}

std::optional<Aim> read_target(Context& context, CheckModule& module, const Node& node) {
  const auto text = read_text(context, node, "`target`");
  if (!text) return std::nullopt;
  auto aim = module.aim(*text);
  if (aim) return std::move(*aim);
  context.fault(node, std::move(aim.error().message));
  return std::nullopt;
}

// jq reads the body of an HTTP answer.
void check_programs(Context& context, Mapping& map, const Check& check) {
  if (check.module->prober == Prober::http) return;
  for (const std::string_view key : {"components", "version"}) {
    if (const Node* node = map.find(key)) {
      context.fault(*node, in_ticks(key) + " beside the prober " + std::string(prober_name(check.module->prober)) +
                               ": expected it with http, whose answers have a body");
    }
  }
}

// One check for each of `targets`, named NAME@host:port.
void expand_targets(Context& context, Mapping& map, CheckModule& module, const Check& pattern,
                    std::vector<Check>& checks) {
  if (map.find("targets")->items.empty())
    context.fault(*map.find("targets"), "`targets` is empty: expected at least one");
  if (!pattern.schedule.formerly.empty()) {
    context.fault(*map.find("formerly"), "`formerly` beside `targets`: expected it on a check with one target");
  }
  map.each("targets", [&](const Node& item) {
    auto aim = read_target(context, module, item);
    if (!aim) return;
    Check check = pattern;
    check.target = std::move(aim->target.text);
    check.module = std::move(aim->module);
    check.schedule.name += "@" + aim->target.host_port;
    check.schedule.at = item.at();
    check_programs(context, map, check);
    checks.push_back(std::move(check));
  });
}

void read_check(Context& context, const Node& node, const Config& config, const Defaults& defaults,
                std::vector<Check>& checks) {
  Mapping map(context, node, "a check");
  Check check;
  CheckModule module(context, map, config);
  check.module = default_module();
  std::optional<Inherited> inherited;
  if (module.timeout() > Micros::zero()) inherited = Inherited{module.timeout(), "its module"};
  check.schedule = read_schedule(context, map, defaults, inherited);
  check.retries = read_retries(context, map);
  read_program(context, map, "components", check.components);
  read_program(context, map, "version", check.version);

  const Node* one = map.find("target");
  const Node* several = map.find("targets");
  map.finish();
  if (one != nullptr && several != nullptr) {
    context.fault(*several, "`targets` beside `target`: expected one of them");
  } else if (several != nullptr) {
    expand_targets(context, map, module, check, checks);
    return;
  } else if (one != nullptr) {
    if (auto aim = read_target(context, module, *one)) {
      check.target = std::move(aim->target.text);
      check.module = std::move(aim->module);
      check_programs(context, map, check);
    }
  } else if (node.is(Node::Kind::mapping)) {
    context.fault(node, "a check has no `target`: expected one, or `targets`");
  }
  checks.push_back(std::move(check));
}

}  // namespace

std::vector<Check> read_checks(Context& context, Mapping& root, const Config& config, const Defaults& defaults) {
  std::vector<Check> checks;
  root.each("checks", [&](const Node& node) { read_check(context, node, config, defaults, checks); });
  return checks;
}

}  // namespace nines::config
