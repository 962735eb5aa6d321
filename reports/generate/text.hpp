#pragma once

// Names of the user's in the languages of other programs. Names may hold quotes, backslashes, "{{" and any character
// that is printable; a region and a service's labels anything.

#include <string>
#include <string_view>
#include <vector>

namespace nines::reports::generate {

// A string of PromQL, with its quotes: "\"a\"".
std::string promql_string(std::string_view text);
// service="api" of a selector.
std::string matcher(std::string_view label, std::string_view value);
// check=~"a|b", each name to the letter.
std::string any_of(std::string_view label, const std::vector<std::string>& values);
// An item of Alertmanager's `matchers`, without YAML's quotes.
std::string alert_matcher(std::string_view label, std::string_view value);
std::string alert_any_of(std::string_view label, const std::vector<std::string>& values);

// A text in Go's templates, as Prometheus expands them in labels and annotations: "{{" is written so that it stays.
std::string template_text(std::string_view text);

// A YAML scalar in double quotes.
std::string yaml_string(std::string_view text);
// A text as a literal block, "|" and its lines, each behind so many blanks. For texts of printable characters.
std::string yaml_block(std::string_view text, std::size_t indent);
// "# " and the text; it may have several lines.
std::string yaml_comment(std::string_view text, std::size_t indent = 0);

}  // namespace nines::reports::generate
