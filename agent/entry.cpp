#include "agent/entry.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "config/utf8.hpp"

namespace nines::agent {

std::unexpected<Refusal> refuse(std::string why, int status) {
  return std::unexpected<Refusal>({status, std::move(why)});
}

std::unexpected<Refusal> store_failed(const Error& error) {
  return refuse(error.text(), 503);
}

Expected<void> read_members(std::string_view text,
                            const std::function<Expected<bool>(const std::string&, const Json&)>& take) {
  const auto json = parse_json(text);
  if (!json) return fail("the body is no JSON: " + json.error().message);
  if (!json->is_object()) return fail("the body is no JSON object: expected one");
  for (const auto& [key, value] : json->items()) {
    const Expected<bool> known = take(key, value);
    if (!known) return std::unexpected(known.error());
    if (!*known) return fail("unknown member `" + ellipsize(printable(key), 80) + "`");
  }
  return {};
}

Expected<bool> keep_text(const Json& value, const std::string& key, std::string& into) {
  if (!value.is_string()) return fail("`" + key + "` is no text: expected a JSON string");
  into = value.get<std::string>();
  return true;
}

Expected<bool> keep_flag(const Json& value, const std::string& key, bool& into) {
  if (!value.is_boolean()) return fail("`" + key + "` is neither true nor false: expected one of them");
  into = value.get<bool>();
  return true;
}

std::string text_fault(const std::string& name, const std::string& text, std::size_t most, std::string_view what) {
  if (trim(text).empty()) return fmt::format("`{}` is not given: expected {}", name, what);
  if (text.size() > most) return fmt::format("`{}` is longer than {} bytes", name, most);
  if (config::is_printable(text)) return {};
  return fmt::format("`{}` holds control characters: expected one line", name);
}

}  // namespace nines::agent
