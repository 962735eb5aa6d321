#pragma once

// The parts that read_step() (config/journey.hpp) is made of. None looks at names in templates, conditions and
// programs: check_names() does.

#include <optional>
#include <string>
#include <string_view>

#include "config/config.hpp"
#include "config/reader.hpp"

namespace nines::config {

// ---- what is sent -------------------------------------------------------------------------------------------------

// A URL as a step has it: whole, a path under `base_url`, or beginning with a template.
void check_url(Context& context, const Node& node, const Journey& journey, const std::string& url);
// `query`: a list is its key several times.
void read_query(Context& context, Mapping& map, Step& step);
// `json`, `form`, `body` or `body_file`.
void read_content(Context& context, Mapping& map, Step& step);
// `basic_auth`, `bearer`, `oauth2` or `aws_sigv4`; beside no header Authorization.
void read_login(Context& context, Mapping& map, const Journey& journey, Step& step);

// ---- what is made of the answer -----------------------------------------------------------------------------------

// The rules of `expect` and `until`.
Expect read_expect(Context& context, const Node& node, std::string_view what);
void read_captures(Context& context, Mapping& map, const Journey& journey, Step& step);

// ---- secrets ------------------------------------------------------------------------------------------------------

// Hides and remembers a value that is secret by where it stands, unless it is a template: what those are made of is
// remembered itself.
void guard_literal(Context& context, const Node& node, const Template& text);
// The same, when a field or variable of that `name` carries credentials.
void guard_named(Context& context, const Node& node, std::string_view name, const Template& text);

// ---- names --------------------------------------------------------------------------------------------------------

// Whether `name` may be that of a variable, capture, … (`what`) that a step sets.
void check_new_name(Context& context, const Node& key, const std::string& name, std::string_view what);
// The same, and that it is no secret of the journey.
void check_new_name(Context& context, const Node& key, const std::string& name, std::string_view what,
                    const Journey& journey);

// What `when` may be: a name, `not name`, or else a jq program.
struct Condition {
  std::string name;  // empty: a program
  bool negated = false;
};
Condition parse_condition(std::string_view text);

// The name of a template that is `{{ name }}` and no more.
std::optional<std::string> lone_name(const Template& text);

}  // namespace nines::config
