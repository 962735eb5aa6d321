#pragma once

// A tree as YAML again: what /config and debug=true show. Aliases and merge keys are written out, comments are gone.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/secret.hpp"
#include "config/yaml.hpp"

namespace nines::config {

struct Shown {
  const std::unordered_set<const Node*>& hidden;  // written as <secret>
  std::span<const Secret> secrets;                // <secret> wherever else a text holds them
  // Texts of blackbox_exporter's files get $${ for ${, so that the whole reads as a nines.yml.
  bool escape_variables = false;
};

// Block style, two blanks a level. Beside what `shown` hides: user and password of any URL, and texts under keys that
// name credentials (base/credentials.hpp). Reads back as what was read, but for what is hidden. At most kMaxYamlText
// bytes, then a comment that says so.
std::string yaml_text(const Node& root, const Shown& shown);

inline constexpr std::size_t kMaxYamlText = 16u << 20;

// A text as a YAML scalar: plain when `plain` allows it and nothing in it could be misread, else in double quotes.
std::string yaml_scalar(std::string_view text, bool plain);

// The same without user and password in any URL, "http://<secret>@proxy:3128", and without the values of its
// parameters whose names tell of credentials, "?api_key=<secret>".
std::string hide_user_info(std::string_view text);

}  // namespace nines::config
