#pragma once

// The results of series out of their sources, condensed as they are read: a month of a thousand checks is never held
// row by row. Internal to load_history().

#include <cstdint>
#include <span>
#include <vector>

#include "agent/history_source.hpp"
#include "base/error.hpp"
#include "config/schedule.hpp"
#include "sla/condense.hpp"
#include "sla/model.hpp"

namespace nines::agent {

// A series as one source has it.
struct SeriesSource {
  HistorySource* store;
  SeriesKey key;                     // in the source
  const config::Schedule* schedule;  // behind it
};

struct SeriesOrder {
  Period range;               // and the success before it, and on to the first after it
  std::vector<Time> moments;  // for sla::cuts_of
  sla::Times times = sla::Times::left_out;
  int threads = 1;                      // that may read at the same time …
  std::int64_t hours_a_thread = 8'000;  // … at least so many hours of a series each
};

// Fills history.series, which have their settings, and the history its clock steps. `filled[i]` is the index of the
// series that sources[i] belongs to; a series with several sources holds a result that several of them have once.
Expected<void> read_series(sla::History& history, std::span<const SeriesSource> sources,
                           std::span<const std::size_t> filled, const SeriesOrder& order);

}  // namespace nines::agent
