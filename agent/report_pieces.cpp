#include "agent/report_pieces.hpp"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "reports/over_time.hpp"
#include "sla/calendar.hpp"
#include "sla/condense.hpp"

namespace nines::agent {
namespace {

bool about_the_same(const config::Objective& a, const config::Objective& b) {
  return a.checks == b.checks && a.journeys == b.journeys;
}

}  // namespace

std::vector<Piece> pieces_of(const ReportPlan& plan) {
  std::vector<Piece> pieces;
  for (std::size_t i = 0; i < plan.objectives.size(); ++i) {
    sla::ReportPeriod period = plan.periods[i];
    for (int before = 0; before < kTrendPeriods; ++before) {
      pieces.push_back({i, before, period});
      period = sla::period_before(period);
    }
  }
  using Names = std::vector<std::string>;
  using Key = std::tuple<bool, const Names&, const Names&, Time, Time, bool>;
  std::ranges::stable_sort(pieces, {}, [&](const Piece& piece) {
    const config::Objective& objective = *plan.objectives[piece.objective];
    const Period& period = piece.period.period;
    const bool others = objective.indicator != config::Indicator::uptime;
    return Key(piece.before > 0, objective.checks, objective.journeys, period.from, period.to, others);
  });
  return pieces;
}

Expected<const sla::History*> Histories::of(const Piece& piece) {
  const config::Objective& objective = *plan_->objectives[piece.objective];
  const Period& period = piece.period.period;
  const bool same = last_ != nullptr && about_the_same(*last_, objective) && period_ == period;
  if (same && objective.indicator != config::Indicator::uptime) return &history_;
  history_ = {};  // before there is another
  last_ = nullptr;
  auto loaded = load_history(sources_, *plan_->config, objective, period, reading_of(piece));
  if (!loaded) return std::unexpected(loaded.error());
  history_ = std::move(*loaded);
  last_ = &objective;
  period_ = period;
  return &history_;
}

// What any objective needs that makes do with this piece's history.
Reading Histories::reading_of(const Piece& piece) const {
  const Period& period = piece.period.period;
  Reading reading{{plan_->as_of}, false, plan_->threads};
  for (const config::Objective* other : plan_->objectives) {
    if (!about_the_same(*other, *plan_->objectives[piece.objective])) continue;
    const auto hours = sla::exclusion_edges(*other, {}, period);
    reading.moments.insert(reading.moments.end(), hours.begin(), hours.end());
    reading.times = reading.times || other->indicator == config::Indicator::latency;
  }
  if (piece.before > 0) return reading;
  for (const Period& slice : reports::slices_of({period.from, std::min(period.to, plan_->as_of)})) {
    reading.moments.push_back(slice.from);
  }
  return reading;
}

}  // namespace nines::agent
