#pragma once

// Local days of a period, for the axes of charts and for strips. Internal to reports/.

#include <string>
#include <vector>

#include "base/time.hpp"
#include "reports/detail.hpp"
#include "reports/svg/svg.hpp"

namespace nines::reports {

// The moments inside the period at which a local day begins, the period's own begin and end around them: spans of a day
// each, the first and last perhaps shorter.
std::vector<Period> local_days(const Period& period, const std::string& time_zone);

// What a strip's cells stand for: hours of a span of up to three days, days of one of up to 100, else weeks.
std::vector<Period> strip_spans(const Period& period, const std::string& time_zone);
// "hour", "day" or "week": what that is.
std::string part_of_strip(const Period& period, const std::string& time_zone);

// About four marks of time, as many as a phone has room for.
std::vector<svg::Tick> time_ticks(const Period& period, const std::string& time_zone);

// The label below a cell, or none.
std::string strip_label(const Period& span, const Period& whole, const std::string& time_zone);

// "Oct 14", "Oct 14, 02:00–03:00", "Oct 5 – Oct 12".
std::string say_cell(const Period& span, const std::string& time_zone);

}  // namespace nines::reports
