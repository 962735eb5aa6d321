#pragma once

// The running counters service_downtime_seconds_total and nines_service_known_seconds_total of one service in one
// region: start at 0; when a failure run is confirmed the counter gains the run's down spans so far, then as they pass;
// checks combine as `any`; windows known then are left out; never reduced (docs/sla.md, "Health states").

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "config/objectives.hpp"

namespace nines::sla {

// One thread at a time (the caller locks).
//
//   ServiceDowntime downtime({{.name = "api", .stale_after = 75s, .confirm_after = 3}}, windows_of_the_service);
//   downtime.add("api", row);      // when a run has ended
//   downtime.advance(clock.now()); // before the counters are read
class ServiceDowntime {
 public:
  struct CheckSettings {
    std::string name;
    Micros stale_after{0};
    int confirm_after = 3;
  };
  // `maintenance` is what applies to the service: its own windows and those of all services.
  ServiceDowntime(std::vector<CheckSettings> checks, std::vector<config::Maintenance> maintenance);
  ~ServiceDowntime();
  ServiceDowntime(ServiceDowntime&&) noexcept;
  ServiceDowntime& operator=(ServiceDowntime&&) noexcept;

  // Before the first result: the check had failed so often in a row when an earlier process stopped, so that its run is
  // confirmed when it reaches confirm_after in all. What that process counted is not counted again.
  void resume(const std::string& check, int failures);
  // The next result of a check, in time order per check. Checks not named at the start are ignored.
  void add(const std::string& check, const ResultRow& row);
  // Other windows from now on; what has been counted stays.
  void set_maintenance(std::vector<config::Maintenance> maintenance);
  // Lets time pass up to `now`. Time that has passed stays counted: a run that started before `now` but is added later
  // takes nothing back. To count exactly, pass the start of the earliest run still going where there is one.
  void advance(Time now);

  Micros down() const;
  Micros known() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace nines::sla
