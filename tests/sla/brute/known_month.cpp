#include <array>
#include <utility>

#include <fmt/format.h>

#include "tests/sla/brute/generate.hpp"

namespace nines::sla::brute {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::array kRegions = {"us-east-1", "eu-west-1", "ap-south-1"};

Time first_of(const std::string& month) {
  return *parse_time(month + "-01T00:00:00Z");
}

std::string month_after(const std::string& month) {
  const int year = std::stoi(month.substr(0, 4));
  const int number = std::stoi(month.substr(5, 2));
  return number == 12 ? fmt::format("{:04}-01", year + 1) : fmt::format("{:04}-{:02}", year, number + 1);
}

// What befalls all regions of all checks, and what each series meets by chance.
std::vector<Period> common_outages(Dice& dice, const Period& month) {
  const auto some = [&](int most) {
    return Micros(minutes(1)) * dice.between(10, most) + Micros(dice.between(0, 59'999'999));
  };
  std::vector<Period> outages = {{month.from - some(50), month.from + some(30)},
                                 {month.to - some(40), month.to + some(20)}};
  for (int i = 0; i < 5; ++i) {
    const Time from = month.from + Micros(dice.between(0, month.length().count()));
    outages.push_back({from, from + some(90)});
  }
  return outages;
}

bool inside(const std::vector<Period>& periods, Time t) {
  for (const Period& period : periods) {
    if (period.contains(t)) return true;
  }
  return false;
}

std::vector<Period> some_periods(Dice& dice, const Period& month, int count, int most_minutes) {
  std::vector<Period> periods;
  for (int i = 0; i < count; ++i) {
    const Time from = month.from + Micros(dice.between(0, month.length().count()));
    periods.push_back({from, from + minutes(dice.between(1, most_minutes))});
  }
  return periods;
}

void fill(Series& series, Dice& dice, const Period& month, const std::vector<Period>& outages, Micros interval) {
  const auto gaps = some_periods(dice, month, 6, 60);
  const auto own_outages = some_periods(dice, month, 4, 45);
  const Time end = month.to + hours(3);
  Time turn = month.from - hours(3) + Micros(dice.between(0, interval.count() - 1));
  for (; turn < end; turn += interval) {
    if (inside(gaps, turn)) continue;
    ResultRow row;
    row.start = turn + Micros(dice.between(0, 5'000));
    row.interval = interval;
    row.duration = Micros(dice.between(3'000, 90'000) + (dice.one_in(30) ? dice.between(0, 900'000) : 0));
    row.status = 200;
    if (inside(outages, turn) || inside(own_outages, turn) || dice.one_in(400)) {
      row.reason = dice.one_in(2) ? Reason::connect_refused : Reason::http_status;
      row.status = row.reason == Reason::http_status ? 503 : 0;
    } else if (dice.one_in(500)) {
      row.reason = Reason::agent_network;
      row.status = 0;
    } else if (dice.one_in(300)) {
      row.attempts = 2;
    }
    row.first_reason = row.attempts > 1 ? Reason::imported : row.reason;
    series.rows.push_back(row);
  }
}

std::vector<config::Maintenance> windows_of(const Period& month) {
  config::Maintenance first;
  first.service = "shop";
  first.once = Period{month.from + hours(75), month.from + hours(77)};
  config::Maintenance second = first;
  second.once = Period{month.from + hours(76), month.from + hours(79) + minutes(30)};
  config::Maintenance weekly;
  weekly.weekly = config::WeeklyHours{{{6, 120, 180}}, "Sun 02:00-03:00"};
  weekly.time_zone = "Europe/Berlin";
  return {first, second, weekly};
}

}  // namespace

Case known_month(std::uint64_t seed, const std::string& month, int checks, Micros interval) {
  Dice dice(seed);
  Case made;
  made.period = {{first_of(month), first_of(month_after(month))}, "UTC", month};
  made.as_of = made.period.period.to + hours(24);
  made.regions.assign(kRegions.begin(), kRegions.end());
  made.objective.name = "shop-uptime";
  made.objective.service = "shop";
  made.objective.target = {config::Comparison::greater_equal, Decimal(999, 3), "99.9%"};
  const auto outages = common_outages(dice, made.period.period);
  for (int c = 1; c <= checks; ++c) {
    made.objective.checks.push_back("check-" + std::to_string(c));
    for (const char* region : kRegions) {
      Series series;
      series.key = {made.objective.checks.back(), region};
      series.settings = {{made.as_of, interval, interval * 5 / 2, 3, "shop", false}};
      fill(series, dice, made.period.period, outages, interval);
      made.history.series.push_back(std::move(series));
    }
  }
  made.history.maintenance = windows_of(made.period.period);
  return made;
}

std::string as_json_lines(const History& history) {
  std::string text;
  for (const Series& series : history.series) {
    for (const ResultRow& row : series.rows) {
      if (row.origin != Origin::scheduled) continue;
      text += fmt::format(R"({{"check":"{}","region":"{}","time":"{}","success":{},"duration_ms":{}.{:03})",
                          series.key.check, series.key.region, format_time(row.start), row.success(),
                          row.duration.count() / 1000, row.duration.count() % 1000);
      if (row.status != 0) text += fmt::format(R"(,"status":{})", row.status);
      if (!row.success()) text += fmt::format(R"(,"reason":"{}")", reason_name(row.reason));
      if (row.interval > Micros(0)) text += fmt::format(R"(,"interval_ms":{})", row.interval.count() / 1000);
      if (row.measured >= Micros(0)) {
        text += fmt::format(R"(,"measured_ms":{}.{:03})", row.measured.count() / 1000, row.measured.count() % 1000);
      }
      if (row.attempts > 1) text += fmt::format(R"(,"attempts":{})", row.attempts);
      text += "}\n";
    }
  }
  return text;
}

}  // namespace nines::sla::brute
