#include "agent/http/turn.hpp"

namespace nines::agent {

Turn::Turn(WaitingLine& line, const HttpQuery& query, std::chrono::milliseconds work) : query_(query) {
  if (!line.places_.try_acquire()) return;
  lock_ = std::unique_lock(line.one_at_a_time_, kWait);
  line.places_.release();
  until_ = std::chrono::steady_clock::now() + work;
}

}  // namespace nines::agent
