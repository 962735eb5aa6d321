#pragma once

// What people write about an outage: notes, and what caused it. Kept for good and never changed: of several causes the
// last one holds.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"

namespace nines::store {

// An outage is worked out anew each time, and results that come late move its edges: a note is kept with what was down
// and when it was, and belongs to the outages of the same that touch this time.
struct OutageNote {
  std::int64_t id = 0;   // the store's
  std::string incident;  // what the outage was called then: "tasks-20261001T000030Z"
  std::string subject;   // the service or the journey that was down …
  bool journey = false;
  Period extent;       // … and when, as was known then
  bool cause = false;  // what caused it; else a note
  std::string text;    // one line; redacted
  std::string author;
  Time at{};  // when it was written

  bool about(const std::string& whose, bool of_journey, const Period& outage) const {
    return subject == whose && journey == of_journey && extent.from < outage.to && outage.from < extent.to;
  }
  bool operator==(const OutageNote&) const = default;
};

// Writes them over a connection of its own, which SQLite orders with those of an agent that has the same store open: it
// needs no lock and may be used beside one. One thread at a time; blocks.
class NoteBook {
 public:
  // Makes the store when there is none and brings an older one up to date, which needs the store's lock.
  static Expected<NoteBook> open(const std::string& data_dir);
  ~NoteBook();
  NoteBook(NoteBook&&) noexcept;
  NoteBook& operator=(NoteBook&&) noexcept;

  // Its id. None: `most` are kept of outages of this subject that touch its extent, and it is not.
  Expected<std::optional<std::int64_t>> add(const OutageNote& note, std::int64_t most);

 private:
  struct Impl;
  explicit NoteBook(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Those of outages that touch the period, in the order in which they were written. Refuses what open_reader() refuses.
Expected<std::vector<OutageNote>> read_notes(const std::string& data_dir, const Period& period);
// Those that were written of an outage when it was called `incident`.
Expected<std::vector<OutageNote>> read_notes(const std::string& data_dir, const std::string& incident);

}  // namespace nines::store
