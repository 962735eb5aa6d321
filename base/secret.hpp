#pragma once

// A secret that cannot be printed by accident: no operator<<, no fmt formatter, no conversion; `reveal()` is the only
// way out and is easy to grep for.

#include <string>
#include <utility>

namespace nines {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }
  bool operator==(const Secret&) const = default;

 private:
  std::string value_;
};

}  // namespace nines
