#include "config/hours.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"

namespace nines::config {
namespace {

constexpr std::string_view kDays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr int kDayMinutes = 24 * 60;
constexpr int kWeek = 7;

std::optional<int> parse_day(std::string_view text) {
  const auto* found = std::ranges::find(kDays, text);
  if (found == std::end(kDays)) return std::nullopt;
  return static_cast<int>(found - std::begin(kDays));
}

std::optional<int> two_digits(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() != 2 || !digit(text[0]) || !digit(text[1])) return std::nullopt;
  return (text[0] - '0') * 10 + (text[1] - '0');
}

// "08:30" as minutes of the day, to 24:00.
std::optional<int> parse_minute(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hour = two_digits(text.substr(0, 2));
  const auto minute = two_digits(text.substr(3));
  if (!hour || !minute || *minute > 59) return std::nullopt;
  const int total = *hour * 60 + *minute;
  if (total > kDayMinutes) return std::nullopt;
  return total;
}

template <class T>
std::optional<std::pair<T, T>> parse_range(std::string_view text, std::optional<T> (*parse)(std::string_view)) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto from = parse(text.substr(0, dash));
  const auto to = parse(text.substr(dash + 1));
  if (!from || !to) return std::nullopt;
  return std::pair(*from, *to);
}

// First and last weekday; the last may come before the first (Sat-Mon).
std::optional<std::pair<int, int>> parse_days(std::string_view text) {
  if (text.empty()) return std::pair(0, kWeek - 1);
  if (const auto day = parse_day(text)) return std::pair(*day, *day);
  return parse_range<int>(text, parse_day);
}

void add_day(int weekday, int from, int to, std::vector<WeeklyHours::Span>& spans) {
  if (from < to) {
    spans.push_back({weekday, from, to});
    return;
  }
  spans.push_back({weekday, from, kDayMinutes});
  if (to > 0) spans.push_back({(weekday + 1) % kWeek, 0, to});
}

bool add_part(std::string_view part, std::vector<WeeklyHours::Span>& spans) {
  const std::size_t blank = part.rfind(' ');
  const auto times = parse_range<int>(blank == std::string_view::npos ? part : part.substr(blank + 1), parse_minute);
  const auto days = parse_days(blank == std::string_view::npos ? "" : trim(part.substr(0, blank)));
  if (!times || !days || times->first == times->second || times->first == kDayMinutes) return false;
  for (int day = days->first;; day = (day + 1) % kWeek) {
    add_day(day, times->first, times->second, spans);
    if (day == days->second) return true;
  }
}

std::vector<WeeklyHours::Span> joined(std::vector<WeeklyHours::Span> spans) {
  std::ranges::sort(spans, {}, [](const WeeklyHours::Span& span) { return std::pair(span.weekday, span.from_minute); });
  std::vector<WeeklyHours::Span> result;
  for (const WeeklyHours::Span& span : spans) {
    if (!result.empty() && result.back().weekday == span.weekday && span.from_minute <= result.back().to_minute) {
      result.back().to_minute = std::max(result.back().to_minute, span.to_minute);
    } else {
      result.push_back(span);
    }
  }
  return result;
}

bool is_zone_name(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/_+-").find(c) != std::string_view::npos;
  };
  return !text.empty() && text.front() != '/' && text.back() != '/' && text.find("//") == std::string_view::npos &&
         std::ranges::all_of(text, allowed);
}

}  // namespace

Expected<WeeklyHours> parse_hours(std::string_view text) {
  std::vector<WeeklyHours::Span> spans;
  for (const std::string_view part : split(text, ',')) {
    if (!add_part(trim(part), spans)) {
      return fail("\"" + ellipsize(printable(trim(part)), 80) +
                  "\" are no weekly hours: expected some such as 'Mon-Fri 08:00-18:00' or 'Sun 02:00-03:00'");
    }
  }
  return WeeklyHours{joined(std::move(spans)), std::string(trim(text))};
}

Expected<std::string> parse_time_zone(std::string_view text) {
  static const std::filesystem::path kZones = "/usr/share/zoneinfo";
  std::error_code error;
  const bool known = is_zone_name(text) && (text == "UTC" || !std::filesystem::is_directory(kZones, error) ||
                                            std::filesystem::is_regular_file(kZones / text, error));
  if (known) return std::string(text);
  return fail("\"" + ellipsize(printable(text), 80) +
              "\" is no time zone: expected an IANA name such as UTC or Europe/Berlin");
}

}  // namespace nines::config
