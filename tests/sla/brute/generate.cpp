#include "tests/sla/brute/generate.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace nines::sla::brute {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

std::uint64_t Dice::next() {
  state_ += 0x9e3779b97f4a7c15U;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

std::int64_t Dice::between(std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
}

namespace {

Time at(const char* text) {
  return *parse_time(text);
}

constexpr std::array kReasons = {Reason::connect_refused, Reason::http_timeout,  Reason::http_status,
                                 Reason::dns_timeout,     Reason::body_mismatch, Reason::tls_untrusted,
                                 Reason::imported,        Reason::timeout};
constexpr std::array kAgentReasons = {Reason::agent_error, Reason::agent_network, Reason::agent_shutdown};
constexpr std::array kZones = {"UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"};
// Beside ordinary days, those on which Berlin's and New York's clocks change.
constexpr std::array kDays = {"2026-10-07T00:00:00Z", "2026-10-24T23:30:00Z", "2026-03-28T23:30:00Z",
                              "2026-11-01T04:30:00Z", "2026-03-08T05:30:00Z", "2028-02-28T21:00:00Z"};

template <class T, std::size_t N>
T pick(Dice& dice, const std::array<T, N>& from) {
  return from[static_cast<std::size_t>(dice.between(0, N - 1))];
}

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : dice_(seed) {}

  Case make() {
    begin_ = at(pick(dice_, kDays)) + minutes(dice_.between(0, 120));
    interval_ = pick(dice_, std::array<Micros, 4>{seconds(30), minutes(1), minutes(6), minutes(10)});
    length_ = interval_ * dice_.between(5, 40);
    make_period();
    make_objective();
    make_series();
    make_windows();
    return std::move(case_);
  }

 private:
  Time some_time() {
    const Time whole = begin_ + Micros(dice_.between(-length_.count() / 4, length_.count() * 5 / 4));
    return dice_.one_in(2) ? begin_ + interval_ * ((whole - begin_) / interval_) : whole;
  }

  void make_period() {
    Period period{some_time(), some_time()};
    if (period.to < period.from) std::swap(period.from, period.to);
    if (period.to == period.from) period.to += minutes(1);
    case_.period = {period, "UTC", "generated"};
    case_.as_of = dice_.one_in(3) ? some_time() : std::max(period.to, begin_ + length_ * 2);
  }

  void make_objective() {
    config::Objective& o = case_.objective;
    o.name = "generated";
    o.service = "a";
    o.indicator = pick(dice_, std::array{config::Indicator::uptime, config::Indicator::uptime,
                                         config::Indicator::latency, config::Indicator::error_rate});
    if (o.indicator == config::Indicator::uptime) {
      o.target = {config::Comparison::greater_equal, Decimal(dice_.between(500, 1000), 3), ""};
      if (dice_.one_in(2))
        o.critical = config::Limit{config::Comparison::less, Decimal(dice_.between(200, 990), 3), ""};
    } else if (o.indicator == config::Indicator::error_rate) {
      o.target = {pick(dice_, std::array{config::Comparison::less, config::Comparison::less_equal}),
                  Decimal(dice_.between(0, 400), 3), ""};
      if (dice_.one_in(2))
        o.critical = config::Limit{config::Comparison::greater, Decimal(dice_.between(100, 600), 3), ""};
    } else {
      o.target = {pick(dice_, std::array{config::Comparison::less, config::Comparison::less_equal}),
                  Decimal(dice_.between(1, 10) * 100'000, 0), ""};
      if (dice_.one_in(2))
        o.critical = config::Limit{config::Comparison::greater, Decimal(dice_.between(5, 12) * 100'000, 0), ""};
    }
    o.percentile = pick(dice_, std::array{Decimal(50, 0), Decimal(95, 0), Decimal(999, 1), Decimal(100, 0)});
    o.of = pick(dice_, std::array{config::LatencyOf::successful, config::LatencyOf::all, config::LatencyOf::strict});
    o.errors = pick(dice_, std::array{config::ErrorsAre::server, config::ErrorsAre::failures});
    o.combine = pick(dice_, std::array{config::Combine::any, config::Combine::all});
    o.quorum.kind =
        pick(dice_, std::array{config::Quorum::Kind::majority, config::Quorum::Kind::majority,
                               config::Quorum::Kind::any, config::Quorum::Kind::all, config::Quorum::Kind::number});
    o.quorum.number = static_cast<int>(dice_.between(1, 4));
    if (dice_.one_in(3)) o.confirm_after = static_cast<int>(dice_.between(1, 4));
    if (dice_.one_in(3)) o.min_regions = static_cast<int>(dice_.between(1, 3));
    if (dice_.one_in(3)) o.min_coverage = Decimal(dice_.between(0, 100), 2);
    o.min_samples = dice_.between(0, 30);
    o.time_zone = pick(dice_, kZones);
    if (dice_.one_in(3)) o.hours = weekly();
  }

  config::WeeklyHours weekly() {
    config::WeeklyHours hours_of_week;
    for (int weekday = 0; weekday < 7; ++weekday) {
      if (dice_.one_in(4)) continue;
      const auto from = static_cast<int>(dice_.between(0, 24) * 15);
      const auto to = std::min(1440, from + static_cast<int>(dice_.between(1, 40) * 15));
      hours_of_week.spans.push_back({weekday, from, to});
    }
    return hours_of_week;
  }

  void make_series() {
    const auto checks = dice_.between(1, 3);
    const auto regions = dice_.between(1, 4);
    const bool journeys = case_.objective.indicator == config::Indicator::latency && dice_.one_in(3);
    if (journeys && case_.objective.of == config::LatencyOf::all) case_.objective.of = config::LatencyOf::strict;
    const std::array<std::string, 4> names = {"eu", "us", "ap", "sa"};
    for (int r = 0; r < regions; ++r) {
      const std::string& region = names[static_cast<std::size_t>(r)];
      if (dice_.one_in(4)) make_uplinks(region);
      for (int c = 0; c < checks; ++c) {
        if (!dice_.one_in(12)) add_series("check-" + std::to_string(c), region, journeys, false);
      }
      if (dice_.one_in(4)) case_.history.clock_steps.push_back({region, some_time()});
    }
    for (int c = 0; c < checks; ++c) {
      (journeys ? case_.objective.journeys : case_.objective.checks).push_back("check-" + std::to_string(c));
    }
    if (dice_.one_in(2)) case_.regions.assign(names.begin(), names.begin() + dice_.between(1, 4));
    if (dice_.one_in(4)) case_.objective.regions.assign(names.begin(), names.begin() + dice_.between(1, 4));
  }

  void make_uplinks(const std::string& region) {
    for (auto u = dice_.between(1, 2); u > 0; --u) add_series("uplink-" + std::to_string(u), region, false, true);
    if (dice_.one_in(2)) case_.objective.checks.emplace_back("uplink-1");
  }

  void add_series(const std::string& check, const std::string& region, bool journey, bool uplink) {
    Series series;
    series.key = {check, region};
    series.journey = journey;
    series.uplink = uplink;
    series.settings = make_settings();
    make_rows(series);
    if (dice_.one_in(10) && !series.rows.empty()) series.first_result = series.rows.front().start - hours(1);
    if (dice_.one_in(4)) std::ranges::reverse(series.rows);
    case_.history.series.push_back(std::move(series));
  }

  std::vector<Settings> make_settings() {
    std::vector<Settings> settings;
    for (auto n = dice_.one_in(3) ? dice_.between(2, 4) : 1; n > 0; --n) {
      Settings entry;
      entry.from = settings.empty() && dice_.one_in(2) ? begin_ - hours(2) : some_time();
      entry.interval = interval_;
      entry.stale_after = dice_.one_in(3) ? Micros(interval_ * dice_.between(1, 5)) : interval_ * 5 / 2;
      entry.warning = static_cast<int>(dice_.between(1, 4));
      entry.service = dice_.one_in(4) ? "b" : "a";
      entry.removed = !settings.empty() && dice_.one_in(4);
      settings.push_back(entry);
    }
    std::ranges::sort(settings, {}, &Settings::from);
    settings.front().removed = false;
    return settings;
  }

  // Stretches of successes, failures and silence.
  void make_rows(Series& series) {
    Time t = begin_ + Micros(dice_.one_in(2) ? 0 : dice_.between(0, interval_.count()));
    while (t < begin_ + length_) {
      const auto kind = dice_.between(1, 10);
      for (auto n = dice_.between(1, kind <= 5 ? 8 : 5); n > 0 && t < begin_ + length_; --n) {
        if (kind != 10) series.rows.push_back(make_row(t, kind >= 6, series.journey));
        t += dice_.one_in(4) ? Micros(dice_.between(1, interval_.count() * 3 / 2)) : interval_;
      }
    }
  }

  ResultRow make_row(Time t, bool failing, bool journey) {
    ResultRow row;
    row.start = t;
    row.duration = Micros(dice_.one_in(20) ? dice_.between(0, interval_.count() * 4) : dice_.between(0, 12) * 100'000);
    row.interval = dice_.one_in(2) ? Micros(0) : dice_.one_in(3) ? interval_ / 2 : interval_;
    if (failing) row.reason = dice_.one_in(6) ? pick(dice_, kAgentReasons) : pick(dice_, kReasons);
    row.first_reason = row.reason;
    if (dice_.one_in(10)) {
      row.attempts = 2;
      row.first_reason = dice_.one_in(4) ? pick(dice_, kAgentReasons) : pick(dice_, kReasons);
    }
    row.status = pick(dice_, std::array<std::int16_t, 6>{0, 200, 200, 404, 500, 599});
    if (journey && !dice_.one_in(5)) row.measured = row.duration / 2;
    if (dice_.one_in(30)) row.origin = Origin::manual;
    return row;
  }

  void make_windows() {
    for (auto n = dice_.between(0, 3); n > 0; --n) {
      config::Maintenance window;
      window.service = pick(dice_, std::array<std::string, 3>{"", "a", "b"});
      window.excluded = !dice_.one_in(6);
      window.time_zone = pick(dice_, kZones);
      if (dice_.one_in(2)) {
        window.weekly = weekly();
        // Entered and taken out again by later loads.
        if (dice_.one_in(3)) window.in_force.from = some_time();
        if (dice_.one_in(3)) window.in_force.to = some_time();
      } else {
        const Time from = some_time();
        window.once = Period{from, from + Micros(dice_.between(1, length_.count() / 2))};
      }
      case_.history.maintenance.push_back(window);
    }
  }

  Dice dice_;
  Case case_;
  Time begin_{};
  Micros interval_{0};
  Micros length_{0};
};

}  // namespace

Case generate(std::uint64_t seed) {
  return Generator(seed).make();
}

}  // namespace nines::sla::brute
