#pragma once

// Time as a parameter, so that tests can set it.

#include <chrono>

#include "base/time.hpp"

namespace nines {

// May be called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  // Wall clock, UTC.
  virtual Time now() const = 0;
  // Never goes back and never jumps; nanoseconds from an arbitrary start (CLOCK_MONOTONIC, as uv_hrtime).
  virtual std::chrono::nanoseconds monotonic() const = 0;
};

// The machine's own clocks. Lives as long as the program.
const Clock& system_clock();

}  // namespace nines
