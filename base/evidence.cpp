#include "base/evidence.hpp"

#include <algorithm>

#include "base/credentials.hpp"
#include "base/redact.hpp"
#include "base/text.hpp"

namespace nines {
namespace {

// No shape of personal data is longer (base/personal.cpp): an e-mail address of 64 bytes before and 8 labels behind.
constexpr std::size_t kLongestPersonal = 640;
constexpr std::size_t kMostRead = 16;  // times what a text that does not shrink needs

}  // namespace

std::string evidence_text(std::string_view text, std::size_t limit, const Redactor* own) {
  const auto common = redactor();
  const auto hide = [&](std::string_view shown) {
    const std::string named = hide_credentials_in_body(shown);
    return common->all(own == nullptr ? named : own->secrets(named));
  };
  const std::size_t longest = std::max({kLongestPersonal, common->longest(), own == nullptr ? 0 : own->longest()});
  const std::size_t most = kMostRead * (limit + longest);
  for (std::size_t read = limit + longest;; read *= 2) {
    if (text.size() <= read + longest) return ellipsize(hide(text), limit);
    // Half a secret at the end of `some` is whole in `more`. So what both begin with holds none.
    const std::string some = hide(text.substr(0, read));
    const std::string more = hide(text.substr(0, read + longest));
    const auto sure = static_cast<std::size_t>(std::ranges::mismatch(some, more).in1 - some.begin());
    if (sure >= limit || read >= most) return ellipsize(some + "…", std::min(sure, limit));
  }
}

}  // namespace nines
