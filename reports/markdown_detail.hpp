#pragma once

// What the Markdown report says of an objective beside its figures. Internal to reports/.

#include <string>

#include "reports/report.hpp"

namespace nines::reports {

// What the first failure of each outage left; empty where nothing is stored any more.
std::string evidence_lines(const sla::Evaluation& evaluation, const Detail& detail);

// Percentiles, the credit, the period before and the trend.
std::string detail_section(const sla::Evaluation& evaluation, const Detail& detail, const config::Contract* contract);

// The query, its answer and when it was asked for.
std::string answer_lines(const sla::Evaluation& evaluation);

}  // namespace nines::reports
