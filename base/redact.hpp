#pragma once

// Takes out of a text what must never be shown: the secrets of the configuration in the forms they travel in (plain,
// URL-encoded, base64, JSON-escaped), and personal data (e-mail addresses, card numbers that pass Luhn's check, phone
// numbers, US social security numbers).

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"

namespace nines {

// Immutable, may be used from any thread. Secrets shorter than 4 bytes are not searched for: they would blank out
// ordinary text.
class Redactor {
 public:
  explicit Redactor(const std::vector<Secret>& secrets = {});
  ~Redactor();
  Redactor(Redactor&&) noexcept;
  Redactor& operator=(Redactor&&) noexcept;

  // Secrets become "<secret>".
  std::string secrets(std::string_view text) const;
  // Secrets and personal data; the latter become "<email>", "<card>", "<phone>", "<ssn>".
  std::string all(std::string_view text) const;
  // The length in bytes of the longest form of a secret that is searched for.
  std::size_t longest() const;

 private:
  struct Forms;
  std::unique_ptr<const Forms> forms_;
};

// The redactor every log line goes through; and what makers of evidence use. Set once configuration is loaded and on
// every reload; any thread.
std::shared_ptr<const Redactor> redactor();
void set_redactor(std::shared_ptr<const Redactor> redactor);

}  // namespace nines
