#pragma once

// What the gate compares: the results of one check, before and after.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace nines::sla::gate {

// The results of one check or journey on one side. Results that the agent itself spoiled (agent_*) are none.
struct Sample {
  std::int64_t results = 0;
  std::int64_t errors = 0;         // failed results
  std::int64_t server_errors = 0;  // status 500 to 599, failed or not
  std::vector<Micros> durations;   // of successes; of journeys, the measured time; sorted once sort() was called

  std::int64_t successes() const { return results - errors; }
  void add(const ResultRow& row);
  void sort();
  bool operator==(const Sample&) const = default;
};

// The time of a result that latency is judged by: measured where there is such a time, else the whole duration.
Micros judged_time(const ResultRow& row);

struct CheckSamples {
  std::string name;
  std::string service;
  bool journey = false;
  Sample baseline;
  Sample current;
};

// The p95 of sorted durations by nearest rank: that of rank ceil(0.95 n). Not empty.
Micros p95(const std::vector<Micros>& sorted);

}  // namespace nines::sla::gate
