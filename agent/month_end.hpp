#pragma once

// Freezes the closed month of the agent's own region, writes its reports as files, and sends them as contracts say
// (docs/sla.md, "Frozen months").

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <thread>

#include "agent/freeze.hpp"
#include "agent/sessions.hpp"
#include "base/clock.hpp"
#include "store/store.hpp"

namespace nines::agent {

// Where a month's files are, without their endings: DATA_DIR/reports/sla-2026-10 or …-CONTRACT.
std::string report_path(const std::string& data_dir, const store::FrozenMonth& month);

// Whether nothing that comes later can change the month: each check and journey of the plan has had a success or
// confirm_after results since its end, or a day has passed.
Expected<bool> is_settled(const ReportPlan& plan, HistorySource& source);

// When a delivery that failed is tried again.
Micros wait_before_try(int tries);

// Does what is due. One thread at a time; `store` and `clock` outlive this.
class MonthCloser {
 public:
  MonthCloser(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  // Freezes the month before this one where it is settled and was not frozen, and writes its files: of each contract,
  // or of everything where there is none.
  Expected<void> freeze_due(const std::shared_ptr<const config::Config>& config);
  // Sends what is to be sent. A failure is noted in the store and tried again later, for a week.
  Expected<void> deliver_due(const config::Config& config, const std::stop_token& stop = {});

 private:
  Expected<void> freeze_one(const ReportPlan& plan, const std::string& month);

  store::Store& store_;
  const Clock& clock_;
  std::set<std::pair<std::string, std::string>> done_;  // month and contract: known to be frozen
};

// Looks once a minute, on a thread of its own. What fails is logged and tried again.
class MonthEnd {
 public:
  // All outlive this.
  MonthEnd(Sessions& sessions, store::Store& store, const Clock& clock);
  ~MonthEnd();  // cuts what is being sent
  MonthEnd(const MonthEnd&) = delete;

 private:
  void run(const std::stop_token& stop);
  void look(const std::stop_token& stop);

  Sessions& sessions_;
  MonthCloser closer_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: it uses everything above
};

}  // namespace nines::agent
