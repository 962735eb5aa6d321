#pragma once

// The pieces of work that a report is made of, and the results that each of them reads. Internal to build_report().

#include <cstddef>
#include <vector>

#include "agent/history_source.hpp"
#include "agent/objectives.hpp"
#include "agent/report_builder.hpp"
#include "base/error.hpp"
#include "sla/model.hpp"

namespace nines::agent {

// One objective over one period: the report's own, or one of those before it.
struct Piece {
  std::size_t objective = 0;  // index in the plan
  int before = 0;             // 0: the report's own period
  sla::ReportPeriod period;
};

// Own periods first, since what they find decides what is asked for of the past; then what reads the same results side
// by side, uptime first, since the others make do with what it loads.
std::vector<Piece> pieces_of(const ReportPlan& plan);

// Loads histories, and keeps the last one for what follows and reads the same results.
class Histories {
 public:
  // The plan outlives it.
  Histories(Sources sources, const ReportPlan& plan) : sources_(sources), plan_(&plan) {}

  // Until the next call.
  Expected<const sla::History*> of(const Piece& piece);

 private:
  Reading reading_of(const Piece& piece) const;

  Sources sources_;
  const ReportPlan* plan_;
  const config::Objective* last_ = nullptr;
  Period period_{};
  sla::History history_;
};

}  // namespace nines::agent
