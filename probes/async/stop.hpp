#pragma once

// How waiting ends early. A Stop is the last parameter of everything that waits; it comes from a StopSource (shutdown)
// or a DeadlineScope (time-out), and a nested scope passes its parent's stop on:
//
//   DeadlineScope journey(loop, 30s, stop);
//   ...
//   DeadlineScope step(loop, 5s, journey.stop());
//   auto answer = co_await exchange(engine, request, step.stop());
//   if (step.stop().cause() == StopCause::shutdown) …  // the agent ends
//   else if (step.expired()) …                         // the step's own 5 s were up
//   else if (journey.expired()) …                      // the journey's were, first
//
// All of it lives on one loop's thread; another thread stops something with loop.post([&] { source.request_stop(); }).
// A Stop is a pointer: the source outlives every task it was given to, which the order of declaration in a coroutine
// gives for free (source, then Scope, then tasks).

#include <chrono>
#include <cstdint>

#include "probes/async/loop.hpp"

namespace nines::probes {

enum class StopCause : std::uint8_t { none, deadline, shutdown };

// Something to be told of a stop. stopped() runs inside request_stop() or a timer: it only marks and wakes through
// Loop::resume, never resumes a coroutine itself.
class StopCallback {
 public:
  StopCallback(const StopCallback&) = delete;
  StopCallback& operator=(const StopCallback&) = delete;
  // Takes itself out of the source's list; harmless if not in one.
  void unlink();

 protected:
  StopCallback() = default;
  ~StopCallback() { unlink(); }
  virtual void stopped(StopCause cause) = 0;

 private:
  friend class StopState;
  StopCallback* next_ = nullptr;
  StopCallback** from_ = nullptr;  // the pointer that points to this; null when not in a list
};

// What a source and its tokens share. Users see Stop, StopSource and DeadlineScope.
class StopState {
 public:
  StopState() = default;
  ~StopState();  // somebody still waiting is a bug and aborts
  StopState(const StopState&) = delete;
  StopState& operator=(const StopState&) = delete;

  StopCause cause() const { return cause_; }
  std::uint64_t deadline() const { return deadline_; }
  void limit(std::uint64_t deadline_ns) { deadline_ = deadline_ns; }
  void add(StopCallback& callback);
  void stop(StopCause cause);  // the first cause stays

 private:
  StopCause cause_ = StopCause::none;
  std::uint64_t deadline_ = UINT64_MAX;
  StopCallback* first_ = nullptr;
};

// The token. Copy it freely; a default-made one never stops.
class Stop {
 public:
  static constexpr std::uint64_t kNever = UINT64_MAX;

  Stop() = default;
  explicit Stop(StopState& state) : state_(&state) {}

  // none until something asked to stop; then the first cause, for good.
  StopCause cause() const { return state_ != nullptr ? state_->cause() : StopCause::none; }
  bool stopped() const { return cause() != StopCause::none; }
  // The earliest deadline above this token, as Loop::now_ns(); kNever if there is none.
  std::uint64_t deadline() const { return state_ != nullptr ? state_->deadline() : kNever; }

  // Adds `callback`, to be told once. Nothing happens if the stop was already asked for: look at stopped() first.
  void add(StopCallback& callback) const {
    if (state_ != nullptr) state_->add(callback);
  }

 private:
  StopState* state_ = nullptr;
};

// Stops by hand: the agent's shutdown, a Scope's end.
class StopSource final : private StopCallback {
 public:
  explicit StopSource(Stop parent = {});

  Stop stop() { return Stop(state_); }
  void request_stop() { state_.stop(StopCause::shutdown); }

 private:
  void stopped(StopCause cause) override { state_.stop(cause); }

  StopState state_;
};

// Stops when its time is up, or when its parent stops. Lives in a coroutine's frame; destroying it needs no waiting.
class DeadlineScope final : private Timer, private StopCallback {
 public:
  // From now. A parent's earlier deadline stays in force.
  DeadlineScope(Loop& loop, std::chrono::nanoseconds timeout, Stop parent);

  Stop stop() { return Stop(state_); }
  // True when this scope's own time ran out, and that was what stopped it.
  bool expired() const { return expired_; }
  // This scope's own deadline, as Loop::now_ns().
  std::uint64_t own_deadline() const { return own_deadline_; }

 private:
  void fired() override;
  void stopped(StopCause cause) override { state_.stop(cause); }

  std::uint64_t own_deadline_;
  bool expired_ = false;
  StopState state_;
};

}  // namespace nines::probes
