#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/redact.hpp"
#include "base/secret.hpp"
#include "config/checks.hpp"

namespace nines::journeys {

// What must not be shown of one run: the configuration's secrets and personal data (the program's redactor()), this
// journey's own secrets, what was captured to log in with, and whatever an answer itself calls a token or a password.
class Masks {
 public:
  explicit Masks(const config::Journey& journey);

  // Notes a value when it is used to log in: by a login, a header, a query parameter, a form field or a member of a
  // body whose name tells, or as the key of a filter; and when its own name, or the place it was captured from, tells.
  void captured(const std::string& name, const std::string& value);
  // Notes what a filter made of something that holds a secret.
  void filtered(const std::string& in, const std::string& out);
  // Notes a credential, whatever its name: a session's cookie, an access token.
  void credential(const std::string& value);

  std::string text(std::string_view text) const;
  // The same, for what has a name (a path into JSON): credentials vanish whole.
  std::string named(std::string_view name, std::string_view value) const;
  // The same, for a text of any length, of which at most `limit` bytes are kept (base/evidence.hpp).
  std::string evidence(std::string_view text, std::size_t limit) const;

 private:
  const Redactor& own() const;

  std::vector<std::string> credential_names_;
  std::vector<Secret> secrets_;
  mutable std::unique_ptr<const Redactor> own_;  // of secrets_; null: made when it is needed
};

}  // namespace nines::journeys
