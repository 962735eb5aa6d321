#pragma once

// The keys that checks and journeys share: when they run and how they are judged.

#include <optional>
#include <string_view>

#include "config/config.hpp"
#include "config/reader.hpp"

namespace nines::config {

// The mapping `defaults`.
Defaults read_defaults(Context& context, Mapping& root);

// A timeout that a check gets from elsewhere.
struct Inherited {
  Micros timeout;
  std::string_view from;  // "its module", "`defaults`"
};

// Name, service, interval, timeout, stale_after, thresholds, uplink, formerly, depends_on, with their defaults.
Schedule read_schedule(Context& context, Mapping& map, const Defaults& defaults, std::optional<Inherited> inherited);

// A jq program: not empty, no refused word. Compiled later, by the jq helper.
std::optional<JqProgram> read_jq(Context& context, const Node& node, std::string_view what);

}  // namespace nines::config
