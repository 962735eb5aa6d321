#pragma once

// Makes the report's model from stored results: what `report`, the monthly report and the pages share.

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "agent/history_source.hpp"
#include "base/error.hpp"
#include "config/config.hpp"
#include "reports/report.hpp"
#include "store/store.hpp"

namespace nines::agent {

// What period is asked for, as typed; all empty: the current period of each objective.
struct PeriodOptions {
  std::string month, quarter, year, last, from, to;
};

// The period of `objective` that was asked for. --month and its kin replace calendar windows; a rolling window keeps
// its length and ends where they end, or at as_of.
Expected<sla::ReportPeriod> period_of(const PeriodOptions& options, const config::Objective& objective, Time as_of);

struct ReportPlan {
  std::shared_ptr<const config::Config> config;
  std::vector<const config::Objective*> objectives;  // of `config` …
  std::vector<sla::ReportPeriod> periods;            // … and the period of each
  const config::Contract* contract = nullptr;        // of `config`; null: none
  Time generated_at{};
  Time as_of{};
  int threads = 1;  // that may read at the same time
  // Called between the pieces of the work, on the thread that builds.
  std::function<void(std::size_t done, std::size_t of)> progress = {};
};

// What a contract's files are called, without the ending: its name, with "-" for what does not belong into one.
std::string contract_file_name(const config::Contract& contract);

// How many periods the trend has, the report's own included.
inline constexpr int kTrendPeriods = 12;

// Figures, details, evidence, credits, and the trend over the last kTrendPeriods periods. Reads the store, and asks
// config.prometheus where an objective does: not on a loop.
Expected<reports::Report> build_report(const ReportPlan& plan, std::span<store::Reader> readers);
Expected<reports::Report> build_report(const ReportPlan& plan, Sources sources);

}  // namespace nines::agent
