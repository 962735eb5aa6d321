#pragma once

// Collects what is wrong, each fault once, in the order of its place.

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace nines::config {

// One thread.
class Faults {
 public:
  void add(const Position& at, std::string message) { add(Error{std::move(message), at}); }
  void add(Error error) { errors_.insert(std::move(error)); }

  bool empty() const { return errors_.empty(); }
  // Sorted by file, line, column; those without a place first.
  std::vector<Error> list() const { return {errors_.begin(), errors_.end()}; }

 private:
  struct ByPlace {
    bool operator()(const Error& a, const Error& b) const;
  };
  std::set<Error, ByPlace> errors_;
};

// "nines.yml:3:5", for sentences that name a second place.
std::string place(const Position& at);

}  // namespace nines::config
