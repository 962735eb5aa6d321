#include "agent/history_source.hpp"

#include <utility>

namespace nines::agent {

namespace {

struct OwnReader {
  store::Reader reader;
};

// Owns its reader.
class OwnStoreSource final : private OwnReader, public StoreSource {
 public:
  explicit OwnStoreSource(store::Reader own) : OwnReader{std::move(own)}, StoreSource(OwnReader::reader) {}
};

}  // namespace

Expected<std::unique_ptr<HistorySource>> StoreSource::another() {
  auto reader = reader_.another();
  if (!reader) return std::unexpected(reader.error());
  return std::make_unique<OwnStoreSource>(std::move(*reader));
}

Expected<StoredWindows> StoreSource::windows() {
  return read_windows(reader_);
}

Expected<std::vector<SeriesKey>> OneRegion::series() {
  auto keys = whole_.series();
  if (keys) std::erase_if(*keys, [this](const SeriesKey& key) { return key.region != region_; });
  return keys;
}

std::shared_ptr<const config::Config> of_one_region(const config::Config& config, const std::string& region) {
  auto own = std::make_shared<config::Config>(config);
  own->region = region;
  own->regions = {region};
  for (config::Objective& objective : own->objectives) {
    objective.regions = {region};
    objective.min_regions.reset();
  }
  return own;
}

StoreSources::StoreSources(std::span<store::Reader> readers) {
  for (store::Reader& reader : readers) {
    sources_.push_back(std::make_unique<StoreSource>(reader));
    pointers_.push_back(sources_.back().get());
  }
}

}  // namespace nines::agent
