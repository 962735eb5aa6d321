#pragma once

// Waiting: for something a callback says, for time to pass.

#include <chrono>
#include <coroutine>

#include "probes/async/loop.hpp"
#include "probes/async/stop.hpp"
#include "probes/async/task.hpp"

namespace nines::probes {

// Joins a callback and the one coroutine that waits for it. Lives in the waiting coroutine's frame or in what owns the
// callback; loop's thread only.
//
//   Event answered(loop);
//   start_something([&] { answered.set(); });
//   if (co_await answered.wait(stop) != StopCause::none) cancel_something();
class Event {
 public:
  explicit Event(Loop& loop) : loop_(loop) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  // Wakes the waiter from the loop's next turn. Stays set until reset().
  void set();
  bool is_set() const { return set_; }
  void reset() { set_ = false; }

  class Wait;
  // co_await gives none when the event was set, else why waiting ended. One waiter at a time.
  Wait wait(Stop stop = {});

 private:
  Loop& loop_;
  Wait* waiter_ = nullptr;
  bool set_ = false;
};

class Event::Wait final : private StopCallback {
 public:
  Wait(Event& event, Stop stop) : event_(event), stop_(stop) {}

  bool await_ready() const { return event_.set_ || stop_.stopped(); }
  void await_suspend(std::coroutine_handle<> waiting);
  StopCause await_resume() const { return event_.set_ ? StopCause::none : stop_.cause(); }

 private:
  friend class Event;
  void stopped(StopCause cause) override;

  Event& event_;
  Stop stop_;
  std::coroutine_handle<> waiting_;
};

inline Event::Wait Event::wait(Stop stop) {
  return {*this, stop};
}

// A timer that sets an event.
class AlarmClock final : private Timer {
 public:
  AlarmClock(Loop& loop, Event& event) : Timer(loop), event_(event) {}
  using Timer::active;
  using Timer::cancel;
  using Timer::start;

 private:
  void fired() override { event_.set(); }
  Event& event_;
};

// none after `duration` (never early), else why it ended before.
Task<StopCause> sleep(Loop& loop, std::chrono::nanoseconds duration, Stop stop);
// The same until a point of Loop::now_ns(): what fixed-rate schedules use.
Task<StopCause> sleep_until(Loop& loop, std::uint64_t at_ns, Stop stop);

}  // namespace nines::probes
