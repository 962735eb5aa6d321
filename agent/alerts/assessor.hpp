#pragma once

// How assess() works, for its own files: each kind of alert has one.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/alerts/assess.hpp"
#include "agent/incidents/subjects.hpp"

namespace nines::agent {

inline constexpr std::string_view kWarning = "warning";
inline constexpr std::string_view kCritical = "critical";
// What the agent says of itself is of this service.
inline constexpr const char* kOwnService = "nines";
// What an objective's alerts are called.
inline constexpr const char* kBurning = "burn/";
inline constexpr const char* kMissed = "objective/";

// Collects what is wrong, with what every alert has in common. Lives for one assessment.
class Assessor {
 public:
  Assessor(const config::Config& config, const Facts& facts,
           const std::function<std::string(const std::string&)>& firing)
      : config_(config), facts_(facts), firing_(firing), base_(external_url_of(config)) {}

  Assessment run();

 private:
  struct Words {
    std::string alertname;
    std::string service;
    std::string_view severity;
    AlertLabels labels;  // beside those that every alert has
    std::string summary;
    std::string description;
    std::string path;  // of the page
    Time since{};
    std::string incident = {};  // path of its page; empty: it belongs to none
  };

  static bool bad(sla::State state) { return state == sla::State::warning || state == sla::State::critical; }

  void wrong(std::string identity, Words words);
  void undecided(std::string identity) { assessment_.undecided.insert(std::move(identity)); }

  // check_alerts.cpp
  void check(const CheckView& view);
  void flapping(const CheckView& view, const Flapping& flap);
  void components();
  void certificate(const CheckView& view);
  void objective(const ObjectiveView& view);  // objective_alerts.cpp
  void own();                                 // own_alerts.cpp

  // Whether nothing is raised for the check now, whatever state it is in.
  bool silent(const CheckView& view) const;
  const CheckView* view_of(const std::string& name) const;  // null: there is none
  static std::string page_of(const CheckView& view);
  // Of the outage of its service, or of the journey, that goes on at `at`; empty where it is of none.
  std::string incident_of(const CheckView& view, Time at);
  // "1 of 3: us-east-1"; empty when no source tells.
  std::string regions_of(const std::string& check) const;

  const config::Config& config_;
  const Facts& facts_;
  const std::function<std::string(const std::string&)>& firing_;
  const std::string base_;
  bool uplink_down_ = false;
  std::optional<std::vector<IncidentSubject>> subjects_;  // once they are asked for
  Assessment assessment_;
};

}  // namespace nines::agent
