#pragma once

// Calendar periods and local wall-clock windows in IANA time zones (Howard Hinnant's date library; needs tzdata).
// The first use of a zone reads its file (a few ms): call warm_up() off the probe loop. Any thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "config/objectives.hpp"
#include "sla/model.hpp"

namespace nines::sla {

Expected<void> warm_up(const std::string& time_zone);  // unknown zone: one sentence

// "2026-10" → that month in the zone, "2026-Q4", "2026". Real lengths: 23- and 25-hour days, leap years. A local
// midnight that does not exist is the first moment after the gap.
Expected<ReportPeriod> month(std::string_view text, const std::string& time_zone);
Expected<ReportPeriod> quarter(std::string_view text, const std::string& time_zone);
Expected<ReportPeriod> year(std::string_view text, const std::string& time_zone);

// The window of an objective that holds `at` (calendar windows) or ends at it (rolling).
Expected<ReportPeriod> current_period(const config::Objective& objective, Time at);

// The one of the same kind before it: the month before a month; before a rolling window that ends with a month, the
// window that ends with the month before; before any other span, one as long.
ReportPeriod period_before(const ReportPeriod& period);

// "2026-10-01", "2026-10-01T02:00", "2026-10-01T02:00:00+02:00": without an offset, local time in the zone.
Expected<Time> parse_local(std::string_view text, const std::string& time_zone);

// "2026-10-04 02:00" in the zone, for people; with the seconds where there are any.
std::string format_local(Time time, const std::string& time_zone);

// `range` cut where the local wall clock reads a full hour or is put forward or back. Throws std::runtime_error when
// the zone is not known.
std::vector<Period> hour_cells(const Period& range, const std::string& time_zone);

// The moments of `range` at which the local wall clock reads inside the weekly hours, as sorted disjoint periods.
// An hour that a clock change skips is not there, one that it repeats is there twice.
std::vector<Period> local_hours(const config::WeeklyHours& hours, const std::string& time_zone, const Period& range);

}  // namespace nines::sla
