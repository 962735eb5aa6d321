#include "reports/document/days.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reports/sentences.hpp"
#include "sla/calendar.hpp"

namespace nines::reports {
namespace {

using namespace std::chrono_literals;

constexpr Micros kDay = 24h;
constexpr std::size_t kMostTicks = 4;

// "Oct 14" and "02:10" of say_moment's "Oct 14, 02:10 UTC".
std::string day_of(Time time, const std::string& zone) {
  const std::string text = say_moment(time, zone);
  return text.substr(0, text.find(','));
}
std::string clock_of(Time time, const std::string& zone) {
  return say_moment(time, zone).substr(day_of(time, zone).size() + 2, 5);
}

int day_number(Time time, const std::string& zone) {
  return std::stoi(sla::format_local(time, zone).substr(8, 2));
}

// The first moment of the local day after the one that holds `time`.
Time next_day(Time time, const std::string& zone) {
  using namespace std::chrono;
  const std::string text = sla::format_local(time, zone);
  const year_month_day date{year(std::stoi(text.substr(0, 4))),
                            month(static_cast<unsigned>(std::stoi(text.substr(5, 2)))),
                            day(static_cast<unsigned>(std::stoi(text.substr(8, 2))))};
  const year_month_day next(sys_days(date) + days(1));
  const auto midnight =
      sla::parse_local(fmt::format("{:04}-{:02}-{:02}", static_cast<int>(next.year()),
                                   static_cast<unsigned>(next.month()), static_cast<unsigned>(next.day())),
                       zone);
  return midnight && *midnight > time ? *midnight : time + kDay;
}

std::vector<Period> cut(const Period& period, Micros length) {
  std::vector<Period> out;
  for (Time at = period.from; at < period.to; at += length) out.push_back({at, std::min(at + length, period.to)});
  return out;
}

std::vector<Period> joined_by(const std::vector<Period>& days, std::size_t count) {
  std::vector<Period> out;
  for (std::size_t i = 0; i < days.size(); i += count) {
    out.push_back({days[i].from, days[std::min(i + count, days.size()) - 1].to});
  }
  return out;
}

}  // namespace

std::vector<Period> local_days(const Period& period, const std::string& time_zone) {
  std::vector<Period> out;
  for (Time at = period.from; at < period.to;) {
    const Time next = std::min(next_day(at, time_zone), period.to);
    out.push_back({at, next});
    at = next;
  }
  return out;
}

std::vector<Period> strip_spans(const Period& period, const std::string& time_zone) {
  if (period.length() <= 3 * kDay) return cut(period, 1h);
  const std::vector<Period> days = local_days(period, time_zone);
  return days.size() <= 100 ? days : joined_by(days, 7);
}

std::string part_of_strip(const Period& period, const std::string& time_zone) {
  if (period.length() <= 3 * kDay) return "hour";
  return local_days(period, time_zone).size() <= 100 ? "day" : "week";
}

std::vector<svg::Tick> time_ticks(const Period& period, const std::string& time_zone) {
  const auto at = [&](Time time) {
    return static_cast<double>((time - period.from).count()) / static_cast<double>(period.length().count());
  };
  std::vector<svg::Tick> ticks;
  if (period.length() <= 3 * kDay) {
    for (const Period& part : cut(period, std::max<Micros>(period.length() / 4, Micros(1)))) {
      ticks.push_back({at(part.from), clock_of(part.from, time_zone)});
    }
    return ticks;
  }
  const std::vector<Period> days = local_days(period, time_zone);
  // Three or four in a month, so that there is room for them on a phone.
  const bool month = days.size() >= 28 && days.size() <= 32;
  const std::size_t step = month ? 10 : (days.size() + kMostTicks - 1) / kMostTicks;
  for (std::size_t i = 0; i < days.size(); i += step) {
    ticks.push_back({at(days[i].from), day_of(days[i].from, time_zone)});
  }
  return ticks;
}

std::string strip_label(const Period& span, const Period& whole, const std::string& time_zone) {
  const Micros length = whole.length();
  if (length <= 3 * kDay) {
    const std::string clock = clock_of(span.from, time_zone);
    const bool marked = clock == "00:00" || clock == "12:00" || (length <= kDay + 1h && clock == "06:00");
    return marked ? clock : std::string();
  }
  const int day = day_number(span.from, time_zone);
  if (length <= 35 * kDay) {
    // Of the last days of a month only where no first is next to it.
    const bool crowded = day == 30 && whole.to > span.from + 2 * kDay;
    return (day == 1 || day % 5 == 0) && !crowded ? fmt::format("{}", day) : std::string();
  }
  if (length <= 100 * kDay) return day == 1 || day == 15 ? day_of(span.from, time_zone) : std::string();
  const std::string name = day_of(span.from, time_zone).substr(0, 3);
  const bool first_week = day <= 7;
  return first_week && (name == "Jan" || name == "Apr" || name == "Jul" || name == "Oct") ? name : std::string();
}

std::string say_cell(const Period& span, const std::string& time_zone) {
  const std::string from = day_of(span.from, time_zone);
  if (span.length() <= 1h) {
    return fmt::format("{}, {}–{}", from, clock_of(span.from, time_zone), clock_of(span.to, time_zone));
  }
  const std::string last = day_of(span.to - Micros(1), time_zone);
  return from == last ? from : fmt::format("{} – {}", from, last);
}

}  // namespace nines::reports
