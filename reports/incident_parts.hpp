#pragma once

// What an incident's text, Markdown and page say in the same words. Internal to reports/.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reports/incident.hpp"

namespace nines::reports {

std::string_view state_words(const Incident& incident);       // "ongoing", "over", "end not known"
std::string share_words(double ratio);                        // of a budget: "3.400%", rounded up
std::string cost_words(const IncidentCost& cost);             // "12 s of down time: 3.400% of the 5 min 59 s that …"
std::string origin_words(const IncidentEvidence& evidence);   // "tasks-api in us-east-1, 127.0.0.1:80"
std::string deployment_words(const IncidentDeployment& one);  // "tasks: version 1.4.2 instead of 1.4.1"
std::string distance_words(const IncidentDeployment& one,
                           const Incident& incident);  // "3 min before the first failure"
std::string seen_words(const Incident& incident);      // "2 of 3: eu-west-1, us-east-1"; "us-east-1" of one
std::string seen_from(const Incident& incident);       // "2 of 3 regions: eu-west-1, us-east-1"; "us-east-1" of one

// Label and value of the incident's head, in order.
std::vector<std::pair<std::string, std::string>> head_of(const Incident& incident);

inline constexpr std::string_view kNoCost = "It cost no objective anything.";
inline constexpr std::string_view kNoDeployment =
    "No version changed and no gate ended in the 24 hours before it or since.";
inline constexpr std::string_view kNoEvidence = "None is kept.";
inline constexpr std::string_view kCostsCut =
    "Working this out took too long here, so some may be missing: `nines incident show` has all.";

}  // namespace nines::reports
