#include "base/clock.hpp"

namespace nines {
namespace {

class SystemClock final : public Clock {
 public:
  Time now() const override { return std::chrono::time_point_cast<Micros>(std::chrono::system_clock::now()); }
  std::chrono::nanoseconds monotonic() const override { return std::chrono::steady_clock::now().time_since_epoch(); }
};

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

}  // namespace nines
