#include "config/variables.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/text.hpp"
#include "config/names.hpp"

namespace nines::config {
namespace {

Expected<std::string> value_of(std::string_view inside, const Environment& environment) {
  const std::size_t split_at = inside.find(":-");
  const std::string name(inside.substr(0, split_at));
  if (!is_identifier(name)) {
    return fail("`${" + printable(inside) +
                "}` names no variable: expected ${NAME} or ${NAME:-default}, or $${ for a "
                "literal ${");
  }
  std::optional<std::string> value = environment(name);
  if (split_at != std::string_view::npos && (!value || value->empty())) return std::string(inside.substr(split_at + 2));
  if (!value) return fail("the environment variable " + name + " is not set: expected a value for ${" + name + "}");
  return *value;
}

}  // namespace

Expected<std::string> expand_variables(std::string_view text, const Environment& environment) {
  std::string expanded;
  for (;;) {
    const std::size_t at = text.find("${");
    if (at == std::string_view::npos) return expanded.append(text);
    if (at > 0 && text[at - 1] == '$') {
      expanded.append(text.substr(0, at - 1)).append("${");
      text.remove_prefix(at + 2);
      continue;
    }
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos) return fail("`${` is not closed: expected ${NAME}, or $${ for a literal ${");
    auto value = value_of(text.substr(at + 2, end - at - 2), environment);
    if (!value) return std::unexpected(value.error());
    expanded.append(text.substr(0, at)).append(*value);
    text.remove_prefix(end + 1);
  }
}

Environment process_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

}  // namespace nines::config
