#include "tests/sla/brute/local_time.hpp"

#include <cstdlib>
#include <ctime>
#include <map>
#include <utility>

namespace nines::sla::brute {
namespace {

struct WallClock {
  int weekday;  // 0 = Monday
  int minute;
};

WallClock read_clock(const std::string& time_zone, std::int64_t quarter) {
  static std::map<std::pair<std::string, std::int64_t>, WallClock> known;
  const auto key = std::pair(time_zone, quarter);
  if (const auto found = known.find(key); found != known.end()) return found->second;
  ::setenv("TZ", time_zone.c_str(), 1);
  ::tzset();
  const std::time_t seconds = quarter * 900;
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return known[key] = {(local.tm_wday + 6) % 7, local.tm_hour * 60 + local.tm_min};
}

}  // namespace

bool inside_hours(const config::WeeklyHours& hours, const std::string& time_zone, Time moment) {
  const WallClock clock = read_clock(time_zone, moment.time_since_epoch().count() / 900'000'000);
  for (const auto& span : hours.spans) {
    if (span.weekday == clock.weekday && span.from_minute <= clock.minute && clock.minute < span.to_minute) return true;
  }
  return false;
}

}  // namespace nines::sla::brute
