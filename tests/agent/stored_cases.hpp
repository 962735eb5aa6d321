#pragma once

// Generated cases of sla.md put into real stores, one per region, as agents would have left them.

#include <cstdint>
#include <memory>
#include <vector>

#include "config/config.hpp"
#include "store/store.hpp"
#include "tests/harness/scratch.hpp"
#include "tests/sla/brute/generate.hpp"

namespace nines::agent::tests {

// A case as its agents' configuration and its whole history, with names of its own.
struct StoredCase {
  sla::brute::Case whole;
  config::Config config;  // holds the objective
};

// Cases of the seeds [first, first + count), all in the same stores.
//
// Beside each region's store there is a copy that holds a part of everything: a row may come from two stores. Some
// checks were renamed on the way, some stores hold results of other origins.
class StoredCases {
 public:
  StoredCases(std::uint64_t first, int count);

  const std::vector<StoredCase>& cases() const { return cases_; }
  // One of each store, in an order that the seed decides.
  std::vector<store::Reader> readers(std::uint64_t seed) const;

 private:
  void make(std::uint64_t seed);
  void keep(const StoredCase& one, sla::brute::Dice& dice);
  void record_settings();

  struct Place {
    harness::TempDir dir;
    std::unique_ptr<store::Store> store;
    std::vector<Result> results;
  };
  std::vector<std::unique_ptr<Place>> places_;
  std::vector<StoredCase> cases_;
};

}  // namespace nines::agent::tests
