#pragma once

// A running agent's store, read over HTTP; and the place of one that cannot be reached.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "agent/history_json.hpp"
#include "agent/history_source.hpp"
#include "config/neighbours.hpp"

namespace nines::agent {

// http://HOST:PORT or https://…, with nothing behind it.
Expected<config::Remote> agent_at(const std::string& url);

// Asks the agent for what is needed, when it is needed. After the first failure every call fails with it: what an agent
// gave before it went away is not used alone.
class RemoteSource final : public HistorySource {
 public:
  explicit RemoteSource(config::Remote remote) : remote_(std::move(remote)) {}

  const std::string& url() const { return remote_.url; }
  // Why it cannot be reached; none: it could be, so far.
  const std::optional<Error>& failure() const { return failure_; }
  // Of the agent, once it has answered; else empty.
  std::string region() const { return document_ ? document_->region : std::string(); }

  Expected<std::vector<SeriesKey>> series() override;
  Expected<std::vector<ResultRow>> rows(const SeriesKey& key, const Period& period) override;
  Expected<std::optional<Time>> run_start(const SeriesKey& key, Time at) override;
  Expected<std::optional<Time>> last_success_before(const SeriesKey& key, Time at) override;
  Expected<std::optional<Time>> first_success_from(const SeriesKey& key, Time at) override;
  Expected<std::optional<Period>> extent(const SeriesKey& key) override;
  Expected<std::vector<store::SettingsEntry>> settings() override;
  Expected<std::vector<store::ClockStepEntry>> clock_steps() override;
  Expected<StoredWindows> windows() override;
  // Stands beside the figures: none where the agent gives none, and none from then on.
  Expected<std::vector<store::EvidenceEntry>> evidence(const SeriesKey& key, const Period& period, int limit) override;

 private:
  using EdgeKey = std::pair<std::pair<std::string, std::string>, Time>;

  Expected<std::string> get(const std::string& path);
  std::unexpected<Error> failed(Error error);
  Expected<const HistoryDocument*> document();
  Expected<Edges> edges(const SeriesKey& key, Time at);

  config::Remote remote_;
  std::optional<Error> failure_;
  std::optional<HistoryDocument> document_;
  std::map<EdgeKey, Edges> edges_;
  bool gives_evidence_ = true;
};

// In the place of an agent that could not be reached, where no list says which regions should report: each check has a
// series without a result, so that the region's time is unknown.
class MissingSource final : public HistorySource {
 public:
  MissingSource(std::string region, std::vector<std::string> checks)
      : region_(std::move(region)), checks_(std::move(checks)) {}

  Expected<std::vector<SeriesKey>> series() override;
  Expected<std::vector<ResultRow>> rows(const SeriesKey&, const Period&) override { return {}; }
  Expected<std::optional<Time>> run_start(const SeriesKey&, Time) override { return std::optional<Time>(); }
  Expected<std::optional<Time>> last_success_before(const SeriesKey&, Time) override { return std::optional<Time>(); }
  Expected<std::optional<Time>> first_success_from(const SeriesKey&, Time) override { return std::optional<Time>(); }
  Expected<std::optional<Period>> extent(const SeriesKey&) override { return std::optional<Period>(); }
  Expected<std::vector<store::SettingsEntry>> settings() override { return {}; }
  Expected<std::vector<store::ClockStepEntry>> clock_steps() override { return {}; }
  Expected<StoredWindows> windows() override { return {}; }

 private:
  std::string region_;
  std::vector<std::string> checks_;
};

}  // namespace nines::agent
