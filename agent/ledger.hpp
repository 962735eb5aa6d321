#pragma once

// The journeys' ledger, written to the store.

#include "journeys/ledger.hpp"
#include "store/store.hpp"

namespace nines::agent {

// Takes up what the store has at construction. Any thread; `store` outlives it.
class StoredLedger final : public journeys::Ledger {
 public:
  StoredLedger(store::Store& store, const std::vector<store::LedgerEntry>& entries);

 private:
  void write(const journeys::Leftover& entry, bool remove, std::function<void(bool)> written) override;

  store::Store& store_;
};

}  // namespace nines::agent
