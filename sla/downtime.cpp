#include "sla/downtime.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "sla/exclusions.hpp"
#include "sla/timeline.hpp"

namespace nines::sla {
namespace {

struct LiveSpan {
  Period period;
  bool down;
};

// One check's spans that may still matter, and its current failure run.
class LiveCheck {
 public:
  explicit LiveCheck(ServiceDowntime::CheckSettings settings) : settings_(std::move(settings)) {}

  const std::string& name() const { return settings_.name; }

  void resume(int failures) { failures_ = failures; }

  void add(const ResultRow& row) {
    end_last_span(row.start);
    last_start_ = row.start;
    if (is_agent_fault(row.reason)) return;
    failures_ = row.success() ? 0 : failures_ + 1;
    if (row.success()) {
      run_begin_.reset();
    } else if (!run_begin_) {
      run_begin_ = row.start;
    }
    join_last_two();
    spans_.push_back({{row.start, row.start + std::max(settings_.stale_after, row.duration)}, false});
    if (failures_ >= settings_.confirm_after) confirm();
  }

  // What happened before this can no longer change.
  Time settled() const { return run_begin_ ? *run_begin_ : last_start_.value_or(Time::max()); }

  Timeline line(Time now) const {
    Timeline line;
    for (const auto& [period, down] : spans_) {
      line.add_span(period.from, std::min(period.to, now), down ? TimeState::down : TimeState::up);
    }
    return line;
  }
  void forget_before(Time moment) {
    std::erase_if(spans_, [moment](const LiveSpan& span) { return span.period.to <= moment; });
  }

 private:
  void end_last_span(Time at) {
    if (spans_.empty()) return;
    Period& last = spans_.back().period;
    last.to = std::clamp(at, last.from, last.to);
  }
  // Neighbours of one kind become one, so that waiting long for another check's next result takes no room. A run that
  // may yet be confirmed stays apart.
  void join_last_two() {
    if (spans_.size() < 2) return;
    LiveSpan& before = spans_[spans_.size() - 2];
    const LiveSpan& last = spans_.back();
    const bool may_turn_down = run_begin_ && last.period.from >= *run_begin_;
    if (may_turn_down || before.down != last.down || before.period.to != last.period.from) return;
    before.period.to = last.period.to;
    spans_.pop_back();
  }
  void confirm() {
    for (LiveSpan& span : spans_) span.down = span.down || span.period.from >= *run_begin_;
    run_begin_.reset();
  }

  ServiceDowntime::CheckSettings settings_;
  int failures_ = 0;
  std::optional<Time> run_begin_;  // of a run that is not confirmed
  std::optional<Time> last_start_;
  std::vector<LiveSpan> spans_;
};

Micros length_of(const std::vector<Period>& periods) {
  Micros sum{0};
  for (const Period& period : periods) sum += period.length();
  return sum;
}

// Adds what was not there yet and says how much that is.
Micros add_to(std::vector<Period>& counted, const std::vector<Period>& found) {
  const Micros before = length_of(counted);
  counted.insert(counted.end(), found.begin(), found.end());
  counted = normalized(std::move(counted));
  return length_of(counted) - before;
}

std::vector<Period> clipped(std::vector<Period> periods, Time from) {
  for (Period& period : periods) period.from = std::max(period.from, from);
  return normalized(std::move(periods));
}

TimeState any_down(const StateCounts& counts) {
  if (counts[index(TimeState::down)] > 0) return TimeState::down;
  return counts[index(TimeState::unknown)] > 0 || counts[index(TimeState::up)] == 0 ? TimeState::unknown
                                                                                    : TimeState::up;
}

}  // namespace

struct ServiceDowntime::State {
  std::vector<LiveCheck> checks;
  std::vector<config::Maintenance> maintenance;
  Time now = Time::min();
  Time horizon = Time::min();        // before it everything is counted for good
  std::vector<Period> counted_down;  // from the horizon on
  std::vector<Period> counted_known;
  Micros down{0};
  Micros known{0};

  Timeline combined() const {
    std::vector<Timeline> lines;
    lines.reserve(checks.size());
    for (const LiveCheck& check : checks) lines.push_back(check.line(now));
    return combine(pointers_to(lines), any_down);
  }
  Timeline without_windows(const Timeline& line) const {
    if (line.steps().empty()) return line;
    const Windows windows(maintenance, {line.steps().front().at, line.steps().back().at});
    const Timeline excluded(windows.over({}), TimeState::excluded, TimeState::up);
    return merge(line, excluded, [](TimeState state, TimeState window) {
      return window == TimeState::excluded ? TimeState::excluded : state;
    });
  }
  void count() {
    const Timeline line = without_windows(combined());
    const auto down_now = clipped(line.periods(TimeState::down), horizon);
    auto known_now = clipped(line.periods(TimeState::up), horizon);
    known_now.insert(known_now.end(), down_now.begin(), down_now.end());
    down += add_to(counted_down, down_now);
    known += add_to(counted_known, known_now);
  }
  void forget() {
    Time settled = now;
    for (const LiveCheck& check : checks) settled = std::min(settled, check.settled());
    horizon = std::max(horizon, settled);
    counted_down = clipped(std::move(counted_down), horizon);
    counted_known = clipped(std::move(counted_known), horizon);
    for (LiveCheck& check : checks) check.forget_before(horizon);
  }
};

ServiceDowntime::ServiceDowntime(std::vector<CheckSettings> checks, std::vector<config::Maintenance> maintenance)
    : state_(std::make_unique<State>()) {
  for (CheckSettings& check : checks) state_->checks.emplace_back(std::move(check));
  set_maintenance(std::move(maintenance));
}

ServiceDowntime::~ServiceDowntime() = default;
ServiceDowntime::ServiceDowntime(ServiceDowntime&&) noexcept = default;
ServiceDowntime& ServiceDowntime::operator=(ServiceDowntime&&) noexcept = default;

void ServiceDowntime::set_maintenance(std::vector<config::Maintenance> maintenance) {
  state_->maintenance = std::move(maintenance);
  for (config::Maintenance& window : state_->maintenance) window.service.clear();
}

void ServiceDowntime::resume(const std::string& check, int failures) {
  const auto found = std::ranges::find(state_->checks, check, &LiveCheck::name);
  if (found != state_->checks.end()) found->resume(failures);
}

void ServiceDowntime::add(const std::string& check, const ResultRow& row) {
  const auto found = std::ranges::find(state_->checks, check, &LiveCheck::name);
  if (found != state_->checks.end()) found->add(row);
}

void ServiceDowntime::advance(Time now) {
  state_->now = std::max(state_->now, now);
  state_->count();
  state_->forget();
}

Micros ServiceDowntime::down() const {
  return state_->down;
}
Micros ServiceDowntime::known() const {
  return state_->known;
}

}  // namespace nines::sla
