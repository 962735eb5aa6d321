#include "config/yaml_text.hpp"

#include <algorithm>
#include <utility>

#include "base/credentials.hpp"
#include "base/redact.hpp"
#include "config/utf8.hpp"

namespace nines::config {
namespace {

constexpr std::string_view kSecretText = "<secret>";

bool is_plain_safe(std::string_view text) {
  constexpr std::string_view kMarks = "_./+-";
  const auto alnum = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  const auto safe = [&](char c) { return alnum(c) || kMarks.find(c) != std::string_view::npos; };
  if (text.empty() || !std::ranges::all_of(text, safe)) return false;
  // "-", "---" and "..." have meanings of their own.
  return std::ranges::any_of(text, alnum) && text[0] != '-';
}

// yaml-cpp makes single bytes of \N and \_: no UTF-8, and shown as the characters of Latin-1.
bool is_utf8(std::string_view text) {
  std::string visible(text);
  std::ranges::replace_if(visible, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  return !find_bad_byte(visible);
}

std::string hex(unsigned char byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  return {kDigits[byte >> 4], kDigits[byte & 15]};
}

bool names_a_secret(std::string_view key) {
  return names_credentials(key) && !key.ends_with("_file") && !key.ends_with("_url") && !key.ends_with("_ref");
}

std::string escaped_variables(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '$' && text.substr(at + 1).starts_with('{')) out += '$';
    out += text[at];
  }
  return out;
}

// ?api_key=…: values of parameters whose names tell.
std::string hide_parameters(std::string_view text) {
  std::string out;
  for (std::size_t mark = text.find('?'); mark != std::string_view::npos; mark = text.find_first_of("?&")) {
    out += text.substr(0, mark + 1);
    text.remove_prefix(mark + 1);
    const std::size_t name = text.find_first_of("=?&# \t\r\n\"'");
    if (name == std::string_view::npos || text[name] != '=' || !names_credentials(text.substr(0, name))) continue;
    out.append(text.substr(0, name + 1)).append(kSecretText);
    text.remove_prefix(std::min(text.find_first_of("&# \t\r\n\"'", name), text.size()));
  }
  return out.append(text);
}

class Writer {
 public:
  explicit Writer(const Shown& shown) : shown_(shown), redactor_({shown.secrets.begin(), shown.secrets.end()}) {}

  std::string write(const Node& root) {
    value(root, 0, false, false);
    if (full_) out_ += "# the rest is left out: it is over " + std::to_string(kMaxYamlText) + " bytes\n";
    return std::move(out_);
  }

 private:
  // What follows a key, or the dash of a list (`beside`: its first line stands on the dash's).
  void value(const Node& node, int indent, bool secret, bool beside) {
    if (out_.size() > kMaxYamlText) full_ = true;
    if (full_) return;
    if (shown_.hidden.contains(&node)) {
      out_ += " \"<secret>\"\n";
    } else if (node.is(Node::Kind::scalar)) {
      out_ += " " + scalar(node, secret) + "\n";
    } else if (node.is(Node::Kind::null)) {
      out_ += " null\n";
    } else if (node.items.empty() && node.members.empty()) {
      out_ += node.is(Node::Kind::list) ? " []\n" : " {}\n";
    } else {
      out_ += beside ? " " : out_.empty() ? "" : "\n";
      node.is(Node::Kind::list) ? list(node, indent, secret, beside) : mapping(node, indent, beside);
    }
  }

  void list(const Node& node, int indent, bool secret, bool beside) {
    for (const Node* item : node.items) {
      if (full_) return;
      line_start(indent, std::exchange(beside, false));
      out_ += "-";
      value(*item, indent + 2, secret, true);
    }
  }

  void mapping(const Node& node, int indent, bool beside) {
    for (const Member& member : node.members) {
      if (full_) return;
      line_start(indent, std::exchange(beside, false));
      out_ += yaml_scalar(shown_text(*member.key), !member.key->quoted) + ":";
      value(*member.value, indent + 2, names_a_secret(member.key->text), false);
    }
  }

  void line_start(int indent, bool beside) {
    if (!beside) out_.append(static_cast<std::size_t>(indent), ' ');
  }

  std::string shown_text(const Node& node) {
    std::string text = redactor_.secrets(hide_credentials_in_body(hide_user_info(node.text)));
    return shown_.escape_variables && node.source->exporter ? escaped_variables(text) : text;
  }

  std::string scalar(const Node& node, bool secret) {
    // A template is made of secrets that are hidden where they are defined.
    if (secret && !node.text.empty() && node.text.find("{{") == std::string::npos) {
      return yaml_scalar(kSecretText, false);
    }
    return yaml_scalar(shown_text(node), !node.quoted);
  }

  const Shown& shown_;
  Redactor redactor_;
  std::string out_;
  bool full_ = false;
};

}  // namespace

std::string yaml_scalar(std::string_view text, bool plain) {
  if (plain && is_plain_safe(text)) return std::string(text);
  const bool utf8 = is_utf8(text);
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const bool c1 = byte == 0xC2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0;
    if (text[at] == '"' || text[at] == '\\') {
      out += {'\\', text[at]};
    } else if (text[at] == '\n') {
      out += "\\n";
    } else if (text[at] == '\t') {
      out += "\\t";
    } else if (text[at] == '\r') {
      out += "\\r";
    } else if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !utf8)) {
      out += "\\x" + hex(byte);
    } else if (c1) {
      out += "\\x" + hex(static_cast<unsigned char>(text[++at]));
    } else {
      out += text[at];
    }
  }
  return out + "\"";
}

std::string hide_user_info(std::string_view text) {
  std::string out;
  for (std::size_t mark = text.find("://"); mark != std::string_view::npos; mark = text.find("://")) {
    out += text.substr(0, mark + 3);
    text.remove_prefix(mark + 3);
    // A password may have anything in it but these, and quotes or commas are no end where an @ follows.
    const std::size_t end = std::min(text.find_first_of("/?# \t\r\n"), text.size());
    const std::size_t next = std::min(text.find("://"), text.size());
    const std::size_t at = text.substr(0, std::min(end, next)).rfind('@');
    if (at == std::string_view::npos) continue;
    out += kSecretText;
    text.remove_prefix(at);
  }
  return hide_parameters(out.append(text));
}

std::string yaml_text(const Node& root, const Shown& shown) {
  return Writer(shown).write(root);
}

}  // namespace nines::config
