#include "reports/json_text.hpp"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nines::reports {
namespace {

std::string number_text(double value) {
  if (!std::isfinite(value)) return "null";
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

void append(std::string& out, const Json& value, std::size_t depth);

void append_items(std::string& out, const Json& value, std::size_t depth) {
  bool first = true;
  for (const auto& [key, item] : value.items()) {
    out += first ? "\n" : ",\n";
    first = false;
    out.append(2 * (depth + 1), ' ');
    if (value.is_object()) out += dump_json(Json(key)) + ": ";
    append(out, item, depth + 1);
  }
  out += '\n';
  out.append(2 * depth, ' ');
}

void append(std::string& out, const Json& value, std::size_t depth) {
  if (value.is_number_float()) {
    out += number_text(value.get<double>());
  } else if (value.is_structured() && !value.empty()) {
    out += value.is_object() ? '{' : '[';
    append_items(out, value, depth);
    out += value.is_object() ? '}' : ']';
  } else {
    out += dump_json(value);
  }
}

}  // namespace

std::string json_text(const Json& value) {
  std::string out;
  append(out, value, 0);
  return out + "\n";
}

}  // namespace nines::reports
