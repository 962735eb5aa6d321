#pragma once

// The baseline of a gate: samples of each check out of a store, and as they are kept for the verification.

#include <span>
#include <string>
#include <vector>

#include "agent/gate/request.hpp"
#include "agent/gate/silences.hpp"
#include "base/json.hpp"
#include "config/config.hpp"
#include "sla/gate/sample.hpp"
#include "store/gates.hpp"
#include "store/store.hpp"

namespace nines::agent {

// The moments that a baseline is taken from: the lookback, or the coming hour of the day on each day before.
std::vector<Period> baseline_periods(const GateRequest& request, Time now);

// The samples of these checks and journeys of the configuration's region. Left out are results from before the last
// change of their service's version, and from maintenance of it: that of the store, and that of the configuration which
// no agent has loaded yet. Reads the store: not on a loop.
Expected<std::vector<sla::gate::CheckSamples>> read_samples(store::Reader& reader, const config::Config& config,
                                                            std::span<const config::Schedule* const> schedules,
                                                            std::span<const store::DeploymentMark> marks,
                                                            std::span<const Period> periods);

// What a verification takes up from a baseline (GateEntry::inputs).
struct BaselineInputs {
  std::vector<sla::gate::CheckSamples> checks;
  std::vector<OpenSilence> silences;
};
std::string write_inputs(const BaselineInputs& inputs);
Expected<BaselineInputs> read_inputs(const std::string& text);

}  // namespace nines::agent
