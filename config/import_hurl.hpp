#pragma once

// Hurl files, line by line (https://hurl.dev/docs/grammar.html), and its queries and predicates in our words.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/json.hpp"

namespace nines::config {

struct HurlLine {
  int number = 0;
  std::string key;    // before the first colon; of [Captures] and the like its name
  std::string value;  // behind it
  std::string text;   // all of it
};

struct HurlSection {
  std::string name;  // "Query", of either spelling
  std::vector<HurlLine> lines;
};

struct HurlBody {
  enum class Kind { none, text, json, file, other };
  Kind kind = Kind::none;
  std::string text;  // a file's name; other: what it is
  std::string type;  // of ```json
  int line = 0;
};

struct HurlEntry {
  int line = 0;
  std::string method;
  std::string url;
  std::vector<HurlLine> headers;
  std::vector<HurlSection> sections;
  HurlBody body;

  int response_line = 0;  // 0: there is none
  std::string status;     // "200", "*"
  std::vector<HurlLine> response_headers;
  std::vector<HurlSection> response_sections;
  HurlBody response_body;
};

struct HurlFault {
  int line = 0;
  std::string message;
};

// All entries; faults name what is no Hurl. Linear.
std::vector<HurlEntry> read_hurl(std::string_view text, std::vector<HurlFault>& faults);

// The jq program of a JSONPath that is a plain path with [*] at most; `many` when it may find several.
std::optional<std::string> jq_of_jsonpath(std::string_view path, bool& many);

// Words, "quoted texts" without their quotes, /patterns/ and numbers of a line of [Captures] or [Asserts].
struct HurlToken {
  enum class Kind { word, text, pattern };
  Kind kind = Kind::word;
  std::string text;

  bool is(std::string_view word) const { return kind == Kind::word && text == word; }
};
std::vector<HurlToken> hurl_tokens(std::string_view line);

}  // namespace nines::config
