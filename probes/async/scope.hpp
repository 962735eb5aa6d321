#pragma once

// Many tasks at once, none of them forgotten.

#include <cstddef>
#include <exception>

#include "probes/async/event.hpp"
#include "probes/async/stop.hpp"
#include "probes/async/task.hpp"

namespace nines::probes {

// Owns the tasks spawned on it; must be joined before it dies. Declare it after everything its tasks use. Loop's
// thread only.
//
//   Scope scope(loop, stop);
//   for (const auto& check : checks) scope.spawn(run_check(check, scope.stop()));
//   co_await scope.join();
class Scope {
 public:
  explicit Scope(Loop& loop, Stop parent = {});
  ~Scope();  // with tasks still alive: a bug, aborts with a sentence
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  // Runs `task` up to its first wait, now; the rest as its events come.
  void spawn(Task<void> task);
  // Waits until no task is left, also for those spawned meanwhile. The first exception a task threw leaves here.
  Task<void> join();

  // What tasks of the scope are given: stops with the parent or by request_stop().
  Stop stop() { return source_.stop(); }
  void request_stop() { source_.request_stop(); }
  std::size_t alive() const { return alive_; }

 private:
  detail::Detached drive(Task<void> task);

  StopSource source_;
  Event empty_;
  std::size_t alive_ = 0;
  std::exception_ptr failure_;
};

}  // namespace nines::probes
