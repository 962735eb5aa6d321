#include <algorithm>
#include <array>

#include <re2/re2.h>

#include "base/text.hpp"
#include "config/import_draft.hpp"
#include "config/import_hurl.hpp"

namespace nines::config {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kSections = {{
    {"QueryStringParams", "Query"},
    {"Query", "Query"},
    {"FormParams", "Form"},
    {"Form", "Form"},
    {"MultipartFormData", "Multipart"},
    {"Multipart", "Multipart"},
    {"BasicAuth", "BasicAuth"},
    {"Cookies", "Cookies"},
    {"Options", "Options"},
    {"Captures", "Captures"},
    {"Asserts", "Asserts"},
    {"Header", "Header"},
}};

// Without a comment behind it, and with \# as #.
std::string without_comment(std::string_view line) {
  std::string out;
  char quote = 0;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '\\' && at + 1 < line.size()) {
      if (line[at + 1] != '#') out += line[at];
      out += line[++at];
      continue;
    }
    if (line[at] == '#' && quote == 0 && (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t')) break;
    if (line[at] == '"') quote = quote == 0 ? '"' : '\0';
    out += line[at];
  }
  return std::string(trim(out));
}

class Reader {
 public:
  Reader(std::string_view text, std::vector<HurlFault>& faults) : lines_(split(text, '\n')), faults_(faults) {}

  std::vector<HurlEntry> read() {
    while (at_ < lines_.size()) {
      const std::string line = without_comment(lines_[at_]);
      if (!line.empty()) take(line);
      ++at_;
    }
    return std::move(entries_);
  }

 private:
  int number() const { return static_cast<int>(at_) + 1; }

  void fault(std::string message) { faults_.push_back({number(), std::move(message)}); }

  void take(const std::string& line) {
    static const re2::RE2 kRequest(R"(([A-Z]{3,20})[ \t]+(\S.*))");
    static const re2::RE2 kResponse(R"(HTTP(?:/[\d.]+)?[ \t]+(\d{3}|\*))");
    static const re2::RE2 kSection(R"(\[([A-Za-z]+)\])");
    std::string first, second;
    if (re2::RE2::FullMatch(line, kResponse, &first)) {
      if (entries_.empty() || response_) return fault("an answer without a request before it: expected METHOD URL");
      entries_.back().response_line = number();
      entries_.back().status = first;
      response_ = true;
      section_ = nullptr;
    } else if (re2::RE2::FullMatch(line, kRequest, &first, &second) && first != "HTTP") {
      HurlEntry& entry = entries_.emplace_back();
      entry.line = number();
      entry.method = first;
      entry.url = second;
      response_ = false;
      section_ = nullptr;
    } else if (entries_.empty()) {
      fault("`" + ellipsize(line, 60) + "` is no request: expected METHOD URL");
    } else if (re2::RE2::FullMatch(line, kSection, &first) && is_section(first)) {
      auto& sections = response_ ? entries_.back().response_sections : entries_.back().sections;
      section_ = &sections.emplace_back();
      section_->name = std::ranges::find(kSections, first, [](const auto& one) { return one.first; })->second;
    } else if (!take_body(line)) {
      take_pair(line);
    }
  }

  static bool is_section(const std::string& name) {
    return std::ranges::find(kSections, name, [](const auto& one) { return one.first; }) != kSections.end();
  }

  void take_pair(const std::string& line) {
    const bool assertion = section_ != nullptr && section_->name == "Asserts";
    HurlLine out{number(), "", "", line};
    const std::size_t colon = line.find(':', line.starts_with("{{") ? line.find("}}") : 0);
    if (!assertion && (colon == std::string::npos || colon == 0)) {
      return fault("`" + ellipsize(line, 60) + "` is no line of Hurl: expected NAME: VALUE");
    }
    if (colon != std::string::npos) {
      out.key = trim(std::string_view(line).substr(0, colon));
      out.value = trim(std::string_view(line).substr(colon + 1));
    }
    HurlEntry& entry = entries_.back();
    auto& lines = section_ != nullptr ? section_->lines : response_ ? entry.response_headers : entry.headers;
    lines.push_back(std::move(out));
  }

  bool take_body(const std::string& line) {
    HurlBody body;
    body.line = number();
    const std::string_view raw = lines_[at_];
    if (line.starts_with("```")) {
      read_fence(line, body);
    } else if (line.starts_with('{') ? !line.starts_with("{{") || line.starts_with("{{\"") : line.starts_with('[')) {
      read_json(body);
    } else if (line.starts_with('<')) {
      read_xml(body);
    } else if (line.starts_with('`')) {
      const std::size_t end = line.find('`', 1);
      if (end == std::string::npos) fault("a text without its closing `: expected one on the line");
      body.kind = HurlBody::Kind::text;
      body.text = line.substr(1, std::min(end, line.size()) - 1);
    } else if (line.starts_with("file,")) {
      body.kind = HurlBody::Kind::file;
      body.text = trim(
          std::string_view(line).substr(5, line.rfind(';') == std::string::npos ? line.npos : line.rfind(';') - 5));
    } else if (line.starts_with("base64,") || line.starts_with("hex,")) {
      body.kind = HurlBody::Kind::other;
      body.text = line.substr(0, line.find(','));
      while (!lines_[at_].contains(';') && at_ + 1 < lines_.size()) ++at_;
    } else if (raw.starts_with('"') && line.ends_with('"') && section_ == nullptr && !line.contains(':')) {
      body.kind = HurlBody::Kind::json;
      body.text = line;
    } else {
      return false;
    }
    (response_ ? entries_.back().response_body : entries_.back().body) = std::move(body);
    section_ = nullptr;
    return true;
  }

  void read_fence(const std::string& line, HurlBody& body) {
    body.type = trim(std::string_view(line).substr(3));
    body.kind = HurlBody::Kind::text;
    if (const std::size_t end = body.type.find("```"); end != std::string::npos) {
      body.text = body.type.substr(0, end);
      body.type.clear();
      return;
    }
    for (++at_; at_ < lines_.size(); ++at_) {
      std::string_view text = lines_[at_];
      if (text.ends_with('\r')) text.remove_suffix(1);
      const std::size_t end = text.find("```");
      body.text += text.substr(0, end);
      if (end != std::string_view::npos) return;
      body.text += "\n";
    }
    faults_.push_back({body.line, "a text without its closing ```: expected one"});
  }

  // To the line where its brackets are closed.
  void read_json(HurlBody& body) {
    body.kind = HurlBody::Kind::json;
    int depth = 0;
    bool in_string = false;
    for (; at_ < lines_.size(); ++at_) {
      const std::string_view line = lines_[at_];
      for (std::size_t i = 0; i < line.size(); ++i) {
        if (in_string && line[i] == '\\') {
          ++i;
        } else if (line[i] == '"') {
          in_string = !in_string;
        } else if (!in_string) {
          depth += line[i] == '{' || line[i] == '[' ? 1 : line[i] == '}' || line[i] == ']' ? -1 : 0;
        }
      }
      body.text.append(line).append("\n");
      if (depth <= 0) return;
    }
    faults_.push_back({body.line, "JSON that does not end: expected its closing bracket"});
  }

  // Up to the next request or answer.
  void read_xml(HurlBody& body) {
    static const re2::RE2 kNext(R"(\s*(?:[A-Z]{3,20}[ \t]+(?:http|\{\{|/).*|HTTP(?:/[\d.]+)?[ \t]+(?:\d{3}|\*).*))");
    body.kind = HurlBody::Kind::text;
    body.type = "xml";
    for (; at_ < lines_.size() && !re2::RE2::FullMatch(lines_[at_], kNext); ++at_) {
      body.text.append(lines_[at_]).append("\n");
    }
    --at_;
    body.text = std::string(trim(body.text));
  }

  std::vector<std::string_view> lines_;
  std::vector<HurlFault>& faults_;
  std::vector<HurlEntry> entries_;
  HurlSection* section_ = nullptr;
  bool response_ = false;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<HurlEntry> read_hurl(std::string_view text, std::vector<HurlFault>& faults) {
  return Reader(text, faults).read();
}

std::optional<std::string> jq_of_jsonpath(std::string_view path, bool& many) {
  static const re2::RE2 kField(R"(\.([A-Za-z_]\w*))");
  static const re2::RE2 kQuoted(R"re(\[(?:'([^'"\\]*)'|"([^'"\\]*)")\])re");
  static const re2::RE2 kIndex(R"(\[(-?\d{1,9})\])");
  static const re2::RE2 kAll(R"(\.?\[\*\]|\.\*)");
  many = false;
  if (!path.starts_with('$')) return std::nullopt;
  re2::StringPiece rest(path.data() + 1, path.size() - 1);
  std::string out, first, second;
  while (!rest.empty()) {
    if (re2::RE2::Consume(&rest, kField, &first)) {
      out += "." + first;
    } else if (re2::RE2::Consume(&rest, kQuoted, &first, &second)) {
      out += (out.empty() ? ".[" : "[") + jq_text(first.empty() ? second : first) + "]";
    } else if (re2::RE2::Consume(&rest, kIndex, &first)) {
      out += (out.empty() ? ".[" : "[") + first + "]";
    } else if (re2::RE2::Consume(&rest, kAll)) {
      out += out.empty() ? ".[]" : "[]";
      many = true;
    } else {
      return std::nullopt;
    }
  }
  return out.empty() ? "." : out;
}

std::vector<HurlToken> hurl_tokens(std::string_view line) {
  std::vector<HurlToken> out;
  std::size_t at = 0;
  while (at < line.size()) {
    if (line[at] == ' ' || line[at] == '\t') {
      ++at;
      continue;
    }
    HurlToken token;
    if (line[at] == '"' || line[at] == '/' || line[at] == '`') {
      const char quote = line[at++];
      token.kind = quote == '/' ? HurlToken::Kind::pattern : HurlToken::Kind::text;
      for (; at < line.size() && line[at] != quote; ++at) {
        if (line[at] == '\\' && at + 1 < line.size()) {
          ++at;
          if (quote == '/' && line[at] != '/') token.text += '\\';
          if (quote == '"' && line[at] == 'n') {
            token.text += '\n';
            continue;
          }
          if (quote == '"' && line[at] == 't') {
            token.text += '\t';
            continue;
          }
        }
        token.text += line[at];
      }
      ++at;
    } else if (line.substr(at).starts_with("{{")) {
      const std::size_t end = std::min(line.find("}}", at), line.size() - 2);
      token.text = line.substr(at, end + 2 - at);
      at = end + 2;
    } else {
      for (; at < line.size() && line[at] != ' ' && line[at] != '\t'; ++at) token.text += line[at];
    }
    out.push_back(std::move(token));
  }
  return out;
}

}  // namespace nines::config
