#pragma once

// Trees as YAML that people like to read: short things on one line, quotes only where they are needed.

#include <string>
#include <string_view>

#include "base/json.hpp"

namespace nines::config {

// `text` as it stands: its ${NAME} are for the reader of the file. All other texts get $${ for ${.
Json raw_text(std::string_view text);
// The text of raw_text(), with $${ for every ${ of `text`.
std::string escape_dollars(std::string_view text);

// The mapping `root` in block style, two blanks a level, a blank line before each member but the first. Lists of
// mappings have an item a paragraph; whatever is short is in flow style. Reads back as the same tree; a number that was
// a text stays one below keys named `json` and `default`, where it matters.
std::string import_yaml(const Json& root);

}  // namespace nines::config
