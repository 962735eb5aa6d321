#include "sla/timeline.hpp"

namespace nines::sla {

Timeline::Timeline(std::span<const Period> periods, TimeState inside, TimeState outside) : initial_(outside) {
  for (const Period& period : periods) add_span(period.from, period.to, inside);
}

void Timeline::set(Time at, TimeState state) {
  if (!steps_.empty() && steps_.back().at == at) steps_.pop_back();
  const TimeState before = steps_.empty() ? initial_ : steps_.back().state;
  if (state != before) steps_.push_back({at, state});
}

void Timeline::add_span(Time from, Time to, TimeState state) {
  if (from >= to) return;
  set(from, state);
  set(to, initial_);
}

PerState<Micros> Timeline::measure(const Period& period) const {
  PerState<Micros> spent{};
  if (period.from >= period.to) return spent;
  auto next = std::ranges::upper_bound(steps_, period.from, {}, &Step::at);
  TimeState state = next == steps_.begin() ? initial_ : std::prev(next)->state;
  Time from = period.from;
  for (; next != steps_.end() && next->at < period.to; ++next) {
    spent[index(state)] += next->at - from;
    from = next->at;
    state = next->state;
  }
  spent[index(state)] += period.to - from;
  return spent;
}

std::vector<Period> Timeline::periods(TimeState state) const {
  std::vector<Period> found;
  for (std::size_t i = 0; i + 1 < steps_.size(); ++i) {
    if (steps_[i].state == state) found.push_back({steps_[i].at, steps_[i + 1].at});
  }
  return found;
}

std::vector<StateChange> changes_of(std::span<const Timeline* const> lines) {
  std::vector<StateChange> changes;
  for (const Timeline* line : lines) {
    TimeState before = line->initial();
    for (const auto& step : line->steps()) {
      changes.push_back({step.at, before, step.state});
      before = step.state;
    }
  }
  std::ranges::sort(changes, {}, &StateChange::at);
  return changes;
}

std::vector<const Timeline*> pointers_to(const std::vector<Timeline>& lines) {
  std::vector<const Timeline*> pointers;
  pointers.reserve(lines.size());
  for (const Timeline& line : lines) pointers.push_back(&line);
  return pointers;
}

std::vector<Period> normalized(std::vector<Period> periods) {
  std::erase_if(periods, [](const Period& period) { return period.from >= period.to; });
  std::ranges::sort(periods, {}, &Period::from);
  std::vector<Period> merged;
  for (const Period& period : periods) {
    if (!merged.empty() && period.from <= merged.back().to) {
      merged.back().to = std::max(merged.back().to, period.to);
    } else {
      merged.push_back(period);
    }
  }
  return merged;
}

}  // namespace nines::sla
