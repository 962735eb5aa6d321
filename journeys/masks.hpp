#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/redact.hpp"
#include "base/secret.hpp"
#include "config/config.hpp"

namespace nines::journeys {

// What must not be shown of one run: the configuration's secrets and personal data (the program's redactor()), this
// journey's own secrets, what was captured to log in with, and whatever an answer itself calls a token or a password.
class Masks {
 public:
  explicit Masks(const config::Journey& journey);

  // Notes a captured value when a header that carries credentials uses that name.
  void captured(const std::string& name, const std::string& value);

  std::string text(std::string_view text) const;
  // The same, for what has a name (a path into JSON): credentials vanish whole.
  std::string named(std::string_view name, std::string_view value) const;
  // The same, for a text of any length, of which at most `limit` bytes are kept (base/evidence.hpp).
  std::string evidence(std::string_view text, std::size_t limit) const;

 private:
  std::vector<std::string> credential_names_;
  std::vector<Secret> secrets_;
};

}  // namespace nines::journeys
