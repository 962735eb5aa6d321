#include "probes/async/gate.hpp"

#include <algorithm>

namespace nines::probes {

Task<Gate::Permit> Gate::enter(Stop stop) {
  if (free_ > 0) {
    --free_;
    co_return Permit(*this);
  }
  Event turn(loop_);
  queue_.push_back(&turn);
  if (co_await turn.wait(stop) == StopCause::none) co_return Permit(*this);
  std::erase(queue_, &turn);
  co_return Permit();
}

// The permit goes to the first in the queue, or back.
void Gate::leave() {
  if (queue_.empty()) {
    ++free_;
    return;
  }
  Event* next = queue_.front();
  queue_.pop_front();
  next->set();
}

}  // namespace nines::probes
