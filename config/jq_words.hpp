#pragma once

// jq programs come from the configuration and run in a helper process; what reads other data than their input, or ends
// the helper, is refused before it gets there.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nines::config {

// The first refused word of a program: import, include, input, inputs, debug, stderr, env, $ENV, halt, halt_error,
// modulemeta, get_search_list. Fields (.env), object keys ({env: 1}), variables ($input), comments and strings are not
// words; what stands in \( … ) inside a string is read as program. Linear time, any thread.
std::optional<std::string> forbidden_jq_word(std::string_view program);

// Whether $name cannot be a variable of a jq program: jq 1.6 reads its keywords as such after a $ too, and the program
// is wrapped in two names of our own.
bool is_reserved_jq_name(std::string_view name);

// The names that a program takes from outside: each $name that nothing in it binds (`as`, the parameters of `def`,
// `label`), once, in the order of their first use. A name that is bound anywhere counts as bound everywhere.
std::vector<std::string> jq_variables(std::string_view program);

}  // namespace nines::config
