#pragma once

// One thread's event loop: libuv's, with a queue for other threads and cheap timers.

#include <coroutine>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "probes/async/task.hpp"

struct uv_loop_s;

namespace nines::probes {

class Timer;

// Owned by a probe thread (through Engine). Everything but post() is for the thread that runs it; before run() and
// after it, for the thread that owns it.
class Loop {
 public:
  Loop();
  ~Loop();  // closes if close() was not called; a handle left open is a bug and aborts
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Handles events until stop().
  void run();
  // Makes run() return after this turn.
  void stop();
  // Runs `task` to its end and returns its result; other tasks of the loop go on meanwhile.
  template <class T>
  T run(Task<T> task);

  // Calls `work` on the loop's thread in its next turn. From any thread, until close().
  void post(std::move_only_function<void()> work);

  // Resumes `waiting` from the loop's next turn: how callbacks wake coroutines, so that none runs inside a callback.
  void resume(std::coroutine_handle<> waiting);

  // Nanoseconds of the monotonic clock, read now (uv_hrtime); never libuv's cached time.
  static std::uint64_t now_ns();

  // Closes the loop's own handles, lets close callbacks run and returns what uv_loop_close says: 0, or UV_EBUSY when
  // somebody left a handle open. Work posted and not yet run is dropped. Call once, after run().
  int close();

  // For wrappers of libuv handles in this folder and for jq.
  uv_loop_s* uv();

 private:
  friend class Timer;
  using Timers = std::multimap<std::uint64_t, Timer*>;
  Timers::iterator add_timer(std::uint64_t at_ns, Timer* timer);
  void remove_timer(Timers::iterator position);

  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// Something to be told at a point of the monotonic clock; never early. Destroying it cancels it. All timers of a loop
// share one libuv handle, so a timer costs a tree node and needs no closing.
class Timer {
 public:
  explicit Timer(Loop& loop) : loop_(loop) {}
  virtual ~Timer() { cancel(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // (Re)starts; `at_ns` as Loop::now_ns().
  void start(std::uint64_t at_ns);
  void cancel();
  bool active() const { return position_.has_value(); }

 protected:
  Loop& loop() const { return loop_; }
  // On the loop's thread, from its timer callback. May destroy this and other timers.
  virtual void fired() = 0;

 private:
  friend class Loop;
  Loop& loop_;
  std::optional<Loop::Timers::iterator> position_;
};

template <class T>
T Loop::run(Task<T> task) {
  struct Slot {
    std::exception_ptr failure;
    std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> value;
  } slot;
  auto drive = [](Task<T> work, Slot* out, Loop* loop) -> detail::Detached {
    try {
      if constexpr (std::is_void_v<T>) {
        co_await std::move(work);
        out->value = true;
      } else {
        out->value.emplace(co_await std::move(work));
      }
    } catch (...) {
      out->failure = std::current_exception();
    }
    loop->stop();
  };
  drive(std::move(task), &slot, this);
  while (!slot.value && !slot.failure) run();
  if (slot.failure) std::rethrow_exception(slot.failure);
  if constexpr (!std::is_void_v<T>) return std::move(*slot.value);
}

}  // namespace nines::probes
