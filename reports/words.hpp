#pragma once

// What the Markdown report and the pages say in the same words: the answer of an objective, its figures rounded towards
// the miss. Internal to reports/.

#include <string>
#include <string_view>
#include <vector>

#include "reports/status_page.hpp"
#include "sla/model.hpp"

namespace nines::reports {

// The answer of an objective, ordered worst first.
enum class Answer { missed_critical, missed, off_track_critical, off_track, inconclusive, on_track, met };

Answer answer_of(const sla::Evaluation& evaluation);
std::string_view answer_words(Answer answer);  // "missed, critical", "on track"
Shown answer_state(Answer answer);             // whose symbol and colour it wears

// Pointers into `evaluations`, worst first, else in their order.
std::vector<const sla::Evaluation*> worst_first(const std::vector<sla::Evaluation>& evaluations);

std::string_view latency_of_name(config::LatencyOf of);           // "successful", as in nines.yml
std::string_view indicator_name(config::Indicator indicator);     // "error_rate", as in nines.yml
std::string indicator_words(const config::Objective& objective);  // "p95 latency"
std::string target_text(const config::Limit& target);             // "≥ 99.9%", "< 500ms"
std::string measured_text(const sla::Evaluation& evaluation);     // "99.950%", "412.345 ms", "n/a"
std::string coverage_text(const sla::Ratio& coverage);            // "99.120%", "n/a"
bool no_data(const sla::Evaluation& evaluation);                  // nothing is known of the period

// What is left of the error budget, as sla::print_remaining has it; "" where the objective has none.
std::string remaining_text(const sla::Evaluation& evaluation);
std::optional<double> remaining_ratio(const sla::Evaluation& evaluation);

// "12 min 41 s": two units, rounded up to the lesser: a miss is not made smaller.
std::string say_downtime(Micros duration);

// "coverage is low" as a sentence of its own: "Coverage is low."
std::string sentence(std::string words);

// "178,560"
std::string grouped(std::int64_t count);

// "1 outage", "2 outages".
std::string count_of(std::int64_t count, std::string_view singular, std::string_view plural);

std::string joined(const std::vector<std::string>& parts, std::string_view separator = ", ");

}  // namespace nines::reports
