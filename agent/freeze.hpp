#pragma once

// Closed months written down once, and reports held against the store later (docs/sla.md, "Frozen months").

#include <optional>
#include <string>
#include <vector>

#include "agent/report_builder.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "store/book.hpp"

namespace nines::agent {

// One figure of a report that comes out otherwise now: "objectives.uptime.down_seconds: was 760.124, is 761.5".
struct Difference {
  std::string where;
  std::string then;
  std::string now;

  std::string text() const;
};

// What of `then`, a report as JSON, `now` says otherwise; members that only `now` has are new keys and no difference.
// Objectives are told apart by their names.
std::vector<Difference> report_differences(const Json& then, const Json& now);

struct FreezeRequest {
  std::string month;   // "2026-10", as in the plan's periods
  std::string region;  // as in store::FrozenMonth
  std::string reason;  // of a revision
  std::string data_dir;
  std::vector<std::string> ways;  // how it is to be sent
};

struct FreezeOutcome {
  store::FrozenMonth month;
  reports::Report report;  // that was frozen: now or before
  bool written = false;    // now; false: it was there, with the same inputs and figures
  // Why nothing was written although something differs: there is no reason given for a revision.
  std::vector<Difference> differences{};
};

// Writes the plan's report as the next revision of its month, unless the last one stands. Reads and writes the store of
// `data_dir`: not on a loop.
Expected<FreezeOutcome> freeze(const ReportPlan& plan, const FreezeRequest& request, Sources sources);

// Whether a report still holds.
struct Verification {
  std::size_t objectives = 0;
  std::vector<Difference> differences;
  bool nothing_stored = false;  // of its time: it cannot be said
};
// `text` is a report of the schema nines.report/v1; a fault of it carries the place "FILE". Recomputes it for its own
// periods, as of its own time.
Expected<Verification> verify(const std::string& text, std::shared_ptr<const config::Config> config, Sources sources);

}  // namespace nines::agent
