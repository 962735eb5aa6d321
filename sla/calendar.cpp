#include "sla/calendar.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>

#include <date/tz.h>
#include <fmt/format.h>

#include "sla/timeline.hpp"

namespace nines::sla {
namespace {

using Local = date::local_time<Micros>;

Expected<const date::time_zone*> zone_named(const std::string& name) {
  try {
    return date::locate_zone(name);
  } catch (const std::runtime_error&) {
    // bookworm-slim carries no tzdata: UTC works everywhere.
    if (name == "UTC") return nullptr;
    return fail(
        fmt::format("time zone \"{}\" is not known: expected an IANA name such as Europe/Berlin (needs tzdata)", name));
  }
}

// The first moment at which the zone's wall clock reads `local` or, where a gap skips it, later.
Time to_time(const date::time_zone* zone, Local local) {
  if (zone == nullptr) return Time(local.time_since_epoch());
  const date::local_info info = zone->get_info(local);
  if (info.result == date::local_info::nonexistent) return info.first.end;
  return Time(local.time_since_epoch() - info.first.offset);
}

Local midnight(date::year_month_day day) {
  return Local(date::local_days(day));
}

std::optional<int> number(std::string_view text, std::size_t digits) {
  int value = 0;
  if (text.size() != digits || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return {};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool year_in_range(int year) {
  return year >= 1970 && year <= 9998;
}

// Whole months from the first of `month`.
Expected<ReportPeriod> months(int year, int first_month, int count, const std::string& time_zone,
                              const std::string& label) {
  const auto zone = zone_named(time_zone);
  if (!zone) return std::unexpected(zone.error());
  const date::year_month begin = date::year(year) / first_month;
  const date::year_month end = begin + date::months(count);
  const Period period{to_time(*zone, midnight(begin / 1)), to_time(*zone, midnight(end / 1))};
  return ReportPeriod{period, time_zone, label, label};
}

Expected<ReportPeriod> month_of(int year, int month_number, const std::string& time_zone) {
  return months(year, month_number, 1, time_zone, fmt::format("{:04}-{:02}", year, month_number));
}

Expected<ReportPeriod> quarter_of(int year, int quarter_number, const std::string& time_zone) {
  return months(year, 3 * quarter_number - 2, 3, time_zone, fmt::format("{:04}-Q{}", year, quarter_number));
}

Expected<ReportPeriod> year_of(int year, const std::string& time_zone) {
  return months(year, 1, 12, time_zone, fmt::format("{:04}", year));
}

Local local_at(const date::time_zone* zone, Time time) {
  return zone == nullptr ? Local(time.time_since_epoch()) : zone->to_local(time);
}

}  // namespace

Expected<void> warm_up(const std::string& time_zone) {
  const auto zone = zone_named(time_zone);
  if (!zone) return std::unexpected(zone.error());
  if (*zone != nullptr) (*zone)->get_info(Time());
  return {};
}

Expected<ReportPeriod> month(std::string_view text, const std::string& time_zone) {
  const auto year_number = number(text.substr(0, 4), 4);
  const auto month_number = text.size() == 7 && text[4] == '-' ? number(text.substr(5), 2) : std::nullopt;
  if (!year_number || !month_number || !year_in_range(*year_number) || *month_number < 1 || *month_number > 12) {
    return fail(fmt::format("\"{}\" is not a month: expected YYYY-MM, such as 2026-10", text));
  }
  return month_of(*year_number, *month_number, time_zone);
}

Expected<ReportPeriod> quarter(std::string_view text, const std::string& time_zone) {
  const auto year_number = number(text.substr(0, 4), 4);
  const bool shaped = text.size() == 7 && text.substr(4, 2) == "-Q" && text[6] >= '1' && text[6] <= '4';
  if (!year_number || !year_in_range(*year_number) || !shaped) {
    return fail(fmt::format("\"{}\" is not a quarter: expected YYYY-Qn, such as 2026-Q4", text));
  }
  return quarter_of(*year_number, text[6] - '0', time_zone);
}

Expected<ReportPeriod> year(std::string_view text, const std::string& time_zone) {
  const auto year_number = number(text, 4);
  if (!year_number || !year_in_range(*year_number)) {
    return fail(fmt::format("\"{}\" is not a year: expected YYYY, such as 2026", text));
  }
  return year_of(*year_number, time_zone);
}

Expected<ReportPeriod> current_period(const config::Objective& objective, Time at) {
  const std::string& time_zone = objective.time_zone;
  if (objective.window.kind == config::Window::Kind::rolling) {
    return ReportPeriod{
        {at - objective.window.length, at}, time_zone, "last " + format_duration(objective.window.length)};
  }
  const auto zone = zone_named(time_zone);
  if (!zone) return std::unexpected(zone.error());
  const date::year_month_day day(date::floor<date::days>(local_at(*zone, at)));
  const int year_number = int(day.year());
  const int month_number = static_cast<int>(unsigned(day.month()));
  if (objective.window.kind == config::Window::Kind::month) return month_of(year_number, month_number, time_zone);
  if (objective.window.kind == config::Window::Kind::year) return year_of(year_number, time_zone);
  return quarter_of(year_number, (month_number + 2) / 3, time_zone);
}

namespace {

// The calendar period before the one that `text` names.
Expected<ReportPeriod> calendar_before(const std::string& text, const std::string& time_zone) {
  if (auto this_month = month(text, time_zone)) {
    const int months_before = (*number(text.substr(0, 4), 4) * 12) + *number(text.substr(5), 2) - 2;
    return month_of(months_before / 12, months_before % 12 + 1, time_zone);
  }
  if (auto this_quarter = quarter(text, time_zone)) {
    const int quarters_before = (*number(text.substr(0, 4), 4) * 4) + (text[6] - '0') - 2;
    return quarter_of(quarters_before / 4, quarters_before % 4 + 1, time_zone);
  }
  auto this_year = year(text, time_zone);
  if (!this_year) return this_year;
  return year_of(*number(text, 4) - 1, time_zone);
}

}  // namespace

ReportPeriod period_before(const ReportPeriod& period) {
  const Micros length = period.period.length();
  if (!period.calendar.empty()) {
    auto before = calendar_before(period.calendar, period.time_zone);
    if (!before) throw std::runtime_error(before.error().message);
    if (period.label == period.calendar) return *before;
    return {{before->period.to - length, before->period.to}, period.time_zone, before->label, before->calendar};
  }
  const Time to = period.period.from;
  return {{to - length, to}, period.time_zone, "to " + format_local(to, period.time_zone)};
}

Expected<Time> parse_local(std::string_view text, const std::string& time_zone) {
  std::string whole(text);
  if (whole.size() == 10) whole += "T00:00";
  if (whole.size() > 10 && whole[10] == ' ') whole[10] = 'T';
  if (whole.size() == 16) whole += ":00";
  if (const auto with_offset = parse_time(whole)) return *with_offset;
  const auto as_utc = parse_time(whole + "Z");
  if (!as_utc) {
    return fail(
        fmt::format("\"{}\" is not a time: expected 2026-10-01, 2026-10-01T02:00 or 2026-10-01T02:00:00+02:00", text));
  }
  const auto zone = zone_named(time_zone);
  if (!zone) return std::unexpected(zone.error());
  return to_time(*zone, Local(as_utc->time_since_epoch()));
}

std::string format_local(Time time, const std::string& time_zone) {
  const auto zone = zone_named(time_zone);
  const Local local = local_at(zone ? *zone : nullptr, time);
  const auto second = date::floor<std::chrono::seconds>(local);
  const bool whole_minute = second == date::floor<std::chrono::minutes>(local);
  return date::format(whole_minute ? "%Y-%m-%d %H:%M" : "%Y-%m-%d %H:%M:%S", second);
}

namespace {

// A stretch of time with one UTC offset, within a range.
struct Stretch {
  Period period;
  Micros offset;
};

std::vector<Stretch> stretches(const date::time_zone* zone, const Period& range) {
  if (zone == nullptr) return {{range, Micros(0)}};
  std::vector<Stretch> found;
  for (Time from = range.from; from < range.to;) {
    const date::sys_info info = zone->get_info(from);
    // The last stretch ends in the far future, where microseconds overflow: compared in seconds.
    const bool ends_inside = info.end <= date::floor<std::chrono::seconds>(range.to);
    const Time to = ends_inside ? Time(info.end) : range.to;
    found.push_back({{from, to}, info.offset});
    from = to;
  }
  return found;
}

}  // namespace

std::vector<Period> hour_cells(const Period& range, const std::string& time_zone) {
  const auto zone = zone_named(time_zone);
  if (!zone) throw std::runtime_error(zone.error().message);
  std::vector<Period> cells;
  for (const auto& [period, offset] : stretches(*zone, range)) {
    for (Time from = period.from; from < period.to; from = cells.back().to) {
      const Time hour = date::floor<std::chrono::hours>(from + offset) - offset;
      cells.push_back({from, std::min(period.to, hour + std::chrono::hours(1))});
    }
  }
  return cells;
}

std::vector<Period> local_hours(const config::WeeklyHours& hours, const std::string& time_zone, const Period& range) {
  const auto zone = zone_named(time_zone);
  if (!zone) throw std::runtime_error(zone.error().message);
  std::vector<Period> found;
  for (const auto& [period, offset] : stretches(*zone, range)) {
    const auto first_day = date::floor<date::days>(Local(period.from.time_since_epoch() + offset));
    const auto last_day = date::floor<date::days>(Local(period.to.time_since_epoch() + offset));
    for (auto day = first_day; day <= last_day; day += date::days(1)) {
      const int weekday = static_cast<int>(date::weekday(day).iso_encoding()) - 1;
      const Time day_starts = Time(Micros(day.time_since_epoch()) - offset);
      for (const auto& span : hours.spans) {
        if (span.weekday != weekday) continue;
        const Time from = std::max(period.from, day_starts + std::chrono::minutes(span.from_minute));
        const Time to = std::min(period.to, day_starts + std::chrono::minutes(span.to_minute));
        found.push_back({from, to});
      }
    }
  }
  return normalized(std::move(found));
}

}  // namespace nines::sla
