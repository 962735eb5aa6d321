#pragma once

// The running counters service_downtime_seconds_total and nines_service_known_seconds_total of one service in one
// region: start at 0; when a failure run is confirmed the counter gains the run's down spans so far, then as they pass;
// checks combine as `any`; windows known then are left out; never reduced (docs/sla.md, "Health states").

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/config.hpp"

namespace nines::sla {

// One thread at a time (the caller locks).
class ServiceDowntime {
 public:
  struct CheckSettings {
    std::string name;
    Micros stale_after{0};
    int confirm_after = 3;
  };
  ServiceDowntime(std::vector<CheckSettings> checks, std::vector<config::Maintenance> maintenance);
  ~ServiceDowntime();
  ServiceDowntime(ServiceDowntime&&) noexcept;

  // The next result of a check, in time order per check.
  void add(const std::string& check, const ResultRow& row);
  // Lets time pass up to `now`. Totals never shrink.
  void advance(Time now);

  Micros down() const;
  Micros known() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nines::sla
