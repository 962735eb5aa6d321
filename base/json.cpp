#include "base/json.hpp"

#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nines {
namespace {

constexpr int kMaxDepth = 256;

// The offset of the bracket that goes too deep. Checked before parsing, so that hostile nesting costs nothing.
std::optional<std::size_t> too_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxDepth) return i;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return std::nullopt;
}

// nlohmann says "[json.exception.parse_error.101] parse error at line 1, column 2: what is wrong".
std::string_view what_is_wrong(std::string_view what) {
  if (const auto at = what.find("column "); at != std::string_view::npos) what.remove_prefix(at);
  const auto colon = what.find(": ");
  return colon == std::string_view::npos ? what : what.substr(colon + 2);
}

std::string dump(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Expected<Json> parse_json(std::string_view text) {
  if (const auto offset = too_deep(text)) {
    return fail(fmt::format("not JSON we read, at byte {}: nested deeper than {}", *offset, kMaxDepth));
  }
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    // `byte` counts from 1 and names the last byte read.
    const std::size_t offset = error.byte == 0 ? 0 : error.byte - 1;
    return fail(fmt::format("not JSON, at byte {}: {}", offset, what_is_wrong(error.what())));
  } catch (const Json::exception& error) {  // a number that no double holds
    const std::string_view what(error.what());
    return fail(fmt::format("not JSON we read: {}", what.substr(what.find("] ") + 2)));
  }
}

std::string dump_json(const Json& value) {
  return dump(value, -1);
}
std::string dump_json_pretty(const Json& value) {
  return dump(value, 2) + "\n";
}

}  // namespace nines
