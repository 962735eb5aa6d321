#include "config/check.hpp"

#include "config/module.hpp"
#include "config/schedule.hpp"
#include "config/target.hpp"

namespace nines::config {
namespace {

std::shared_ptr<const Module> named_module(Context& context, Mapping& map, const Config& config) {
  std::string name;
  if (!map.text("module", name)) return default_module();
  if (map.find("http") != nullptr) {
    context.fault(*map.find("module"), "`module` beside `http`: expected one of them");
  }
  const auto found = config.modules.find(name);
  if (found != config.modules.end()) return found->second;
  std::vector<std::string> names;
  names.reserve(config.modules.size());
  for (const auto& entry : config.modules) names.push_back(entry.first);
  context.fault(*map.find("module"), "unknown module " + in_ticks(name) + suggestion(name, names));
  return default_module();
}

std::shared_ptr<const Module> read_check_module(Context& context, Mapping& map, const Config& config) {
  auto named = named_module(context, map, config);
  const Node* http = map.find("http");
  if (http == nullptr) return named;
  Module inline_module;
  inline_module.name = "http";
  inline_module.http = read_http_module(context, *http);
  return std::make_shared<const Module>(std::move(inline_module));
}

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

std::optional<Target> read_target(Context& context, const Node& node) {
  const auto text = read_text(context, node, "`target`");
  if (!text) return std::nullopt;
  auto target = parse_target(*text);
  if (target) return std::move(*target);
  context.fault(node, std::move(target.error().message));
  return std::nullopt;
}

// One check for each of `targets`, named NAME@host:port.
void expand_targets(Context& context, Mapping& map, const Check& pattern, std::vector<Check>& checks) {
  if (map.find("targets")->items.empty())
    context.fault(*map.find("targets"), "`targets` is empty: expected at least one");
  if (!pattern.schedule.formerly.empty()) {
    context.fault(*map.find("formerly"), "`formerly` beside `targets`: expected it on a check with one target");
  }
  map.each("targets", [&](const Node& item) {
    const auto target = read_target(context, item);
    if (!target) return;
    Check check = pattern;
    check.target = target->url;
    check.schedule.name += "@" + target->host_port;
    check.schedule.at = item.at();
    checks.push_back(std::move(check));
  });
}

void read_check(Context& context, const Node& node, const Config& config, const Defaults& defaults,
                std::vector<Check>& checks) {
  Mapping map(context, node, "a check");
  Check check;
  check.module = read_check_module(context, map, config);
  std::optional<Inherited> inherited;
  if (check.module->timeout > Micros::zero()) inherited = Inherited{check.module->timeout, "its module"};
  check.schedule = read_schedule(context, map, defaults, inherited);
  check.retries = read_retries(context, map);
  read_program(context, map, "components", check.components);
  read_program(context, map, "version", check.version);

  const Node* one = map.find("target");
  const Node* several = map.find("targets");
  map.unavailable({"tcp", "dns", "icmp", "grpc", "unix", "websocket"});
  map.finish();
  if (one != nullptr && several != nullptr) {
    context.fault(*several, "`targets` beside `target`: expected one of them");
  } else if (several != nullptr) {
    expand_targets(context, map, check, checks);
    return;
  } else if (one != nullptr) {
    if (auto target = read_target(context, *one)) check.target = std::move(target->url);
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
