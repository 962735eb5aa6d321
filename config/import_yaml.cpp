#include "config/import_yaml.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "config/names.hpp"
#include "config/utf8.hpp"
#include "config/yaml_text.hpp"

namespace nines::config {
namespace {

constexpr std::size_t kLineBytes = 110;

// Lists of these stand in block style, whatever their size.
constexpr std::array<std::string_view, 3> kBlocks = {"journeys", "steps", "finally"};
// What is below these has types.
constexpr std::array<std::string_view, 2> kTyped = {"json", "default"};

bool is_one_of(std::string_view key, const auto& keys) {
  return std::ranges::find(keys, key) != keys.end();
}

bool looks_like_a_number(std::string_view text) {
  constexpr std::string_view kMarks = "0123456789+-.eExXoabcdefABCDEF_:infNaN";
  const bool starts = text[0] >= '0' && text[0] <= '9';
  const bool signs = (text[0] == '-' || text[0] == '+' || text[0] == '.') && text.size() > 1;
  return (starts || signs) && text.find_first_not_of(kMarks) == std::string_view::npos;
}

bool is_word_of_yaml(std::string_view text) {
  constexpr std::array<std::string_view, 9> kWords = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
  return is_one_of(lower_case(text), kWords);
}

struct Place {
  bool flow = false;
  bool typed = false;
};

bool is_plain(std::string_view text, Place place) {
  constexpr std::string_view kStarts = "_./^+($;";
  constexpr std::string_view kNotInFlow = ",[]{}?:#\"'";
  if (text.empty() || text.back() == ' ' || text.back() == ':') return false;
  const char first = text[0];
  const bool alnum = (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || (first >= '0' && first <= '9');
  if (!alnum && kStarts.find(first) == std::string_view::npos) return false;
  const auto odd = [](char c) { return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F; };
  if (std::ranges::any_of(text, odd) || text.contains(": ") || text.contains(" #")) return false;
  if (text.starts_with("...") || is_word_of_yaml(text)) return false;
  if (place.typed && looks_like_a_number(text)) return false;
  return !place.flow || text.find_first_of(kNotInFlow) == std::string_view::npos;
}

bool is_shown_as_it_is(std::string_view text) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  // NEL, and the like of U+2028, are line ends to some readers of YAML; a byte order mark is nothing to see.
  const bool breaks = text.contains("\xC2\x85") || text.contains("\xE2\x80\xA8") || text.contains("\xE2\x80\xA9") ||
                      text.contains("\xEF\xBB\xBF");
  return std::ranges::none_of(text, control) && !breaks && !find_bad_byte(text);
}

std::string in_quotes(std::string_view text) {
  if (!is_shown_as_it_is(text)) return yaml_scalar(text, false);
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

std::string text_scalar(const std::string& text, Place place) {
  return is_plain(text, place) ? text : in_quotes(text);
}

std::string scalar(const Json& value, Place place) {
  if (value.is_binary()) {
    const auto& bytes = value.get_binary();
    return text_scalar(std::string(bytes.begin(), bytes.end()), place);
  }
  if (value.is_string()) return text_scalar(escape_dollars(value.get_ref<const std::string&>()), place);
  return dump_json(value);
}

std::string key_text(const std::string& key) {
  return text_scalar(key, {.flow = true, .typed = true});
}

// Nothing when it is longer than `most`.
bool flow(const Json& value, Place place, std::size_t most, std::string& out) {
  place.flow = true;
  if (!value.is_structured()) {
    out += scalar(value, place);
    return out.size() <= most;
  }
  out += value.is_array() ? "[" : "{";
  bool first = true;
  for (const auto& [key, item] : value.items()) {
    if (!std::exchange(first, false)) out += ", ";
    Place inner = place;
    if (value.is_object()) {
      out += key_text(key) + ": ";
      inner.typed = place.typed || is_one_of(key, kTyped);
    }
    if (out.size() > most || !flow(item, inner, most, out)) return false;
  }
  out += value.is_array() ? "]" : "}";
  return out.size() <= most;
}

// The lines of a text that can stand below a |.
std::vector<std::string_view> block_lines(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  const auto lines = split(text, '\n');
  const auto fits = [](std::string_view line) {
    return !line.empty() && line.back() != ' ' && is_shown_as_it_is(line);
  };
  const bool good = lines.size() > 1 && lines[0].front() != ' ' && std::ranges::all_of(lines, fits);
  return good ? lines : std::vector<std::string_view>();
}

class Writer {
 public:
  std::string write(const Json& root) {
    for (const auto& [key, value] : root.items()) {
      if (!out_.empty()) out_ += "\n";
      member(key, value, 0, {});
    }
    return std::move(out_);
  }

 private:
  void member(const std::string& key, const Json& value, std::size_t indent, Place place) {
    out_.append(indent, ' ');
    rest_of_member(key, value, indent, place);
  }

  void rest_of_member(const std::string& key, const Json& value, std::size_t indent, Place place) {
    out_ += key_text(key) + ":";
    place.typed = place.typed || is_one_of(key, kTyped);
    below(value, indent, place, is_one_of(key, kBlocks) && value.is_array() && !value.empty());
  }

  // What follows "key:" or "-" of a line that began at `indent`.
  void below(const Json& value, std::size_t indent, Place place, bool block) {
    if (!value.is_structured()) return text_below(value, indent, place);
    const std::size_t column = out_.size() - (out_.rfind('\n') == std::string::npos ? 0 : out_.rfind('\n') + 1);
    std::string line;
    if (!block && (value.empty() || flow(value, place, kLineBytes - std::min(column + 1, kLineBytes), line))) {
      out_ += " " + (value.empty() ? std::string(value.is_array() ? "[]" : "{}") : line) + "\n";
      return;
    }
    out_ += "\n";
    if (value.is_object()) {
      for (const auto& [key, item] : value.items()) member(key, item, indent + 2, place);
      return;
    }
    for (const Json& item : value) list_item(item, indent + 2, place, block);
  }

  void text_below(const Json& value, std::size_t indent, Place place) {
    const std::string text = value.is_string() ? escape_dollars(value.get_ref<const std::string&>()) : std::string();
    const auto lines = block_lines(text);
    if (lines.empty()) {
      out_ += " " + scalar(value, place) + "\n";
      return;
    }
    out_ += text.ends_with('\n') ? " |\n" : " |-\n";
    for (const std::string_view line : lines) out_.append(indent + 2, ' ').append(line).append("\n");
  }

  void list_item(const Json& item, std::size_t indent, Place place, bool block) {
    out_.append(indent, ' ');
    out_ += "-";
    std::string line;
    const bool mapping = item.is_object() && !item.empty();
    if (!mapping || (!block && flow(item, place, kLineBytes - std::min(indent + 2, kLineBytes), line))) {
      return below(item, indent, place, false);
    }
    out_ += " ";
    bool first = true;
    for (const auto& [key, value] : item.items()) {
      std::exchange(first, false) ? rest_of_member(key, value, indent + 2, place)
                                  : member(key, value, indent + 2, place);
    }
  }

  std::string out_;
};

}  // namespace

Json raw_text(std::string_view text) {
  return Json::binary(std::vector<std::uint8_t>(text.begin(), text.end()));
}

std::string escape_dollars(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '$' && text.substr(at + 1).starts_with('{')) out += '$';
    out += text[at];
  }
  return out;
}

std::string import_yaml(const Json& root) {
  return Writer().write(root);
}

}  // namespace nines::config
