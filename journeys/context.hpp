#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/checks.hpp"
#include "journeys/ledger.hpp"
#include "journeys/masks.hpp"
#include "journeys/variables.hpp"
#include "probes/async/loop.hpp"
#include "probes/engine.hpp"
#include "probes/jq.hpp"
#include "probes/probe.hpp"

namespace nines::journeys {

// What the steps of one run share. Lives in run()'s frame, which outlives every step.
struct Context {
  probes::Engine& engine;
  probes::Jq& jq;
  std::shared_ptr<const config::Journey> journey;
  probes::TraceContext trace;
  Variables variables;
  Masks masks;
  std::vector<std::string> cookies;  // the run's own, as probes::HttpExchange has them
  std::string budget;                // whose time a step uses, and its verb: "the journey's 30s were"
  Ledger* ledger = nullptr;          // never null while steps run
  std::uint64_t start_ns = probes::Loop::now_ns();
  std::vector<std::int64_t> made{};  // entries of the ledger that this run opened
  int steps_sent = 0;                // that sent something, or were about to
  probes::Recording recording{};
};

}  // namespace nines::journeys
