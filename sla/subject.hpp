#pragma once

// What an objective is about, as timelines: its checks in its regions, and how they combine (docs/sla.md, "Several
// regions, several checks", "Exclusions and hours").

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sla/judged.hpp"
#include "sla/model.hpp"
#include "sla/timeline.hpp"

namespace nines::sla {

struct CheckSubject {
  std::string name;
  std::vector<JudgedSeries> series;  // one a region, in the order of Subject::regions
  Timeline part;                     // up or absent: the check takes part as any region knows it
  Timeline windows;                  // excluded inside its maintenance windows, else up
};

struct Subject {
  const config::Objective* objective = nullptr;
  std::vector<std::string> regions;  // those that should report; without a list, those that did, sorted
  bool regions_listed = false;
  std::vector<CheckSubject> checks;
  Timeline any_part;  // up while any check takes part, else absent
  Timeline hours;     // up inside the objective's hours, else absent
};

// `whole` is widened over everything the results speak for, so that outages can be followed over the period's edges.
Subject make_subject(const config::Objective& objective, const Period& period, Time as_of, const History& history,
                     std::span<const std::string> regions);

struct View {
  bool strict = false;
  bool exclusions = true;
  const std::string* only_region = nullptr;  // as this region alone sees it
};

// One check over its regions: unknown, up, down, and what the moments it is left out of the combination are.
Timeline over_regions(const Subject& subject, const CheckSubject& check, const View& view);
// unknown, up, down, excluded of the objective.
Timeline combined(const Subject& subject, const View& view);

// Known and unknown time summed over each check and region, excluded time left out.
Ratio summed_coverage(const Subject& subject, const Period& period, const std::string* only_region);

// Excluded, for the results of one check: inside its windows or outside the hours.
Timeline excluded_for_results(const Subject& subject, const CheckSubject& check);

}  // namespace nines::sla
