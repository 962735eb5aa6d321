#pragma once

// A source for one report, which asks for the same edges of the same series many times.

#include <map>
#include <optional>
#include <utility>

#include "agent/history_source.hpp"

namespace nines::agent {

// What the source behind it says, asked for once; results and evidence are not remembered. What lies outside the time
// of which anything is stored is known without asking.
class RememberingSource final : public HistorySource {
 public:
  explicit RememberingSource(HistorySource& whole) : whole_(&whole) {}  // which outlives this

  Expected<std::vector<SeriesKey>> series() override;
  Expected<std::vector<ResultRow>> rows(const SeriesKey& key, const Period& period) override {
    return whole_->rows(key, period);
  }
  bool keeps_hours() const override { return whole_->keeps_hours(); }
  Expected<void> visit_hours(std::span<const SeriesKey> keys, const Period& period, store::HourContent content,
                             const store::SeriesHourVisitor& visitor, const store::WantsRows& wants_rows) override {
    return whole_->visit_hours(keys, period, content, visitor, wants_rows);
  }
  Expected<std::unique_ptr<HistorySource>> another() override { return whole_->another(); }
  Expected<std::optional<Time>> run_start(const SeriesKey& key, Time at) override;
  Expected<std::optional<Time>> last_success_before(const SeriesKey& key, Time at) override;
  Expected<std::optional<Time>> first_success_from(const SeriesKey& key, Time at) override;
  Expected<std::optional<Period>> extent(const SeriesKey& key) override;
  Expected<std::vector<store::SettingsEntry>> settings() override;
  Expected<std::vector<store::ClockStepEntry>> clock_steps() override;
  Expected<StoredWindows> windows() override;
  Expected<std::vector<store::FrozenMonth>> frozen() override { return whole_->frozen(); }
  Expected<std::vector<store::EvidenceEntry>> evidence(const SeriesKey& key, const Period& period, int limit) override {
    return whole_->evidence(key, period, limit);
  }

 private:
  using Edges = std::map<Time, std::optional<Time>>;
  struct Known {
    std::optional<std::optional<Period>> extent;
    Edges run_starts, successes_before, successes_from;
  };
  template <class Ask>
  Expected<std::optional<Time>> edge(Edges& edges, Time at, const Ask& ask);

  HistorySource* whole_;
  std::map<SeriesKey, Known> known_;
  std::optional<std::vector<SeriesKey>> series_;
  std::optional<std::vector<store::SettingsEntry>> settings_;
  std::optional<std::vector<store::ClockStepEntry>> clock_steps_;
  std::optional<StoredWindows> windows_;
};

// Each of several sources so.
class RememberingSources {
 public:
  explicit RememberingSources(Sources sources);  // which outlive this
  operator Sources() const { return pointers_; }

 private:
  std::vector<std::unique_ptr<RememberingSource>> sources_;
  std::vector<HistorySource*> pointers_;
};

}  // namespace nines::agent
