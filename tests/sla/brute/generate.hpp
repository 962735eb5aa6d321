#pragma once

// Generated cases for the two readings of docs/sla.md, the same for the same seed on every machine.

#include <cstdint>
#include <string>
#include <vector>

#include "sla/model.hpp"

namespace nines::sla::brute {

// splitmix64: small, and the same everywhere (std's distributions are not).
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  std::int64_t between(std::int64_t low, std::int64_t high);  // both included
  bool one_in(int n) { return between(1, n) == 1; }

 private:
  std::uint64_t state_;
};

struct Case {
  config::Objective objective;
  ReportPeriod period;
  Time as_of{};
  History history;
  std::vector<std::string> regions;  // Config::regions
};

// A few checks in a few regions over some hours: gaps, blips, confirmed runs, retries, agent faults, uplink outages,
// overlapping windows (some over a change of clocks), hours, changed settings, clock steps, periods that still run.
Case generate(std::uint64_t seed);

// The smallest part of the case that still fails, found by leaving things out one after another.
Case shrunk(Case failing, bool (*fails)(const Case&));
std::string describe(const Case& one);

// A whole calendar month in UTC for tests that go through import and report: `checks` named check-1 … of service
// `shop` in us-east-1, eu-west-1 and ap-south-1, every `interval`, with gaps, blips, retries and an outage over each
// edge of the month; maintenance windows for `shop` that overlap, and a weekly one. The objective is uptime >= 99.9 %.
Case known_month(std::uint64_t seed, const std::string& month, int checks, Micros interval);

// The results as `nines import` reads them (scheduled ones only, sorted as they are held).
std::string as_json_lines(const History& history);

}  // namespace nines::sla::brute
