#include "probes/async/event.hpp"

#include <algorithm>
#include <utility>

namespace nines::probes {

void Event::set() {
  set_ = true;
  Wait* waiter = std::exchange(waiter_, nullptr);
  if (waiter == nullptr) return;
  waiter->unlink();
  loop_.resume(waiter->waiting_);
}

void Event::Wait::await_suspend(std::coroutine_handle<> waiting) {
  if (event_.waiter_ != nullptr) detail::broken_rule("two coroutines wait for one event");
  waiting_ = waiting;
  event_.waiter_ = this;
  stop_.add(*this);
}

void Event::Wait::stopped(StopCause) {
  event_.waiter_ = nullptr;
  event_.loop_.resume(waiting_);
}

Task<StopCause> sleep_until(Loop& loop, std::uint64_t at_ns, Stop stop) {  // NOLINT(*-reference-coroutine-parameters)
  Event over(loop);
  AlarmClock alarm(loop, over);
  alarm.start(at_ns);
  co_return co_await over.wait(stop);
}

Task<StopCause> sleep(Loop& loop, std::chrono::nanoseconds duration, Stop stop) {
  return sleep_until(loop, Loop::now_ns() + static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0)),
                     stop);
}

}  // namespace nines::probes
