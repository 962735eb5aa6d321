#pragma once

// The alerts that fire, and those that are over and not yet told everywhere. Pure: no I/O, time is a parameter.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "agent/alerts/alert.hpp"

namespace nines::agent {

// One thread at a time.
class Book {
 public:
  // As an earlier process left it.
  void restore(std::vector<Alert> alerts);

  // Raises, resolves and keeps; returns the ids of the alerts that began or ended. A condition whose labels are, but
  // for `failed_step`, those of the alert that fires is the same alert; other labels end that and begin another. One
  // that begins is to be told to `receivers`, also when it is over by then.
  std::vector<std::int64_t> update(Time now, const Assessment& assessment, std::span<const std::string> receivers);

  // A receiver has taken it. True when that was news.
  bool tell(std::int64_t id, const std::string& receiver, const Told& told);

  // Drops what was over at `ended_before` and has been told to all of `receivers` that it is to be told to.
  void forget(Time ended_before, std::span<const std::string> receivers);

  const std::map<std::int64_t, Alert>& alerts() const { return alerts_; }
  const Alert* find(std::int64_t id) const;
  // The severity of the alert that fires for the identity; empty: none does.
  std::string_view firing(const std::string& identity) const;

 private:
  std::map<std::int64_t, Alert> alerts_;        // by id, the order in which they began
  std::map<std::string, std::int64_t> firing_;  // by identity
  std::int64_t last_id_ = 0;
};

}  // namespace nines::agent
