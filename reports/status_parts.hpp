#pragma once

// The parts of the status page. Internal to reports/.

#include <string>
#include <string_view>
#include <vector>

#include "reports/html.hpp"
#include "reports/status_page.hpp"

namespace nines::reports {

extern const std::string_view kStatusStyle;  // CSS

// "2026-10-14 02:10 UTC"
std::string say_time(Time time);

// "● up" in the state's colour; `words` says more than the state's name.
void write_state(Html& html, Shown state, std::string_view words);

// What the state is called, with how far it has come: "failing 2/3".
std::string state_words(const StatusRow& row);
bool had_result(const StatusRow& row);
// What the state alone does not say; empty when nothing.
std::string reason_sentence(const StatusRow& row, Time now);
// "12 min 40 s"
std::string ago(Time time, Time now);
std::string outcome_words(const Outcome& outcome);
// Only http and https: a configuration may hold any text.
bool is_web_link(std::string_view url);

// "/checks/tasks-api": where the page of a check or journey is.
std::string check_path(std::string_view name, bool journey);
void write_check_link(Html& html, std::string_view name, bool journey);

// Worst state first, then the more important service, then by name.
void sort_worst_first(std::vector<const StatusRow*>& rows);

// Those that are not up as a table with all that is known, the others as a dense list. `rows` are worst first.
void write_checks(Html& html, const std::vector<const StatusRow*>& rows, Time now);

void write_recent_probes(Html& html, const std::vector<RecentProbe>& probes);

// "63.333% left", "overspent by 20.000%", of an error budget.
std::string budget_words(const sla::Evaluation& evaluation);

void write_objectives(Html& html, const std::vector<sla::Evaluation>& objectives);

}  // namespace nines::reports
