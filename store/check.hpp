#pragma once

// Whether a store is whole: `nines store check`, and what a backup must pass.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace nines::store {

struct Checked {
  std::uint64_t results = 0;
  std::uint64_t hours = 0;          // sealed ones, of one series each
  std::vector<std::string> faults;  // a sentence each; the first kMaxFaults
  std::uint64_t more_faults = 0;    // beyond those
};
inline constexpr std::size_t kMaxFaults = 100;

// Told every now and then: what is looked at, how much of it is done, and how much there is (0: not known).
using CheckProgress = std::function<void(std::string_view what, std::uint64_t done, std::uint64_t of)>;

// SQLite's own integrity check; then every sealed hour is decoded and held against its checksums, its summary, its
// series and the order of time; every result that is not sealed, every piece of evidence and every attempt has a series
// and values in range; no result is there twice. Reads one moment of the store, while an agent may run, and changes
// nothing. An Error: it cannot be opened or read at all.
Expected<Checked> check_store(const std::string& path, const CheckProgress& progress);

}  // namespace nines::store
