#include "tests/tree/include_rules.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

namespace nines::tree {
namespace {

struct Room {
  std::string_view name;
  std::vector<std::string_view> may_include;
};

const std::array<Room, 8> kTable = {{
    {"base", {"base"}},
    {"config", {"base", "config"}},
    {"probes", {"base", "config", "probes"}},
    {"journeys", {"base", "config", "probes", "journeys"}},
    {"store", {"base", "store"}},
    {"sla", {"base", "config", "sla"}},
    {"reports", {"base", "config", "sla", "reports"}},
    {"agent", {"base", "config", "probes", "journeys", "store", "sla", "reports", "agent"}},
}};

// Libraries, and the only places that know their handles.
struct Library {
  std::string_view header;  // the start of its name between < and >
  std::vector<std::string_view> places;
};

const std::array<Library, 10> kLibraries = {{
    {"uv.h", {"probes/async/"}},
    {"uv/", {"probes/async/"}},
    {"ares", {"probes/async/"}},
    {"curl/", {"probes/async/", "probes/http/", "agent/outbound/"}},
    {"sqlite3", {"store/"}},
    {"jq.h", {"probes/"}},
    {"jv.h", {"probes/"}},
    {"openssl/", {"base/", "probes/"}},
    {"httplib.h", {"agent/http/"}},
    {"libxml/", {"journeys/"}},
}};

// What takes the compiler a second or more is kept out of headers.
constexpr std::array<std::string_view, 6> kHeavy = {"nlohmann/json.hpp", "CLI/",      "spdlog/",
                                                    "yaml-cpp/",         "date/tz.h", "catch2/"};

// The importers' headers are for their own files alone, and built of JSON values.
constexpr std::string_view kImporters = "config/import";

struct Include {
  std::string_view name;
  bool quoted;
};

std::string_view without_leading_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

bool take(std::string_view& text, std::string_view word) {
  text = without_leading_blanks(text);
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

std::optional<Include> parse_include(std::string_view line) {
  if (!take(line, "#") || !take(line, "include")) return std::nullopt;
  const bool quoted = take(line, "\"");
  if (!quoted && !take(line, "<")) return std::nullopt;
  const auto end = line.find(quoted ? '"' : '>');
  if (end == std::string_view::npos) return std::nullopt;
  return Include{line.substr(0, end), quoted};
}

std::string_view first_folder(std::string_view path) {
  const auto slash = path.find('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

bool is_room(std::string_view folder) {
  return std::ranges::find(kTable, folder, &Room::name) != kTable.end();
}

bool starts_with_any(std::string_view text, std::span<const std::string_view> starts) {
  return std::ranges::any_of(starts, [&](std::string_view start) { return text.starts_with(start); });
}

std::string room_fault(std::string_view path, std::string_view included) {
  const auto from = first_folder(path);
  const auto to = first_folder(included);
  if (!is_room(to)) {
    return "\"" + std::string(included) + "\" is not written from the root with the name of a room";
  }
  if (included.starts_with("config/import_") && !path.starts_with(kImporters)) {
    return "\"" + std::string(included) + "\" is the importers' own";
  }
  const auto row = std::ranges::find(kTable, from, &Room::name);
  if (row == kTable.end()) return std::string(from) + " is not a room";
  if (std::ranges::find(row->may_include, to) != row->may_include.end()) return {};
  return std::string(from) + " may not include " + std::string(to);
}

std::string library_fault(std::string_view path, std::string_view included) {
  if (is_room(first_folder(included))) {
    return "<" + std::string(included) + "> is ours: write it in quotes";
  }
  for (const auto& [header, places] : kLibraries) {
    if (included.starts_with(header) && !starts_with_any(path, places)) {
      return std::string(first_folder(path)) + " may not know the handles of <" + std::string(included) + ">";
    }
  }
  if (path.ends_with(".hpp") && !path.starts_with(kImporters) && starts_with_any(included, kHeavy)) {
    return "<" + std::string(included) + "> is too heavy for a header";
  }
  return {};
}

}  // namespace

std::vector<std::string_view> rooms() {
  std::vector<std::string_view> names;
  names.reserve(kTable.size());
  for (const auto& room : kTable) names.push_back(room.name);
  return names;
}

std::vector<std::string> include_faults(std::string_view path, std::string_view text) {
  std::vector<std::string> faults;
  for (int number = 1; !text.empty(); ++number) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto include = parse_include(line);
    if (!include) continue;
    const auto fault = include->quoted ? room_fault(path, include->name) : library_fault(path, include->name);
    if (!fault.empty()) faults.push_back(std::string(path) + ":" + std::to_string(number) + ": " + fault);
  }
  return faults;
}

}  // namespace nines::tree
