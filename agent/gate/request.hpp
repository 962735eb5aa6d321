#pragma once

// What is asked of a gate: on the command line, or over HTTP as JSON (docs/gate.md).

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/time.hpp"
#include "sla/gate/trial.hpp"

namespace nines::agent {

enum class GatePhase { baseline, verify };
std::string_view phase_name(GatePhase phase);

struct GateRequest {
  std::string deployment;
  GatePhase phase = GatePhase::verify;
  std::vector<std::string> services;  // empty: all; of a verification, those of its baseline

  // Of a baseline.
  Micros lookback{std::chrono::minutes(30)};
  std::optional<Micros> same_hour;  // instead: the coming hour of the day, on each day of this span
  Micros silence{std::chrono::minutes(30)};
  Micros buffer{std::chrono::minutes(15)};
  std::string author = "nines gate";
  // Where the store has no results of the lookback, the gate probes for itself, as long as a verification would.
  bool measure = false;

  // Of a verification.
  Micros length{std::chrono::minutes(6)};
  Micros every{std::chrono::seconds(1)};
  Micros journeys_every{std::chrono::seconds(15)};
  std::string expect_version;  // empty: nothing is waited for
  Micros wait{std::chrono::minutes(10)};
  sla::gate::Rules rules;
  sla::gate::RollbackOn rollback_on = sla::gate::RollbackOn::critical;

  bool again = false;  // over HTTP: a new run, though one of this deployment and phase has ended
};

// Also of what Flagger's webhooks send: {"name", "namespace", "phase", "checksum", "metadata": {…}}, where the metadata
// are our members, as strings, and the deployment is NAMESPACE/NAME@CHECKSUM unless they name one. Unknown members are
// faults, which name the member and what was expected.
Expected<GateRequest> read_gate_request(const Json& body);
Json gate_request_json(const GateRequest& request);

}  // namespace nines::agent
