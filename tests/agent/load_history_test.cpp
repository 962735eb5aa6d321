// What load_history() leaves out must not matter: held against figures from everything that is stored.

#include <algorithm>
#include <cstdlib>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "agent/objectives.hpp"
#include "agent/remembering_source.hpp"
#include "reports/over_time.hpp"
#include "sla/subject.hpp"
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

// Of what a report shows of the period beside the figures.
std::string difference_over_time(const tests::StoredCase& one, const sla::History& loaded) {
  const auto shown = [&](const sla::History& history) {
    const sla::brute::Case& whole = one.whole;
    const auto subject =
        sla::make_subject(one.config.objectives.front(), whole.period.period, whole.as_of, history, whole.regions);
    return reports::over_time(subject, sla::evaluate(subject, whole.period, whole.as_of));
  };
  const reports::Detail all = shown(one.whole.history);
  const reports::Detail some = shown(loaded);
  if (all.strip.size() != some.strip.size()) return "another strip";
  for (std::size_t i = 0; i < all.strip.size(); ++i) {
    if (all.strip[i].times != some.strip[i].times) return fmt::format("another cell {} of the strip", i);
  }
  const auto same_bins = [](const reports::Bin& a, const reports::Bin& b) {
    return a.from == b.from && a.to == b.to && a.count == b.count;
  };
  if (!std::ranges::equal(all.distribution, some.distribution, same_bins)) return "another distribution";
  const auto same_slices = [](const reports::Slice& a, const reports::Slice& b) {
    return a.samples == b.samples && a.bad == b.bad && a.failures == b.failures && a.p50 == b.p50 && a.p95 == b.p95 &&
           a.p99 == b.p99;
  };
  if (!std::ranges::equal(all.slices, some.slices, same_slices)) return "another slice";
  return all.p50 == some.p50 && all.p95 == some.p95 && all.p99 == some.p99 ? "" : "other percentiles";
}

// A result or stretch is in the history once, in the order of time.
std::string disorder(const sla::Series& series) {
  Time last = Time::min();
  for (const sla::Stretch& stretch : series.stretches) {
    if (stretch.first <= last || stretch.last < stretch.first) return "stretches overlap";
    last = stretch.last;
    const auto inside = [&](const ResultRow& row) { return stretch.first <= row.start && row.start <= stretch.last; };
    if (std::ranges::any_of(series.rows, inside)) return "a result lies inside a stretch";
  }
  return {};
}

struct Tally {
  std::size_t stretches = 0;
  std::size_t several = 0;  // of more than one result
};

std::string difference(const tests::StoredCase& one, std::vector<store::Reader> readers, std::uint64_t seed,
                       Tally& tally) {
  const sla::brute::Case& whole = one.whole;
  const Period& period = whole.period.period;
  Reading reading{{whole.as_of}};
  for (const Period& slice : reports::slices_of({period.from, std::min(period.to, whole.as_of)})) {
    reading.moments.push_back(slice.from);
  }
  // As a report reads, and as the agent does for its metrics.
  reading.threads = static_cast<int>(seed % 3) + 1;
  reading.hours_a_thread = 1;
  const StoreSources sources(readers);
  const RememberingSources remembering(sources);
  const auto loaded = load_history(seed % 2 == 0 ? Sources(remembering) : Sources(sources), one.config,
                                   one.config.objectives.front(), period, reading);
  if (!loaded) return loaded.error().text();
  for (const sla::Series& series : loaded->series) {
    if (const std::string found = disorder(series); !found.empty()) return found;
    tally.stretches += series.stretches.size();
    tally.several += static_cast<std::size_t>(
        std::ranges::count_if(series.stretches, [](const sla::Stretch& stretch) { return stretch.count > 1; }));
  }
  const std::string figure = sla::brute::difference(evaluated(one, whole.history), evaluated(one, *loaded));
  return figure.empty() ? difference_over_time(one, *loaded) : figure;
}

}  // namespace

TEST_CASE("what load_history() reads gives the figures that everything stored gives") {
  constexpr int kBatch = 100;
  const std::uint64_t cases = wanted_cases();
  Tally tally;
  for (std::uint64_t first = 1; first <= cases; first += kBatch) {
    const tests::StoredCases batch(first, kBatch);
    for (std::size_t i = 0; i < batch.cases().size(); ++i) {
      const tests::StoredCase& one = batch.cases()[i];
      const std::string found = difference(one, batch.readers(first + i), first + i, tally);
      if (found.empty()) continue;
      FAIL_CHECK("seed " << first + i << ": " << found << "\n" << sla::brute::describe(one.whole));
    }
  }
  CHECK(tally.stretches > cases);
  CHECK(tally.several > cases / 4);
}

}  // namespace nines::agent
