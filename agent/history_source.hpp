#pragma once

// Where figures read results from: a store, or an agent that is asked for what its store holds.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "agent/windows.hpp"
#include "base/error.hpp"
#include "base/result.hpp"
#include "store/store.hpp"

namespace nines::agent {

// Each method as store::Reader has it. One thread at a time; blocks.
class HistorySource {
 public:
  virtual ~HistorySource() = default;

  virtual Expected<std::vector<SeriesKey>> series() = 0;
  virtual Expected<std::vector<ResultRow>> rows(const SeriesKey& key, const Period& period) = 0;
  // Whether visit_hours() may be asked; else there are rows() alone.
  virtual bool keeps_hours() const { return false; }
  virtual Expected<void> visit_hours(std::span<const SeriesKey>, const Period&, store::HourContent,
                                     const store::SeriesHourVisitor&, const store::WantsRows&) {
    return fail("no hours are kept here");
  }
  // Another source of the same hours, for another thread; none where there is but one.
  virtual Expected<std::unique_ptr<HistorySource>> another() { return nullptr; }
  virtual Expected<std::optional<Time>> run_start(const SeriesKey& key, Time at) = 0;
  virtual Expected<std::optional<Time>> last_success_before(const SeriesKey& key, Time at) = 0;
  virtual Expected<std::optional<Time>> first_success_from(const SeriesKey& key, Time at) = 0;
  virtual Expected<std::optional<Period>> extent(const SeriesKey& key) = 0;
  virtual Expected<std::vector<store::SettingsEntry>> settings() = 0;
  virtual Expected<std::vector<store::ClockStepEntry>> clock_steps() = 0;
  virtual Expected<StoredWindows> windows() = 0;
  // Nothing where the source has none to give.
  virtual Expected<std::vector<store::FrozenMonth>> frozen() { return std::vector<store::FrozenMonth>(); }
  virtual Expected<std::vector<store::EvidenceEntry>> evidence(const SeriesKey&, const Period&, int) {
    return std::vector<store::EvidenceEntry>();
  }
};

// Of one report, each region's.
using Sources = std::span<HistorySource* const>;

class StoreSource : public HistorySource {
 public:
  explicit StoreSource(store::Reader& reader) : reader_(reader) {}  // which outlives this

  Expected<std::vector<SeriesKey>> series() override { return reader_.series(); }
  Expected<std::vector<ResultRow>> rows(const SeriesKey& key, const Period& period) override {
    return reader_.rows(key, period);
  }
  bool keeps_hours() const override { return true; }
  Expected<void> visit_hours(std::span<const SeriesKey> keys, const Period& period, store::HourContent content,
                             const store::SeriesHourVisitor& visitor, const store::WantsRows& wants_rows) override {
    return reader_.visit_hours(keys, period, content, visitor, wants_rows);
  }
  Expected<std::unique_ptr<HistorySource>> another() override;
  Expected<std::optional<Time>> run_start(const SeriesKey& key, Time at) override { return reader_.run_start(key, at); }
  Expected<std::optional<Time>> last_success_before(const SeriesKey& key, Time at) override {
    return reader_.last_success_before(key, at);
  }
  Expected<std::optional<Time>> first_success_from(const SeriesKey& key, Time at) override {
    return reader_.first_success_from(key, at);
  }
  Expected<std::optional<Period>> extent(const SeriesKey& key) override { return reader_.extent(key); }
  Expected<std::vector<store::SettingsEntry>> settings() override { return reader_.settings(); }
  Expected<std::vector<store::ClockStepEntry>> clock_steps() override { return reader_.clock_steps(); }
  Expected<StoredWindows> windows() override;
  Expected<std::vector<store::FrozenMonth>> frozen() override { return reader_.frozen(); }
  Expected<std::vector<store::EvidenceEntry>> evidence(const SeriesKey& key, const Period& period, int limit) override {
    return reader_.evidence(key, period, limit);
  }

 private:
  store::Reader& reader_;
};

// Another source with nothing in it but one region's series.
class OneRegion final : public HistorySource {
 public:
  OneRegion(HistorySource& whole, std::string region) : whole_(whole), region_(std::move(region)) {}

  Expected<std::vector<SeriesKey>> series() override;
  Expected<std::vector<ResultRow>> rows(const SeriesKey& key, const Period& period) override {
    return whole_.rows(key, period);
  }
  bool keeps_hours() const override { return whole_.keeps_hours(); }
  Expected<void> visit_hours(std::span<const SeriesKey> keys, const Period& period, store::HourContent content,
                             const store::SeriesHourVisitor& visitor, const store::WantsRows& wants_rows) override {
    return whole_.visit_hours(keys, period, content, visitor, wants_rows);
  }
  Expected<std::optional<Time>> run_start(const SeriesKey& key, Time at) override { return whole_.run_start(key, at); }
  Expected<std::optional<Time>> last_success_before(const SeriesKey& key, Time at) override {
    return whole_.last_success_before(key, at);
  }
  Expected<std::optional<Time>> first_success_from(const SeriesKey& key, Time at) override {
    return whole_.first_success_from(key, at);
  }
  Expected<std::optional<Period>> extent(const SeriesKey& key) override { return whole_.extent(key); }
  Expected<std::vector<store::SettingsEntry>> settings() override { return whole_.settings(); }
  Expected<std::vector<store::ClockStepEntry>> clock_steps() override { return whole_.clock_steps(); }
  Expected<StoredWindows> windows() override { return whole_.windows(); }
  Expected<std::vector<store::FrozenMonth>> frozen() override { return whole_.frozen(); }
  Expected<std::vector<store::EvidenceEntry>> evidence(const SeriesKey& key, const Period& period, int limit) override {
    return whole_.evidence(key, period, limit);
  }

 private:
  HistorySource& whole_;
  std::string region_;
};

// The configuration as the region alone goes by it: it is all that should report.
std::shared_ptr<const config::Config> of_one_region(const config::Config& config, const std::string& region);

// Several stores as sources.
class StoreSources {
 public:
  explicit StoreSources(std::span<store::Reader> readers);  // which outlive this
  operator Sources() const { return pointers_; }

 private:
  std::vector<std::unique_ptr<StoreSource>> sources_;
  std::vector<HistorySource*> pointers_;
};

}  // namespace nines::agent
