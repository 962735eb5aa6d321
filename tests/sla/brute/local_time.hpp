#pragma once

#include <string>

#include "base/time.hpp"
#include "config/config.hpp"

namespace nines::sla::brute {

// Does the local wall clock read inside the weekly hours at `moment`? By localtime_r, a quarter of an hour at a time.
bool inside_hours(const config::WeeklyHours& hours, const std::string& time_zone, Time moment);

}  // namespace nines::sla::brute
