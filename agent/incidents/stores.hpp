#pragma once

// The stores that incidents are worked out from, one for each region or one of several.

#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "store/store.hpp"

namespace nines::agent {

// One thread at a time; cheap enough to make one per request.
class IncidentStores {
 public:
  // Refuses a directory without a store, as open_reader() does.
  static Expected<IncidentStores> open(std::vector<std::string> data_dirs);

  std::span<store::Reader> readers() { return readers_; }
  const std::vector<std::string>& data_dirs() const { return data_dirs_; }

 private:
  std::vector<std::string> data_dirs_;
  std::vector<store::Reader> readers_;
};

}  // namespace nines::agent
