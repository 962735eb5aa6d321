#pragma once

// What gates leave in a store: baselines, verdicts with their inputs, marks of deployments, and the gates' own results.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace nines::store {

// One phase of a gate that has ended.
struct GateEntry {
  std::string id;
  std::string deployment;
  std::string phase;  // "baseline" or "verify"
  Time began{};
  Time ended{};
  std::string verdict;   // as it is shown
  std::string document;  // what was found, JSON: docs/gate.md
  std::string inputs;    // of a baseline, JSON for the gate alone: its samples, its silences
  bool operator==(const GateEntry&) const = default;
};

// The version of a service as its checks read it from answers, where it was first seen and where it changed.
struct DeploymentMark {
  std::string service;
  std::string version;
  std::string previous;  // empty: the first that was ever seen, no change
  Time at{};
  bool operator==(const DeploymentMark&) const = default;
};

// Reads and writes them over a connection of its own, which SQLite orders with those of an agent that has the same
// store open: it needs no lock and may be used beside one. Each call is one transaction. One thread at a time; blocks.
class GateBook {
 public:
  // Makes the store when there is none and brings an older one up to date, which needs the store's lock.
  static Expected<GateBook> open(const std::string& data_dir);
  // Refuses what is not there.
  static Expected<GateBook> open_existing(const std::string& data_dir);
  // The same for reading only: what would write fails.
  static Expected<GateBook> open_read_only(const std::string& data_dir);
  ~GateBook();
  GateBook(GateBook&&) noexcept;
  GateBook& operator=(GateBook&&) noexcept;

  Expected<void> put(const GateEntry& entry);
  Expected<void> mark(const DeploymentMark& mark);
  // Of two results with the same check, region and start the first is kept.
  Expected<void> add_results(std::span<const Result> results);

  Expected<std::optional<GateEntry>> gate(const std::string& id);
  // The one of this phase that began last; none: there is none.
  Expected<std::optional<GateEntry>> latest(const std::string& deployment, const std::string& phase);
  // The one of this phase that ended last, of any deployment.
  Expected<std::optional<GateEntry>> last_ended(const std::string& phase);
  // The last that many, the newest first, without their inputs.
  Expected<std::vector<GateEntry>> gates(int limit);
  // Those that ended in the period, in order of their end, without their inputs; `limit` at most.
  Expected<std::vector<GateEntry>> gates_in(const Period& period, int limit);
  Expected<std::vector<DeploymentMark>> marks();  // in order of time
  // The same of a period, `limit` at most.
  Expected<std::vector<DeploymentMark>> marks_in(const Period& period, int limit);

 private:
  struct Impl;
  explicit GateBook(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace nines::store
