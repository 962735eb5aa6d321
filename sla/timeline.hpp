#pragma once

// Step functions over time, and the sweeps that combine them. A month of results becomes a few steps (a step only where
// the state changes), and everything after that works on steps. Pure data; any thread.

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/time.hpp"

namespace nines::sla {

// What a moment is for a series, a check or an objective (docs/sla.md). `absent`: the check takes no part then;
// `absent_excluded`: the same, inside a window.
enum class TimeState : std::uint8_t { unknown, up, down, excluded, absent, absent_excluded };
inline constexpr std::size_t kTimeStates = 6;

template <class T>
using PerState = std::array<T, kTimeStates>;
constexpr std::size_t index(TimeState state) {
  return static_cast<std::size_t>(state);
}

class Timeline {
 public:
  struct Step {
    Time at;
    TimeState state;
    bool operator==(const Step&) const = default;
  };

  explicit Timeline(TimeState initial = TimeState::unknown) : initial_(initial) {}
  // `inside` during the periods (sorted, disjoint), `outside` elsewhere.
  Timeline(std::span<const Period> periods, TimeState inside, TimeState outside);

  // From `at` on. `at` never goes back.
  void set(Time at, TimeState state);
  // The state during [from, to), the initial state after it. Spans in order, disjoint.
  void add_span(Time from, Time to, TimeState state);

  TimeState initial() const { return initial_; }
  const std::vector<Step>& steps() const { return steps_; }  // in time order, each a change
  // The time spent in each state.
  PerState<Micros> measure(const Period& period) const;
  // The maximal periods of `state`, which must have a beginning and an end.
  std::vector<Period> periods(TimeState state) const;

 private:
  TimeState initial_;
  std::vector<Step> steps_;
};

// Reads a timeline at moments that never go back.
class Cursor {
 public:
  explicit Cursor(const Timeline& line) : line_(&line), state_(line.initial()) {}
  TimeState at(Time moment) {
    while (next_ < line_->steps().size() && line_->steps()[next_].at <= moment) state_ = line_->steps()[next_++].state;
    return state_;
  }
  // Whether it is still the state at `moment`, and was all the time between.
  bool stays_until(Time moment) const { return next_ == line_->steps().size() || moment < line_->steps()[next_].at; }

 private:
  const Timeline* line_;
  std::size_t next_ = 0;
  TimeState state_;
};

// state_of(a, b) at each moment.
template <class StateOf>
Timeline merge(const Timeline& a, const Timeline& b, StateOf&& state_of) {
  Timeline result(state_of(a.initial(), b.initial()));
  TimeState now_a = a.initial();
  TimeState now_b = b.initial();
  auto i = a.steps().begin();
  auto j = b.steps().begin();
  while (i != a.steps().end() || j != b.steps().end()) {
    const Time at = j == b.steps().end() || (i != a.steps().end() && i->at <= j->at) ? i->at : j->at;
    if (i != a.steps().end() && i->at == at) now_a = (i++)->state;
    if (j != b.steps().end() && j->at == at) now_b = (j++)->state;
    result.set(at, state_of(now_a, now_b));
  }
  return result;
}

// How many of several timelines are in each state.
using StateCounts = PerState<int>;

struct StateChange {
  Time at;
  TimeState before;
  TimeState after;
};
// Every change of every line in time order.
std::vector<StateChange> changes_of(std::span<const Timeline* const> lines);

std::vector<const Timeline*> pointers_to(const std::vector<Timeline>& lines);

// state_of(counts) at each moment: what several regions or several checks make together.
template <class StateOf>
Timeline combine(std::span<const Timeline* const> lines, StateOf&& state_of) {
  StateCounts counts{};
  for (const Timeline* line : lines) ++counts[index(line->initial())];
  Timeline result(state_of(counts));
  const auto changes = changes_of(lines);
  for (std::size_t i = 0; i < changes.size();) {
    const Time at = changes[i].at;
    for (; i < changes.size() && changes[i].at == at; ++i) {
      --counts[index(changes[i].before)];
      ++counts[index(changes[i].after)];
    }
    result.set(at, state_of(counts));
  }
  return result;
}

// Sorted and disjoint, empty ones gone: overlaps count once.
std::vector<Period> normalized(std::vector<Period> periods);

}  // namespace nines::sla
