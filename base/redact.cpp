#include "base/redact.hpp"

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <unordered_map>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/personal.hpp"
#include "base/text.hpp"

namespace nines {
namespace {

constexpr std::size_t kShortest = 4;

std::string lower_hex(std::string percent_encoded) {
  for (std::size_t i = 0; i + 2 < percent_encoded.size(); ++i) {
    if (percent_encoded[i] != '%') continue;
    for (std::size_t j = i + 1; j <= i + 2; ++j) {
      if (percent_encoded[j] >= 'A') percent_encoded[j] |= 0x20;
    }
  }
  return percent_encoded;
}

std::string with_plus_for_space(std::string percent_encoded) {
  for (std::size_t at = 0; (at = percent_encoded.find("%20", at)) != std::string::npos; ++at) {
    percent_encoded.replace(at, 3, "+");
  }
  return percent_encoded;
}

std::string url_safe(std::string base64) {
  std::ranges::replace(base64, '+', '-');
  std::ranges::replace(base64, '/', '_');
  return base64;
}

// The characters of base64 that depend on nothing but the secret, when `before` (0 to 2) bytes of its first group
// come before it: "user:SECRET" in a Basic header.
std::string embedded_base64(const std::string& secret, std::size_t before) {
  const std::size_t bits = (before + secret.size()) * 8;
  const std::size_t from = (before * 8 + 5) / 6;
  return base64_encode(std::string(before, '\0') + secret).substr(from, bits / 6 - from);
}

std::vector<std::string> forms_of(const std::string& secret) {
  const std::string encoded = percent_encode(secret);
  const std::string json = dump_json(Json(secret));
  const std::string ascii_json = Json(secret).dump(-1, ' ', true, Json::error_handler_t::replace);
  std::vector<std::string> forms = {secret,
                                    encoded,
                                    lower_hex(encoded),
                                    with_plus_for_space(encoded),
                                    with_plus_for_space(lower_hex(encoded)),
                                    json.substr(1, json.size() - 2),
                                    ascii_json.substr(1, ascii_json.size() - 2)};
  std::vector<std::string> base64 = {base64_encode(secret)};
  base64.push_back(base64.front().substr(0, base64.front().find('=')));
  for (std::size_t before = 0; before < 3; ++before) base64.push_back(embedded_base64(secret, before));
  for (std::string& form : base64) {
    forms.push_back(url_safe(form));
    forms.push_back(std::move(form));
  }
  return forms;
}

std::uint32_t prefix_of(std::string_view text) {
  std::uint32_t prefix = 0;
  std::memcpy(&prefix, text.data(), sizeof prefix);
  return prefix;
}

std::size_t bucket_of(std::uint32_t prefix) {
  return (prefix ^ (prefix >> 16U)) & 0xffffU;
}

}  // namespace

// Found by their first four bytes, so that the cost of a search hardly depends on the number of secrets.
struct Redactor::Forms {
  std::bitset<65536> possible;
  std::unordered_map<std::uint32_t, std::vector<std::string>> by_prefix;  // the longest first
  std::size_t longest = 0;

  void add(std::string form) {
    const std::uint32_t prefix = prefix_of(form);
    possible.set(bucket_of(prefix));
    longest = std::max(longest, form.size());
    by_prefix[prefix].push_back(std::move(form));
  }

  void sort() {
    for (auto& [prefix, forms] : by_prefix) std::ranges::sort(forms, std::ranges::greater{}, &std::string::size);
  }

  // The length of the longest form that `text` starts with, or 0.
  std::size_t match(std::string_view text) const {
    const std::uint32_t prefix = prefix_of(text);
    if (!possible.test(bucket_of(prefix))) return 0;
    const auto found = by_prefix.find(prefix);
    if (found == by_prefix.end()) return 0;
    const auto form = std::ranges::find_if(found->second, [text](const auto& f) { return text.starts_with(f); });
    return form == found->second.end() ? 0 : form->size();
  }
};

Redactor::Redactor(const std::vector<Secret>& secrets) {
  auto forms = std::make_unique<Forms>();
  for (const Secret& secret : secrets) {
    if (secret.reveal().size() < kShortest) continue;
    for (std::string& form : forms_of(secret.reveal())) {
      if (form.size() >= kShortest) forms->add(std::move(form));
    }
  }
  forms->sort();
  forms_ = std::move(forms);
}

Redactor::~Redactor() = default;
Redactor::Redactor(Redactor&&) noexcept = default;
Redactor& Redactor::operator=(Redactor&&) noexcept = default;

std::string Redactor::secrets(std::string_view text) const {
  if (forms_->by_prefix.empty()) return std::string(text);
  std::string out;
  std::size_t copied = 0;
  std::size_t hidden_to = 0;  // secrets that overlap are hidden as one
  for (std::size_t i = 0; i + kShortest <= text.size(); ++i) {
    const std::size_t length = forms_->match(text.substr(i));
    if (length == 0) continue;
    if (i >= hidden_to) {
      out += text.substr(copied, i - copied);
      out += "<secret>";
    }
    hidden_to = std::max(hidden_to, i + length);
    copied = hidden_to;
  }
  out += text.substr(copied);
  return out;
}

std::string Redactor::all(std::string_view text) const {
  return hide_personal_data(secrets(text));
}

std::size_t Redactor::longest() const {
  return forms_->longest;
}

namespace {

// Never destroyed: threads may log while the program ends.
struct Current {
  std::mutex mutex;
  std::shared_ptr<const Redactor> redactor = std::make_shared<const Redactor>();
};

Current& current() {
  static auto& current = *new Current;
  return current;
}

}  // namespace

std::shared_ptr<const Redactor> redactor() {
  const std::scoped_lock lock(current().mutex);
  return current().redactor;
}

void set_redactor(std::shared_ptr<const Redactor> redactor) {
  const std::scoped_lock lock(current().mutex);
  current().redactor = std::move(redactor);
}

}  // namespace nines
