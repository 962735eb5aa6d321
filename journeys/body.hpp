#pragma once

// What a step sends as its body.

#include <cstddef>
#include <string>

#include "journeys/context.hpp"

namespace nines::journeys {

struct Body {
  std::string bytes;
  std::string type;   // Content-Type that goes with it unless the step names one; empty: none
  std::string shown;  // the same for evidence: fields whose names tell are <secret>, files are their names
};

// Of `json`, `form`, `body` or `body_file`, every template expanded; empty without any. `form` is urlencoded as
// browsers do it, or multipart/form-data (RFC 7578) when a field has a file. Files are read on another thread, kMaxFile
// bytes at most each. The error says what could not be: a name without a value, a file that cannot be read. Pointers
// outlive the task.
probes::Task<Expected<Body>> make_body(const Context* run, const config::Step* step);

inline constexpr std::size_t kMaxFile = 10'000'000;

// application/x-www-form-urlencoded: unreserved characters, + for a space, %XX.
std::string form_encode(std::string_view text);

}  // namespace nines::journeys
