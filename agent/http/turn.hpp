#pragma once

// Turns for answers that are work: one of them at a time, a few that wait, and the rest refused at once, so that
// probing keeps its processor and other paths their threads. Any thread.

#include <chrono>
#include <cstddef>
#include <mutex>
#include <semaphore>

#include "agent/http/listener.hpp"

namespace nines::agent {

// Where requests wait for their turn; lives as long as they do.
class WaitingLine {
 public:
  static constexpr std::ptrdiff_t kMostWaiting = 16;

 private:
  friend class Turn;
  std::timed_mutex one_at_a_time_;
  std::counting_semaphore<> places_{kMostWaiting};
};

// A request's turn, and how long its work may take. Lives on the request's own thread.
//
//   const Turn turn(line, query);
//   if (!turn.mine()) return busy();
//   work([&turn] { return turn.over(); });
class Turn {
 public:
  static constexpr std::chrono::seconds kWait{5};   // for the one before
  static constexpr std::chrono::seconds kWork{10};  // for one answer

  Turn(WaitingLine& line, const HttpQuery& query, std::chrono::milliseconds work = kWork);

  bool mine() const { return lock_.owns_lock(); }
  // Its time is up, or the client has gone.
  bool over() const { return std::chrono::steady_clock::now() > until_ || query_.gone(); }

 private:
  std::unique_lock<std::timed_mutex> lock_;
  const HttpQuery& query_;
  std::chrono::steady_clock::time_point until_;
};

}  // namespace nines::agent
