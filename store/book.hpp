#pragma once

// What people and the agent enter into a store beside results: maintenance windows, frozen months, and what became of
// sending these. Few rows, kept for good.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"

namespace nines::store {

struct WindowRemoval {
  Time at{};
  std::string author;
  std::string reason;
  bool entirely = false;  // as if it had never been entered; else it holds no more from `at` on
  bool operator==(const WindowRemoval&) const = default;
};

// A maintenance window as it was entered, and what became of it. A removal is added to it: nothing is deleted.
struct WindowEntry {
  std::int64_t id = 0;      // the store's
  bool configured = false;  // from nines.yml; false: by itself (`nines maintenance add`)
  std::string service;      // empty: all
  Period once{};            // of one without a schedule
  std::string schedule;     // weekly hours as written; empty: once
  std::string time_zone = "UTC";
  std::string reason;
  std::string author;
  bool excluded = true;
  Time entered{};
  Time since = Time::min();  // a schedule holds from here on
  std::optional<WindowRemoval> removed = std::nullopt;

  // What was entered, whenever it was.
  bool same_window(const WindowEntry& other) const;
  bool operator==(const WindowEntry&) const = default;
};

// A closed month as it was written down once. A later one that differs is another revision.
struct FrozenMonth {
  std::int64_t id = 0;   // the store's
  std::string month;     // "2026-10"
  std::string contract;  // empty: every objective
  std::string region;    // as this region alone saw it; empty: the combination of regions
  int revision = 1;      // the store's, from 1
  Time made{};
  Time as_of{};
  std::string version;      // of the program
  std::string method;       // of the arithmetic
  std::string fingerprint;  // SHA-256 of the inputs, hexadecimal
  std::string reason;       // of a revision
  std::string report;       // nines.report/v1
};

// A frozen month that is to be sent.
struct Delivery {
  std::int64_t frozen = 0;  // FrozenMonth::id
  std::string way;          // "mail" or "webhook"
  int tries = 0;            // that failed
  Time next_try{};
  std::optional<Time> ended = std::nullopt;  // sent, or given up
  std::string trouble;                       // the last failure; empty when sent
  bool operator==(const Delivery&) const = default;
};

// Writes them. Each call is one transaction over a connection of its own, which SQLite orders with those of an agent
// that has the same store open: it needs no lock and may be used beside one. One thread at a time.
//
//   auto book = Book::open("./data");
//   auto id = book->add_window({.service = "api", .once = {from, to}, .reason = "upgrade", .author = "ops", …});
class Book {
 public:
  // Makes the store when there is none and brings an older one up to date, which needs the store's lock.
  static Expected<Book> open(const std::string& data_dir);
  ~Book();
  Book(Book&&) noexcept;
  Book& operator=(Book&&) noexcept;

  // What a configuration has, at every load of it: those it did not have before are entered at `now`, those it has no
  // more are removed at `now`. The first load's schedules hold for the time before it, too.
  Expected<void> record_windows(std::span<const WindowEntry> configured, Time now);
  Expected<std::int64_t> add_window(const WindowEntry& window);
  // The window as it is now. Refuses one that is not there or was removed already.
  Expected<WindowEntry> remove_window(std::int64_t id, const WindowRemoval& removal);

  // Writes the next revision of its month, contract and region, and that it is to be sent in these ways; gives it back
  // with its id. Its revision must be the next one; else somebody else was faster, and nothing is written.
  Expected<FrozenMonth> freeze(FrozenMonth month, std::span<const std::string> ways);
  Expected<void> update(const Delivery& delivery);

 private:
  struct Impl;
  explicit Book(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace nines::store
