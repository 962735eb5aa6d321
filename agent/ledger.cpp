#include "agent/ledger.hpp"

namespace nines::agent {

StoredLedger::StoredLedger(store::Store& store, const std::vector<store::LedgerEntry>& entries) : store_(store) {
  std::vector<journeys::Leftover> leftovers;
  for (const store::LedgerEntry& entry : entries) {
    leftovers.push_back(
        {entry.id, entry.journey, entry.step, entry.kind, entry.name, entry.url, entry.created, entry.tries});
  }
  restore(std::move(leftovers));
}

void StoredLedger::write(const journeys::Leftover& entry, bool remove, std::function<void(bool)> written) {
  const bool taken = store_.submit_ledger(
      {.entry = {entry.id, entry.journey, entry.step, entry.kind, entry.name, entry.url, entry.created, entry.tries},
       .remove = remove,
       .settled = written});
  if (!taken && written) written(false);
}

}  // namespace nines::agent
