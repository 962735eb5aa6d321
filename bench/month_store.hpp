#pragma once

// Stores of many checks over many months, as agents would have left them, and configurations to report on them.

#include <string>

#include "base/time.hpp"

namespace nines::bench {

struct MonthStore {
  int checks = 100;
  int days = 31;  // up to kEnd

  double results() const;
  Period period() const;
};

inline constexpr const char* kLastMonth = "2026-10";  // the last one that such a store holds

// Makes `directory`, which must not exist: sealed hours of each check every 30 s, its settings, and nines.yml (three
// objectives over all checks: uptime, error rate, p95) and services.yml (the same of every 25 checks, a service each).
//
// Results are random: late by up to a few milliseconds, phases lognormal, one in a thousand a failure, so that one hour
// in nine is not plain, and now and then eight failures in a row. They are written as the chunks that the store would
// make of them. Prints what a result costs.
void make_store(const MonthStore& of, const std::string& directory);

}  // namespace nines::bench
