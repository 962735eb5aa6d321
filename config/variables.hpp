#pragma once

// ${VAR} and ${VAR:-default} in a scalar; $${ is a literal ${.

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "config/load.hpp"

namespace nines::config {

// As in a shell, the default also stands in for a variable that is set and empty. Errors: a variable that is not set,
// a `${` that is not closed or holds no name.
Expected<std::string> expand_variables(std::string_view text, const Environment& environment);

}  // namespace nines::config
