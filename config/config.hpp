#pragma once

// The one validated, immutable configuration an agent runs on. Plain data; made by load() (config/load.hpp) and shared
// read-only between threads as std::shared_ptr<const Config>. Every default has been applied: a reader never asks
// "is it set?" unless the member is optional.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"
#include "config/checks.hpp"
#include "config/modules.hpp"
#include "config/neighbours.hpp"
#include "config/objectives.hpp"

namespace nines::config {

// /probe, which takes its target from whoever asks.
struct ProbeEndpoint {
  bool enabled = true;  // default: when `listen` is on loopback
  std::vector<AddressRule> allow;
  std::vector<AddressRule> deny;  // beside the built-in ones (probes/target_policy.hpp)
  int history = 100;              // recent probes kept, and as many failures
};

struct Defaults {
  Micros interval{std::chrono::seconds(30)};
  std::optional<Micros> timeout;  // default: min(10 s, interval)
  Thresholds thresholds;
};

struct Config {
  std::string region = "default";
  std::vector<std::string> regions;
  std::string environment;
  std::string listen_host = "127.0.0.1";
  int listen_port = 9999;
  std::string data_dir = "./data";
  std::map<std::string, std::shared_ptr<const Module>> modules;
  std::vector<Service> services;
  std::vector<Check> checks;
  std::vector<Journey> journeys;
  std::vector<Objective> objectives;
  std::vector<Maintenance> maintenance;
  std::vector<Contract> contracts;
  Retention retention;
  Smtp smtp;
  Remote prometheus;
  Remote grafana;
  Alerting alerting;
  Gate gate;
  Tracing tracing;
  bool application_names = false;  // metrics.application_names
  ProbeEndpoint probe_endpoint;
  std::vector<Error> unsupported;  // why each module that has `unsupported` has it, with its place
  std::string text;                // the whole as YAML, secrets as <secret>: /config
  std::vector<Secret> secrets;     // every secret value met, for the redactor

  const Service* service(const std::string& name) const;
  const Check* check(const std::string& name) const;
  const Journey* journey(const std::string& name) const;
  // Schedules of all checks, then all journeys, in file order.
  std::vector<const Schedule*> schedules() const;
};

}  // namespace nines::config
