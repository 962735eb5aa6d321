#pragma once

// Objectives, maintenance and contracts: what the results are held against. Part of the immutable Config
// (config/config.hpp).

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/decimal.hpp"
#include "base/error.hpp"
#include "base/time.hpp"
#include "config/neighbours.hpp"

namespace nines::config {

enum class Indicator { uptime, latency, error_rate, prometheus };
enum class Comparison { less, less_equal, greater, greater_equal };

// '99.9%' (>=), '< 500ms', '< 0.1%', '> 1s'. For ratios the value is a ratio ('99.9%' is 0.999); for latency the value
// is in microseconds; for a query it is in the query's unit ('< 100ms' of seconds is 0.1).
struct Limit {
  Comparison op = Comparison::greater_equal;
  Decimal value;
  std::string text;  // as written
};

enum class Combine { any, all };
enum class LatencyOf { successful, all, strict };
enum class ErrorsAre { server, failures };

// What the value of a query is in: a ratio of 0.8 and a percentage of 80 are the same.
enum class Unit { ratio, percent, seconds, milliseconds, number };

struct Quorum {
  enum class Kind { majority, any, all, number };
  Kind kind = Kind::majority;
  int number = 0;
};

struct Window {
  enum class Kind { month, quarter, year, rolling };
  Kind kind = Kind::month;
  Micros length{0};  // rolling
};

// Weekly local hours: 'Mon-Fri 08:00-18:00'. Minutes of the local day, [from, to); to may be 24:00. A range over
// midnight is split at load.
struct WeeklyHours {
  struct Span {
    int weekday;  // 0 = Monday … 6 = Sunday
    int from_minute;
    int to_minute;
  };
  std::vector<Span> spans;
  std::string text;
};

struct Objective {
  std::string name;
  std::string service;
  std::vector<std::string> checks;    // resolved: the checks it covers …
  std::vector<std::string> journeys;  // … or the journeys
  Indicator indicator = Indicator::uptime;
  Decimal percentile;  // latency: 95
  Limit target;
  std::optional<Limit> critical;
  Window window;
  std::string time_zone = "UTC";
  Quorum quorum;
  Combine combine = Combine::any;
  std::optional<int> confirm_after;  // default: the check's warning threshold
  LatencyOf of = LatencyOf::successful;
  ErrorsAre errors = ErrorsAre::server;
  std::optional<Decimal> min_coverage;  // default: max(0.99, target) for uptime, else 0.99
  std::int64_t min_samples = 100;
  std::optional<WeeklyHours> hours;
  std::vector<std::string> regions;  // that should report; default: Config::regions
  std::optional<int> min_regions;    // default: majority of regions, or 1 without a list
  std::string query;                 // prometheus: PromQL that gives one value …
  Unit unit = Unit::number;          // … in this unit
  Position at;
};

// How a window that a store keeps was taken out again.
struct Removal {
  Time at{};
  std::string author;
  std::string reason;
  bool entirely = false;  // it holds at no moment, as if it had never been entered
};

// One window, [from, to), or a weekly one in a time zone.
struct Maintenance {
  std::string service;         // empty: all
  std::optional<Period> once;  // as it came to be: one that was removed while it lasted ends there
  std::optional<WeeklyHours> weekly;
  std::string time_zone = "UTC";
  std::string reason;
  std::string author;
  bool excluded = true;
  Position at;
  // Of one that a store keeps (agent/windows.hpp):
  std::int64_t id = 0;
  std::optional<Time> entered = std::nullopt;  // none: it is in the file at hand, and no agent has loaded it yet
  Period in_force{Time::min(), Time::max()};   // of a weekly one: it holds at no moment outside
  std::optional<Removal> removed = std::nullopt;

  // Entered when it had begun: the figures of the time before changed with it.
  bool entered_late() const { return once && entered && *entered > once->from; }
};

// A credit that is due when an objective's figure is below a limit.
struct CreditTier {
  Decimal below;    // of uptime, as a ratio: '99.9%' is 0.999
  Decimal percent;  // of the fee, as a ratio: 10 is 0.1
};

struct Credits {
  std::string objective;
  std::vector<CreditTier> tiers;  // in falling order of `below`
};

// Stands for every contract where one is named; no contract is called so.
inline constexpr const char* kEveryContract = "all";

// What one customer was promised: one report each.
struct Contract {
  std::string name;
  std::string customer;
  std::vector<std::string> objectives;
  std::vector<std::string> recipients;  // of the monthly report, by mail
  Remote webhook;                       // where it is posted; not given: nowhere
  std::vector<Credits> credits;
  Position at;
};

}  // namespace nines::config
