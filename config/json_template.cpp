#include <charconv>
#include <cmath>
#include <optional>

#include "config/journey.hpp"
#include "config/step.hpp"

namespace nines::config {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// RFC 8259's number. What else YAML calls one (0x10, 007, .inf) stays text, so that codes keep their zeros.
bool is_json_number(std::string_view text) {
  std::size_t i = text.starts_with('-') ? 1 : 0;
  const auto digits = [&] {
    const std::size_t start = i;
    while (i < text.size() && is_digit(text[i])) ++i;
    return i - start;
  };
  const bool leading_zero = i < text.size() && text[i] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (leading_zero && whole > 1)) return false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (digits() == 0) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size();
}

JsonTemplate text_value(std::string text) {
  JsonTemplate json;
  json.kind = JsonTemplate::Kind::text;
  json.text = std::move(text);
  return json;
}

JsonTemplate plain_value(std::string text) {
  JsonTemplate json;
  if (text == "true" || text == "false") {
    json.kind = JsonTemplate::Kind::boolean;
    json.boolean = text == "true";
    return json;
  }
  if (!is_json_number(text)) return text_value(std::move(text));
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, json.integer);
  if (error == std::errc() && stop == end) {
    json.kind = JsonTemplate::Kind::integer;
    return json;
  }
  json.integer = 0;
  const auto as_number = std::from_chars(text.data(), end, json.number);
  if (as_number.ec != std::errc() || !std::isfinite(json.number)) return text_value(std::move(text));
  json.kind = JsonTemplate::Kind::number;
  return json;
}

}  // namespace

JsonTemplate read_json(Context& context, const Node& node) {
  JsonTemplate json;
  switch (node.kind) {
    case Node::Kind::null:
      break;
    case Node::Kind::scalar: {
      auto text = read_text(context, node, "a value");
      if (!text) break;
      return node.quoted ? text_value(std::move(*text)) : plain_value(std::move(*text));
    }
    case Node::Kind::list:
      json.kind = JsonTemplate::Kind::array;
      for (const Node* item : node.items) json.items.push_back(read_json(context, *item));
      break;
    case Node::Kind::mapping:
      json.kind = JsonTemplate::Kind::object;
      for (const Member& member : node.members) {
        JsonTemplate value = read_json(context, *member.value);
        const bool is_text = value.kind == JsonTemplate::Kind::text;
        if (is_text) guard_named(context, *member.value, member.key->text, value.text);
        json.members.emplace_back(member.key->text, std::move(value));
      }
      break;
  }
  return json;
}

}  // namespace nines::config
