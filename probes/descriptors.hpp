#pragma once

// File descriptors are what bounds the number of probes that run at once.

#include <cstddef>

namespace nines::probes {

// Descriptors that one run is reckoned to need: sockets for look-ups and for addresses tried side by side.
inline constexpr std::size_t kDescriptorsPerRun = 4;

// Raises this process's soft limit (`ulimit -n`) to its hard one, once, and says how many runs it has room for beside
// the store, the helpers and the listener's connections; at least 1. Any thread.
std::size_t runs_at_once();

// The same reckoning of a limit. Pure.
std::size_t runs_within(std::size_t descriptors);

}  // namespace nines::probes
