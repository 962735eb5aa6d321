#include "agent/incidents/stores.hpp"

#include <utility>

namespace nines::agent {

Expected<IncidentStores> IncidentStores::open(std::vector<std::string> data_dirs) {
  IncidentStores stores;
  for (const std::string& dir : data_dirs) {
    auto reader = store::open_reader(dir);
    if (!reader) return std::unexpected(reader.error());
    stores.readers_.push_back(std::move(*reader));
  }
  stores.data_dirs_ = std::move(data_dirs);
  return stores;
}

}  // namespace nines::agent
