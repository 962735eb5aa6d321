#include "sla/outages.hpp"

#include <algorithm>

namespace nines::sla {
namespace {

// An outage and its down pieces.
struct Pieces {
  Outage outage;
  std::vector<Period> down;
};

Micros overlap(const Period& a, const Period& b) {
  return std::max(Micros(0), std::min(a.to, b.to) - std::max(a.from, b.from));
}

void add_piece(Pieces& pieces, const Period& piece, const Period& period) {
  if (pieces.down.empty()) pieces.outage.extent.from = piece.from;
  pieces.outage.extent.to = piece.to;
  pieces.outage.length += piece.length();
  pieces.outage.inside += overlap(piece, period);
  pieces.down.push_back(piece);
}

std::vector<Pieces> split_at_up(const Timeline& net, const Period& period) {
  std::vector<Pieces> found;
  bool open = false;
  bool up_seen = false;
  const auto& steps = net.steps();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].state == TimeState::up) {
      if (open) found.back().outage.open_after = false;
      open = false;
      up_seen = true;
    }
    if (steps[i].state != TimeState::down || i + 1 == steps.size()) continue;
    if (!open) {
      found.emplace_back();
      found.back().outage.open_before = !up_seen;
      found.back().outage.open_after = true;
    }
    open = true;
    add_piece(found.back(), {steps[i].at, steps[i + 1].at}, period);
  }
  return found;
}

bool overlap_any(const std::vector<Period>& a, const std::vector<Period>& b) {
  for (const Period& piece : a) {
    const auto next = std::ranges::upper_bound(b, piece.from, {}, &Period::to);
    if (next != b.end() && next->from < piece.to) return true;
  }
  return false;
}

// What was down, worked out once for all outages: a check over its regions, and each region while the check was.
struct DownSeries {
  const JudgedSeries* series;
  std::vector<Period> down;
};
struct DownCheck {
  std::vector<Period> down;
  std::vector<DownSeries> series;
};

TimeState down_if_both(TimeState a, TimeState b) {
  return a == TimeState::down && b == TimeState::down ? TimeState::down : TimeState::up;
}

std::vector<DownCheck> down_checks(const Subject& subject) {
  std::vector<DownCheck> found;
  for (const CheckSubject& check : subject.checks) {
    const Timeline line = over_regions(subject, check, {});
    DownCheck one{line.periods(TimeState::down), {}};
    for (const JudgedSeries& series : check.series) {
      one.series.push_back({&series, merge(line, series.state, down_if_both).periods(TimeState::down)});
    }
    found.push_back(std::move(one));
  }
  return found;
}

// The confirmed run that a down moment of the series belongs to.
const FailureRun& run_at(const JudgedSeries& series, Time moment) {
  return *std::prev(std::ranges::upper_bound(series.runs, moment, {}, &FailureRun::begin));
}

void name_causes(Pieces& pieces, const Subject& subject, const std::vector<DownCheck>& checks) {
  Outage& outage = pieces.outage;
  const Period first_moment{outage.extent.from, outage.extent.from + Micros(1)};
  const FailureRun* earliest = nullptr;
  const JudgedSeries* whose = nullptr;
  for (std::size_t i = 0; i < checks.size(); ++i) {
    if (!overlap_any(pieces.down, checks[i].down)) continue;
    outage.checks.push_back(subject.checks[i].name);
    for (const auto& [series, down] : checks[i].series) {
      if (!overlap_any(pieces.down, down)) continue;
      outage.regions.push_back(series->key().region);
      if (!overlap_any({first_moment}, down)) continue;
      const FailureRun& run = run_at(*series, first_moment.from);
      if (earliest != nullptr && run.begin >= earliest->begin) continue;
      earliest = &run;
      whose = series;
    }
  }
  if (earliest != nullptr) {
    outage.reason = earliest->reason;
    outage.first = whose->key();
    outage.first_failure = earliest->begin;
  }
  std::ranges::sort(outage.regions);
  const auto repeated = std::ranges::unique(outage.regions);
  outage.regions.erase(repeated.begin(), repeated.end());
}

}  // namespace

std::vector<Outage> find_outages(const Subject& subject, const Timeline& net, const Period& period, Time as_of) {
  const auto checks = down_checks(subject);
  std::vector<Outage> found;
  for (Pieces& pieces : split_at_up(net, period)) {
    if (pieces.outage.inside == Micros(0)) continue;
    pieces.outage.ongoing = pieces.outage.extent.to == as_of;
    name_causes(pieces, subject, checks);
    found.push_back(std::move(pieces.outage));
  }
  return found;
}

std::optional<Micros> mean_time_to_repair(const std::vector<Outage>& outages, const Period& period) {
  Micros sum{0};
  std::int64_t count = 0;
  for (const Outage& outage : outages) {
    if (!outage.ended() || outage.extent.to > period.to) continue;
    sum += outage.length;
    ++count;
  }
  if (count == 0) return std::nullopt;
  return Micros((sum.count() + count - 1) / count);
}

std::optional<Micros> mean_time_between(const std::vector<Outage>& outages, const Period& period, Micros up) {
  const auto started = std::ranges::count_if(outages, [&](const Outage& o) { return o.extent.from >= period.from; });
  if (started == 0) return std::nullopt;
  return up / started;
}

}  // namespace nines::sla
