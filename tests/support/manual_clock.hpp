#pragma once

#include <atomic>
#include <chrono>

#include "base/clock.hpp"

namespace nines::test {

// A clock that stands still until told otherwise. Any thread may read and set it.
//
//   ManualClock clock(*parse_time("2026-10-01T00:00:00Z"));
//   clock.advance(std::chrono::seconds(30));
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Time now = {}) : now_(now.time_since_epoch().count()) {}

  Time now() const override { return Time(Micros(now_)); }
  std::chrono::nanoseconds monotonic() const override { return std::chrono::nanoseconds(monotonic_); }

  // Both clocks, as when time passes.
  void advance(Micros by) {
    now_ += by.count();
    monotonic_ += std::chrono::nanoseconds(by).count();
  }
  // The wall clock alone, as when somebody sets it.
  void set(Time now) { now_ = now.time_since_epoch().count(); }

 private:
  std::atomic<Micros::rep> now_;
  std::atomic<std::chrono::nanoseconds::rep> monotonic_{0};
};

}  // namespace nines::test
