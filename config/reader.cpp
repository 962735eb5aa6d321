#include "config/reader.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>

#include "config/go_values.hpp"
#include "config/names.hpp"
#include "config/variables.hpp"

namespace nines::config {
namespace {

constexpr std::size_t kFewWords = 8;

std::string listing(std::span<const std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) text += (text.empty() ? "" : ", ") + in_ticks(word);
  return text;
}

std::string shown(std::string_view value) {
  return "\"" + ellipsize(printable(value), 80) + "\"";
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

std::optional<Secret> told(Context& context, const Node& node, Expected<std::string> text) {
  if (!text) {
    context.fault(node, std::move(text.error().message));
    return std::nullopt;
  }
  return Secret(std::move(*text));
}

std::optional<Secret> secret_from_file(Context& context, const Node& node, const std::string& path) {
  auto text = read_file(resolve_path(node, path), kMaxSecretBytes);
  if (text && text->ends_with('\n')) text->pop_back();
  if (text && text->ends_with('\r')) text->pop_back();
  return told(context, node, std::move(text));
}

std::optional<Secret> secret_from_environment(Context& context, const Node& node, const std::string& name) {
  auto value = context.environment(name);
  if (value) return Secret(std::move(*value));
  context.fault(node, "the environment variable " + printable(name) + " is not set: expected a secret in it");
  return std::nullopt;
}

}  // namespace

std::string in_ticks(std::string_view word) {
  return "`" + ellipsize(printable(word), 120) + "`";
}

std::string suggestion(std::string_view word, std::span<const std::string_view> candidates) {
  const std::string near = nearest(word, candidates);
  if (!near.empty()) return ": did you mean " + in_ticks(near) + "?";
  if (candidates.empty()) return ": there is none";
  if (candidates.size() > kFewWords) return {};
  return (candidates.size() == 1 ? ": expected " : ": expected one of ") + listing(candidates);
}

std::string suggestion(std::string_view word, std::span<const std::string> candidates) {
  const std::vector<std::string_view> views(candidates.begin(), candidates.end());
  return suggestion(word, views);
}

std::string not_available(std::string_view word) {
  return in_ticks(word) + " is not available in this version of nines";
}

std::optional<std::string> read_text(Context& context, const Node& node, std::string_view what) {
  if (!node.is(Node::Kind::scalar)) {
    const bool empty = node.is(Node::Kind::null);
    context.fault(node, std::string(what) + (empty ? " has no value" : " is " + std::string(kind_words(node.kind))) +
                            ": expected " + (empty ? "one" : "a single value"));
    return std::nullopt;
  }
  if (node.source->exporter) return node.text;
  auto expanded = expand_variables(node.text, context.environment);
  if (expanded) return std::move(*expanded);
  context.fault(node, std::move(expanded.error().message));
  return std::nullopt;
}

std::optional<bool> read_boolean(Context& context, const Node& node, std::string_view what) {
  const auto text = read_text(context, node, what);
  if (!text) return std::nullopt;
  if (node.source->exporter) {
    if (const auto value = node.quoted ? std::nullopt : parse_go_boolean(*text)) return value;
    context.fault(node, std::string(what) + " is " + (node.quoted ? "text in quotes" : shown(*text)) +
                            ": expected true or false");
    return std::nullopt;
  }
  if (is_one_of(*text, {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})) return true;
  if (is_one_of(*text, {"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})) return false;
  context.fault(node, std::string(what) + " is " + shown(*text) + ": expected true or false");
  return std::nullopt;
}

std::optional<std::int64_t> read_integer(Context& context, const Node& node, std::string_view what, std::int64_t least,
                                         std::int64_t most) {
  const auto text = read_text(context, node, what);
  if (!text) return std::nullopt;
  std::int64_t value = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, value);
  bool whole = error == std::errc() && stop == end;
  if (node.source->exporter) {
    const auto read = node.quoted ? std::nullopt : parse_go_integer(*text);
    whole = read.has_value();
    value = read.value_or(0);
  }
  if (whole && value >= least && value <= most) return value;
  const bool bounded = most < std::numeric_limits<std::int32_t>::max();
  std::string sentence = std::string(what) + " is " + shown(*text) + ": expected a whole number " +
                         (bounded ? "from " + std::to_string(least) + " to " + std::to_string(most)
                                  : "of at least " + std::to_string(least));
  whole ? context.flaw(node, std::move(sentence)) : context.fault(node, std::move(sentence));
  return std::nullopt;
}

std::optional<Micros> read_duration(Context& context, const Node& node, std::string_view what) {
  const auto text = read_text(context, node, what);
  if (!text) return std::nullopt;
  std::optional<Micros> value;
  if (node.source->exporter) {
    value = parse_go_duration(*text);
  } else if (const auto own = parse_duration(*text)) {
    value = *own;
  }
  if (value) return value;
  context.fault(node, std::string(what) + " is " + shown(*text) + ": expected a duration such as 30s or 1m30s");
  return std::nullopt;
}

std::optional<Secret> read_secret(Context& context, const Node& node, std::string_view what) {
  std::optional<Secret> secret;
  context.hidden.insert(&node);
  if (node.is(Node::Kind::mapping)) {
    Mapping map(context, node, what);
    std::string env, file;
    const bool has_env = map.text("env", env);
    const bool has_file = map.text("file", file);
    if ((map.find("env") != nullptr) == (map.find("file") != nullptr)) {
      context.fault(node, std::string(what) + ": expected either {env: NAME} or {file: path}");
    } else if (has_env) {
      secret = secret_from_environment(context, *map.find("env"), env);
    } else if (has_file) {
      secret = secret_from_file(context, *map.find("file"), file);
    }
    map.finish();
  } else if (node.is(Node::Kind::list)) {
    context.fault(node, std::string(what) + " is a list: expected text, {env: NAME} or {file: path}");
  } else if (auto text = read_text(context, node, what)) {
    secret = Secret(std::move(*text));
  }
  if (secret) context.remember(*secret);
  return secret;
}

std::string resolve_path(const Node& node, std::string_view path) {
  std::error_code error;
  if (node.source->exporter && std::filesystem::exists(path, error)) return std::string(path);
  return (node.source->directory / std::filesystem::path(path)).string();
}

Expected<std::string> read_file(const std::string& path, std::size_t at_most) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return fail("cannot read " + printable(path) + ": it is a directory");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail("cannot read " + printable(path) + ": " + std::strerror(errno));
  std::string text;
  char block[65536];
  while (file.read(block, sizeof block) || file.gcount() > 0) {
    text.append(block, static_cast<std::size_t>(file.gcount()));
    if (text.size() > at_most) {
      return fail(printable(path) + " is too large: expected at most " + std::to_string(at_most) + " bytes");
    }
  }
  if (file.bad()) return fail("cannot read " + printable(path) + ": " + std::strerror(errno));
  return text;
}

}  // namespace nines::config
