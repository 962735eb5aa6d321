#include <algorithm>

#include "config/names.hpp"
#include "config/reader.hpp"

namespace nines::config {

Mapping::Mapping(Context& context, const Node& node, std::string_view what)
    : context_(context), node_(node), what_(what) {
  if (node.is(Node::Kind::mapping) || node.is(Node::Kind::null)) return;
  context.fault(node, what_ + " is " + std::string(kind_words(node.kind)) + ": expected a mapping (key: value)");
}

const Node* Mapping::find(std::string_view key) {
  if (std::ranges::find(known_, key) == known_.end()) known_.push_back(key);
  const Node* value = node_.value(key);
  const bool nothing = value != nullptr && value->is(Node::Kind::null) && value->source->exporter;
  return nothing ? nullptr : value;
}

bool Mapping::given(std::string_view key) {
  const Node* value = find(key);
  return value != nullptr && !(value->is(Node::Kind::scalar) && value->text.empty());
}

void Mapping::unavailable(std::initializer_list<std::string_view> keys) {
  unavailable_.insert(unavailable_.end(), keys.begin(), keys.end());
}

void Mapping::finish() {
  for (const Member& member : node_.members) {
    const std::string_view key = member.key->text;
    if (std::ranges::find(known_, key) != known_.end()) continue;
    if (std::ranges::find(unavailable_, key) != unavailable_.end()) {
      context_.fault(*member.key, not_available(key));
      continue;
    }
    const std::string hint = suggestion(key, known_);
    context_.fault(*member.key, "unknown key " + in_ticks(key) + (hint.empty() ? " in " + what_ : hint));
  }
}

bool Mapping::text(std::string_view key, std::string& out) {
  const Node* value = find(key);
  if (value == nullptr) return false;
  auto read = read_text(context_, *value, in_ticks(key));
  if (read) out = std::move(*read);
  return read.has_value();
}

bool Mapping::required_text(std::string_view key, std::string& out) {
  if (find(key) != nullptr) return text(key, out);
  if (node_.is(Node::Kind::mapping) || node_.is(Node::Kind::null)) {
    context_.fault(node_, what_ + " has no " + in_ticks(key) + ": expected one");
  }
  return false;
}

bool Mapping::name(std::string_view key, std::string& out) {
  std::string read;
  if (!required_text(key, read)) return false;
  if (const std::string wrong = name_fault(read); !wrong.empty()) {
    context_.fault(*find(key), in_ticks(key) + " " + wrong);
    return false;
  }
  out = std::move(read);
  return true;
}

bool Mapping::boolean(std::string_view key, bool& out) {
  const Node* value = find(key);
  if (value == nullptr) return false;
  const auto read = read_boolean(context_, *value, in_ticks(key));
  if (read) out = *read;
  return read.has_value();
}

bool Mapping::duration(std::string_view key, Micros& out) {
  const Node* value = find(key);
  if (value == nullptr) return false;
  const auto read = read_duration(context_, *value, in_ticks(key));
  if (read) out = *read;
  return read.has_value();
}

bool Mapping::positive_duration(std::string_view key, Micros& out) {
  Micros read{0};
  if (!duration(key, read)) return false;
  if (read == Micros::zero()) {
    context_.fault(*find(key), in_ticks(key) + " is 0: expected more");
    return false;
  }
  out = read;
  return true;
}

bool Mapping::texts(std::string_view key, std::vector<std::string>& out) {
  const Node* value = find(key);
  if (value == nullptr) return false;
  std::vector<std::string> read;
  if (value->is(Node::Kind::scalar)) {
    std::string one;
    if (text(key, one)) read.push_back(std::move(one));
  } else {
    each(key, [&](const Node& item) {
      if (auto one = read_text(context_, item, "an item of " + in_ticks(key))) read.push_back(std::move(*one));
    });
  }
  out = std::move(read);
  return true;
}

bool Mapping::secret(std::string_view key, Secret& out) {
  const Node* value = find(key);
  if (value == nullptr) return false;
  auto read = read_secret(context_, *value, in_ticks(key));
  if (read) out = std::move(*read);
  return read.has_value();
}

void Mapping::each(std::string_view key, const std::function<void(const Node&)>& read) {
  const Node* value = find(key);
  if (value == nullptr || value->is(Node::Kind::null)) return;
  if (!value->is(Node::Kind::list)) {
    context_.fault(*value, in_ticks(key) + " is " + std::string(kind_words(value->kind)) + ": expected a list");
    return;
  }
  for (const Node* item : value->items) read(*item);
}

void Mapping::members(std::string_view key,
                      const std::function<void(const std::string&, const Node&, const Node&)>& read) {
  const Node* value = find(key);
  if (value == nullptr || value->is(Node::Kind::null)) return;
  if (!value->is(Node::Kind::mapping)) {
    context_.fault(*value, in_ticks(key) + " is " + std::string(kind_words(value->kind)) + ": expected a mapping");
    return;
  }
  for (const Member& member : value->members) read(member.key->text, *member.key, *member.value);
}

void Mapping::wrong_word(std::string_view key, const std::string& value, std::span<const std::string_view> words) {
  std::string expected;
  for (std::size_t i = 0; i < words.size(); ++i) {
    expected += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + std::string(words[i]);
  }
  context_.flaw(*find(key), in_ticks(key) + " is \"" + ellipsize(printable(value), 80) + "\": expected " + expected);
}

}  // namespace nines::config
