#include "reports/generate/text.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/yaml_text.hpp"

namespace nines::reports::generate {
namespace {

// RE2's metacharacters; matchers are anchored at both ends.
std::string quoted_regex(std::string_view text) {
  constexpr std::string_view kMeta = R"(\.+*?()|[]{}^$)";
  std::string out;
  for (const char c : text) {
    if (kMeta.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string alternatives(const std::vector<std::string>& values) {
  std::vector<std::string> quoted;
  quoted.reserve(values.size());
  for (const std::string& value : values) quoted.push_back(quoted_regex(value));
  return fmt::format("{}", fmt::join(quoted, "|"));
}

// Alertmanager knows \\, \" and \n, and no other escape.
std::string alert_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

}  // namespace

std::string promql_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string matcher(std::string_view label, std::string_view value) {
  return fmt::format("{}={}", label, promql_string(value));
}

std::string any_of(std::string_view label, const std::vector<std::string>& values) {
  if (values.size() == 1) return matcher(label, values.front());
  return fmt::format("{}=~{}", label, promql_string(alternatives(values)));
}

std::string alert_matcher(std::string_view label, std::string_view value) {
  return fmt::format("{}={}", label, alert_string(value));
}

std::string alert_any_of(std::string_view label, const std::vector<std::string>& values) {
  if (values.size() == 1) return alert_matcher(label, values.front());
  return fmt::format("{}=~{}", label, alert_string(alternatives(values)));
}

std::string template_text(std::string_view text) {
  std::string out;
  for (std::size_t open = text.find("{{"); open != std::string_view::npos; open = text.find("{{")) {
    out.append(text.substr(0, open)).append(R"({{ "{{" }})");
    text.remove_prefix(open + 2);
  }
  return out.append(text);
}

std::string yaml_string(std::string_view text) {
  return config::yaml_scalar(text, false);
}

std::string yaml_block(std::string_view text, std::size_t indent) {
  std::string out = "|";
  for (const std::string_view line : split(text, '\n')) {
    out += '\n';
    if (!line.empty()) out.append(indent, ' ').append(line);
  }
  return out;
}

std::string yaml_comment(std::string_view text, std::size_t indent) {
  std::string out;
  for (const std::string_view line : split(text, '\n')) {
    out.append(indent, ' ').append(line.empty() ? "#" : "# ").append(printable(line)) += '\n';
  }
  return out;
}

}  // namespace nines::reports::generate
