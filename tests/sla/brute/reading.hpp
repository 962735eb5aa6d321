#pragma once

// The definitions of docs/sla.md, each asked at one moment.

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "sla/model.hpp"

namespace nines::sla::brute {

struct Reading {
  ResultRow row;
  Time end{};
  bool is_void = false;
  bool failed = false;
  bool confirmed = false;  // of a confirmed failure run
  Time run_begin{};        // of that run
  Reason run_reason = Reason::none;
};

enum class Now { unknown, up, down, excluded };

struct Question {
  bool strict = false;
  bool exclusions = true;
  std::optional<std::string> only_region;
};

class World {
 public:
  World(const config::Objective& objective, Time as_of, const History& history, std::span<const std::string> regions);

  const std::vector<std::string>& checks() const { return checks_; }
  const std::vector<std::string>& regions() const { return regions_; }
  bool regions_listed() const { return listed_; }
  const std::vector<Reading>* results(const std::string& check, const std::string& region) const;

  bool region_takes_part(const Series& series, Time t) const;
  bool takes_part(const std::string& check, Time t) const;
  bool in_window(const std::string& check, Time t) const;
  bool outside_hours(Time t) const;
  Now of_region(const std::string& check, const std::string& region, Time t, bool strict) const;
  const Reading* speaking(const std::string& check, const std::string& region, Time t) const;
  Now of_check(const std::string& check, Time t, const Question& question) const;
  Now of_objective(Time t, const Question& question) const;

  const Series* series(const std::string& check, const std::string& region) const;
  // Every moment at which an answer can change.
  std::vector<Time> moments(const Period& period) const;

 private:
  std::vector<Reading> read(const Series& series) const;
  void find_runs(const Series& series, std::vector<Reading>& results, std::optional<int> confirm_after) const;
  bool cut_off(const std::string& region, Time t) const;
  int min_regions(const Question& question) const;

  struct UplinkRun {
    Time from;
    Time to;
  };

  const config::Objective* objective_;
  Time as_of_;
  const History* history_;
  std::vector<std::string> checks_;
  std::vector<std::string> regions_;
  bool listed_ = true;
  std::map<SeriesKey, std::optional<Time>> first_results_;
  std::map<SeriesKey, std::vector<Reading>> results_;
  std::map<SeriesKey, std::vector<UplinkRun>> uplink_runs_;
};

const Settings& in_force(const Series& series, Time t);

}  // namespace nines::sla::brute
