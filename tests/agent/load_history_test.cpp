// What load_history() leaves out must not matter: held against figures from everything that is stored.

#include <cstdlib>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "agent/objectives.hpp"
#include "tests/agent/stored_cases.hpp"
#include "tests/sla/brute/brute.hpp"

namespace nines::agent {
namespace {

// NINES_STORED_CASES asks for more.
std::uint64_t wanted_cases() {
  const char* wanted = std::getenv("NINES_STORED_CASES");
  return wanted == nullptr ? 600 : std::strtoull(wanted, nullptr, 10);
}

sla::Evaluation evaluated(const tests::StoredCase& one, const sla::History& history) {
  const sla::brute::Case& whole = one.whole;
  auto figures = sla::evaluate(one.config.objectives.front(), whole.period, whole.as_of, history, whole.regions);
  // Whether there is more to read is not a figure.
  if (figures.uptime) {
    for (sla::Outage& outage : figures.uptime->outages) outage.open_before = outage.open_after = false;
  }
  return figures;
}

std::string difference(const tests::StoredCase& one, std::vector<store::Reader> readers) {
  const auto loaded = load_history(readers, one.config, one.config.objectives.front(), one.whole.period.period);
  if (!loaded) return loaded.error().text();
  return sla::brute::difference(evaluated(one, one.whole.history), evaluated(one, *loaded));
}

}  // namespace

TEST_CASE("what load_history() reads gives the figures that everything stored gives") {
  constexpr int kBatch = 100;
  const std::uint64_t cases = wanted_cases();
  for (std::uint64_t first = 1; first <= cases; first += kBatch) {
    const tests::StoredCases batch(first, kBatch);
    for (std::size_t i = 0; i < batch.cases().size(); ++i) {
      const tests::StoredCase& one = batch.cases()[i];
      const std::string found = difference(one, batch.readers(first + i));
      if (found.empty()) continue;
      FAIL_CHECK("seed " << first + i << ": " << found << "\n" << sla::brute::describe(one.whole));
    }
  }
}

}  // namespace nines::agent
