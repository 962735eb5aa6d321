// `tracing`: where traces go, and of how many runs.

#include <algorithm>
#include <array>
#include <charconv>

#include "config/neighbour.hpp"

namespace nines::config {
namespace {

constexpr std::pair<std::string_view, double> kEnvironments[] = {
    {"production", 0.1}, {"staging", 0.5}, {"development", 1.0}};
constexpr std::array<std::string_view, 6> kKeys{"production", "staging", "development", "health", "errors", "slow"};

std::optional<double> read_share(Context& context, const Node& node, std::string_view key) {
  const auto text = read_text(context, node, in_ticks(key));
  if (!text) return std::nullopt;
  double share = 0;
  const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), share);
  if (fault == std::errc() && end == text->data() + text->size() && share >= 0 && share <= 1) return share;
  context.fault(node, in_ticks(key) + " is " + in_ticks(*text) + ": expected a share from 0 (no run) to 1 (every run)");
  return std::nullopt;
}

// Any other key than kKeys is the name of an environment, unless it looks like one of them misspelt.
void read_sampling(Context& context, Mapping& map, const std::string& environment, Tracing& tracing) {
  map.members("sampling", [&](const std::string& name, const Node& key, const Node& node) {
    const bool known = std::ranges::find(kKeys, name) != kKeys.end();
    if (!known && name != environment && !nearest(name, kKeys).empty()) {
      context.fault(key, "unknown key " + in_ticks(name) + " in `sampling`" + suggestion(name, kKeys));
      return;
    }
    const auto share = read_share(context, node, name);
    if (!share) return;
    if (name == "health") {
      tracing.health = *share;
    } else if (name == "errors") {
      tracing.errors = *share;
    } else if (name == "slow") {
      tracing.slow = *share;
    } else if (name == environment) {
      tracing.runs = *share;
    }
  });
}

}  // namespace

void read_tracing(Context& context, const Node& node, const std::string& environment, Tracing& tracing) {
  Mapping map(context, node, "`tracing`");
  for (const auto& [name, share] : kEnvironments) {
    if (name == environment) tracing.runs = share;
  }
  if (const Node* endpoint = map.find("otlp_endpoint")) {
    tracing.otlp = read_remote(context, *endpoint, "`otlp_endpoint`");
  } else {
    std::string missing;
    map.required_text("otlp_endpoint", missing);
  }
  read_sampling(context, map, environment, tracing);
  map.finish();
}

}  // namespace nines::config
