#include "config/module.hpp"

#include <algorithm>
#include <array>

namespace nines::config {
namespace {

constexpr std::array<std::string_view, 6> kLaterProbers = {"tcp", "dns", "icmp", "grpc", "unix", "websocket"};

// Tells a prober that is none, and one that is not built yet (then its own section is not told as well).
void check_prober(Context& context, Mapping& map) {
  std::string prober;
  if (!map.required_text("prober", prober) || prober == "http") return;
  const Node& at = *map.find("prober");
  if (const auto* later = std::ranges::find(kLaterProbers, prober); later != kLaterProbers.end()) {
    context.fault(at, "the prober " + in_ticks(prober) + " is not available in this version of nines");
    map.find(*later);
    return;
  }
  constexpr std::array<std::string_view, 1> kProbers = {"http"};
  context.fault(at, "unknown prober " + in_ticks(prober) + suggestion(prober, kProbers));
}

Module read_module(Context& context, const std::string& name, const Node& node) {
  Mapping map(context, node, "the module " + in_ticks(name));
  Module module;
  module.name = name;
  check_prober(context, map);
  map.duration("timeout", module.timeout);
  if (const Node* http = map.find("http")) module.http = read_http_module(context, *http);
  map.unavailable({"tcp", "dns", "icmp", "grpc", "unix", "websocket"});
  map.finish();
  return module;
}

}  // namespace

std::shared_ptr<const Module> default_module() {
  static const auto module = [] {
    Module plain;
    plain.name = "http";
    return std::make_shared<const Module>(std::move(plain));
  }();
  return module;
}

std::map<std::string, std::shared_ptr<const Module>> read_modules(Context& context, Mapping& root) {
  std::map<std::string, std::shared_ptr<const Module>> modules;
  root.members("modules", [&](const std::string& name, const Node&, const Node& node) {
    modules.emplace(name, std::make_shared<const Module>(read_module(context, name, node)));
  });
  return modules;
}

}  // namespace nines::config
