#pragma once

// Typed reading of the tree. Each function tells its faults to the Context and goes on, so that one run finds all of
// them; what is absent or faulty leaves its target as it was.
//
//   Mapping map(context, node, "a check");
//   map.required_text("name", check.name);
//   map.duration("interval", check.interval);
//   map.finish();  // what was not asked for is an unknown key

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "config/faults.hpp"
#include "config/load.hpp"
#include "config/yaml.hpp"

namespace nines::config {

// What one load() shares between its readers.
struct Context {
  Faults& faults;
  Faults& warnings;
  const Environment& environment;
  std::vector<Secret>& secrets;
  Faults unsupported{};                      // Config::unsupported
  std::string refused{};                     // the first of them since a reader cleared it
  std::unordered_set<const Node*> hidden{};  // whose values are never shown

  // The secrets that were met after the first `known`.
  std::span<const Secret> secrets_since(std::size_t known) const { return std::span(secrets).subspan(known); }

  void fault(const Node& node, std::string message) { faults.add(node.at(), std::move(message)); }
  // What a module asks for and this program cannot do.
  void cannot(const Node& node, std::string sentence) {
    if (refused.empty()) refused = sentence;
    unsupported.add(node.at(), std::move(sentence));
  }
  // A mistake that blackbox_exporter finds only when it probes, such as a file that cannot be read: its files load all
  // the same, and only probes with that module fail.
  void flaw(const Node& node, std::string sentence) {
    node.source->exporter ? cannot(node, std::move(sentence)) : fault(node, std::move(sentence));
  }
  void remember(const Secret& secret) {
    if (!secret.empty()) secrets.push_back(secret);
  }
};

// "`x`": a word of the user's, safe to show.
std::string in_ticks(std::string_view word);
// ": did you mean `x`?" when a candidate is near, else ": expected one of `a`, `b`" when they are few, else nothing.
std::string suggestion(std::string_view word, std::span<const std::string_view> candidates);
std::string suggestion(std::string_view word, std::span<const std::string> candidates);
// "`oauth2` is not available in this version of nines"
std::string not_available(std::string_view word);

// Scalars; `what` names the value in sentences: "`interval`". nullopt: the fault has been told.
std::optional<std::string> read_text(Context& context, const Node& node, std::string_view what);
std::optional<bool> read_boolean(Context& context, const Node& node, std::string_view what);
std::optional<std::int64_t> read_integer(Context& context, const Node& node, std::string_view what, std::int64_t least,
                                         std::int64_t most);
std::optional<Micros> read_duration(Context& context, const Node& node, std::string_view what);
// Text, `{env: NAME}` or `{file: path}` (its final newline cut).
std::optional<Secret> read_secret(Context& context, const Node& node, std::string_view what);
// A file named by a scalar; relative paths are from the file the node stands in, in blackbox_exporter's files from the
// working directory when there is such a file.
std::string resolve_path(const Node& node, std::string_view path);
Expected<std::string> read_file(const std::string& path, std::size_t at_most);

inline constexpr std::size_t kMaxSecretBytes = 1u << 20;

class Mapping {
 public:
  // Another kind of node is told as a fault and reads as empty. `node` must outlive the Mapping.
  Mapping(Context& context, const Node& node, std::string_view what);

  const Node& node() const { return node_; }
  // The value under `key`, which is known from now on; null when absent.
  const Node* find(std::string_view key);
  // Whether there is a value under `key` that is not the empty text.
  bool given(std::string_view key);
  // Keys that the language has and this version has not: their use is a fault that says so.
  void unavailable(std::initializer_list<std::string_view> keys);
  // Tells every key that was not asked for.
  void finish();

  bool text(std::string_view key, std::string& out);
  bool required_text(std::string_view key, std::string& out);
  // A name as name_fault() allows; required.
  bool name(std::string_view key, std::string& out);
  bool boolean(std::string_view key, bool& out);
  bool duration(std::string_view key, Micros& out);
  // More than zero.
  bool positive_duration(std::string_view key, Micros& out);
  // One text or a list of them.
  bool texts(std::string_view key, std::vector<std::string>& out);
  bool secret(std::string_view key, Secret& out);
  // Calls `read` for each item of the list under `key`.
  void each(std::string_view key, const std::function<void(const Node&)>& read);
  // Calls `read` for each member of the mapping under `key`; templates and header names are such keys.
  void members(std::string_view key, const std::function<void(const std::string&, const Node&, const Node&)>& read);

  template <std::integral T>
  bool integer(std::string_view key, T& out, std::int64_t least,
               std::int64_t most = std::numeric_limits<std::int32_t>::max()) {
    const Node* value = find(key);
    if (value == nullptr) return false;
    const auto number = read_integer(context_, *value, in_ticks(key), least, most);
    if (number) out = static_cast<T>(*number);
    return number.has_value();
  }

  // One of a table of words.
  template <class T, std::size_t N>
  bool word(std::string_view key, const std::pair<std::string_view, T> (&table)[N], T& out) {
    std::string text_value;
    if (!text(key, text_value) || is_unset(key, text_value)) return false;
    for (const auto& [known, meaning] : table) {
      if (known == text_value) {
        out = meaning;
        return true;
      }
    }
    std::vector<std::string_view> words;
    for (const auto& entry : table) {
      if (!entry.first.empty()) words.push_back(entry.first);
    }
    wrong_word(key, text_value, words);
    return false;
  }

  // A text that `parse` (text to Expected<T>) understands.
  template <class Parse, class T>
  bool parsed(std::string_view key, Parse parse, T& out) {
    std::string text_value;
    if (!text(key, text_value)) return false;
    auto value = parse(text_value);
    if (!value) {
      context_.fault(*find(key), in_ticks(key) + ": " + value.error().message);
      return false;
    }
    out = std::move(*value);
    return true;
  }

 private:
  // blackbox_exporter takes an empty word for none.
  bool is_unset(std::string_view key, const std::string& value) { return value.empty() && find(key)->source->exporter; }
  void wrong_word(std::string_view key, const std::string& value, std::span<const std::string_view> words);

  Context& context_;
  const Node& node_;
  std::string what_;
  std::vector<std::string_view> known_;
  std::vector<std::string_view> unavailable_;
};

}  // namespace nines::config
