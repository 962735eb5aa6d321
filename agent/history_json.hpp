#pragma once

// What an agent tells another of its store so that it can work out figures: /api/v1/history, as JSON.

#include <string>
#include <vector>

#include "agent/windows.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "store/store.hpp"

namespace nines::agent {

// A series, and the start of its first and last result of any origin.
struct SeriesExtent {
  SeriesKey key;
  Period extent{};
};

struct HistoryDocument {
  std::string region;  // of the agent
  std::vector<SeriesExtent> series;
  std::vector<store::SettingsEntry> settings;
  std::vector<store::ClockStepEntry> clock_steps;
  StoredWindows windows;
};

Json to_json(const HistoryDocument& document);
// From outside: every member is checked; one sentence for the first that is wrong.
Expected<HistoryDocument> read_history_document(std::string_view text);

// Where runs begin and end around a moment, of one series.
struct Edges {
  std::optional<Time> run_start;
  std::optional<Time> last_success_before;
  std::optional<Time> first_success_from;
};
Json to_json(const Edges& edges);
Expected<Edges> read_edges(std::string_view text);

// What a report shows of a failure: without its answer and its earlier attempts.
Json to_json(const std::vector<store::EvidenceEntry>& entries);
Expected<std::vector<store::EvidenceEntry>> read_evidence(std::string_view text);

}  // namespace nines::agent
