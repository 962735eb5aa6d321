#pragma once

// How many may be inside at once; the others wait their turn, first come, first served.

#include <cstddef>
#include <deque>
#include <utility>

#include "probes/async/event.hpp"
#include "probes/async/loop.hpp"
#include "probes/async/stop.hpp"
#include "probes/async/task.hpp"

namespace nines::probes {

// Loop's thread only; outlives what waits at it and every Permit.
//
//   Gate::Permit permit = co_await gate.enter(stop);
//   if (!permit) co_return;  // stopped while it waited
class Gate {
 public:
  class Permit {
   public:
    Permit() = default;
    Permit(Permit&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Permit& operator=(Permit&& other) noexcept {
      std::swap(gate_, other.gate_);
      return *this;
    }
    ~Permit() {
      if (gate_ != nullptr) gate_->leave();
    }
    explicit operator bool() const { return gate_ != nullptr; }

   private:
    friend class Gate;
    explicit Permit(Gate& gate) : gate_(&gate) {}
    Gate* gate_ = nullptr;
  };

  Gate(Loop& loop, std::size_t permits) : loop_(loop), free_(permits) {}
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  // An empty permit: `stop` came first.
  Task<Permit> enter(Stop stop);
  std::size_t waiting() const { return queue_.size(); }

 private:
  void leave();

  Loop& loop_;
  std::size_t free_;
  std::deque<Event*> queue_;  // set: a permit was handed over
};

}  // namespace nines::probes
