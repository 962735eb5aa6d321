#pragma once

// Maintenance windows as stores keep them, and as figures go by them (docs/sla.md, "Exclusions and hours").

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "config/config.hpp"
#include "store/book.hpp"
#include "store/store.hpp"

namespace nines::agent {

store::WindowEntry entry_of(const config::Maintenance& window);

// What became of a stored one: `once` ends where it was removed, a schedule holds from `since` to there. None: it holds
// at no moment.
std::optional<config::Maintenance> window_of(const store::WindowEntry& entry);

// One store's windows.
struct StoredWindows {
  std::vector<store::WindowEntry> entries;
  bool loaded = false;  // an agent has recorded a configuration's
};

// Those that figures go by: of all stores, what several of them keep once; and those of the configuration at hand that
// no agent has loaded yet. Of these a schedule holds only where no store has recorded a load: else it begins with the
// load that brings it.
std::vector<config::Maintenance> windows_in_force(std::span<const StoredWindows> stored, const config::Config& config);

// What a store keeps. Reads: not on a loop.
Expected<StoredWindows> read_windows(store::Reader& reader);
// Those of this one store and the configuration at hand.
Expected<std::vector<config::Maintenance>> windows_in_force(store::Reader& reader, const config::Config& config);

// The windows of a running agent's store that hold now or will. Any thread.
class LiveWindows {
 public:
  // `clock` outlives this.
  LiveWindows(std::string data_dir, const Clock& clock) : data_dir_(std::move(data_dir)), clock_(clock) {}

  // Reads them again; none when nothing has changed since the last look.
  Expected<std::optional<std::vector<config::Maintenance>>> look();

 private:
  const std::string data_dir_;
  const Clock& clock_;
  std::mutex mutex_;
  std::optional<store::Reader> reader_;                  // guarded
  std::optional<std::vector<store::WindowEntry>> seen_;  // guarded
};

}  // namespace nines::agent
