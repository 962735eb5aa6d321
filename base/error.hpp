#pragma once

// What every function that can fail returns: a value, or one sentence for people with its place.

#include <expected>
#include <optional>
#include <string>
#include <utility>

namespace nines {

// A place in a text the user wrote. Lines and columns count from 1; 0 means "not known".
struct Position {
  std::string file;
  int line = 0;
  int column = 0;

  bool operator==(const Position&) const = default;
};

// One fault, said so that the reader can mend it: what is wrong, then what was expected. No final full stop.
//
//   Error{"`interval` is \"5\": expected a duration such as 30s or 1m30s", Position{"nines.yml", 12, 15}}.text()
//   // nines.yml:12:15: `interval` is "5": expected a duration such as 30s or 1m30s
struct Error {
  std::string message;
  std::optional<Position> at = std::nullopt;

  std::string text() const;
};

template <class T>
using Expected = std::expected<T, Error>;

inline std::unexpected<Error> fail(std::string message) {
  return std::unexpected(Error{std::move(message)});
}

}  // namespace nines
