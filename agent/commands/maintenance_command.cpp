#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/commands/commands.hpp"
#include "agent/commands/common.hpp"
#include "agent/commands/remote_agent.hpp"
#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace nines::agent {
namespace {

constexpr const char* kPath = "/api/v1/maintenance";

// ---- text

std::string text_of(const Json& value) {
  return value.is_string() ? printable(value.get<std::string>()) : std::string();
}

std::string when_text(const Json& window) {
  if (window.contains("schedule"))
    return fmt::format("{} {}", text_of(window["schedule"]), text_of(window["time_zone"]));
  const auto shortened = [&](const char* key) {
    const auto time = parse_time(window[key].get<std::string>());
    return time ? format_time(*time, 0) : std::string();
  };
  return fmt::format("{} – {}", shortened("from"), shortened("to"));
}

std::string line_of(const Json& window) {
  std::string line = fmt::format("{}  {}  {}  {}  {} ({})", window["id"].get<std::int64_t>(), when_text(window),
                                 window["service"].is_null() ? "all services" : text_of(window["service"]),
                                 text_of(window["state"]), text_of(window["reason"]), text_of(window["author"]));
  if (!window["excluded"].get<bool>()) line += ", not excluded";
  if (window["entered_late"].get<bool>()) line += ", entered after the fact, at " + text_of(window["entered"]);
  if (const Json& removed = window["removed"]; removed.is_object()) {
    line += fmt::format(", removed{} at {} by {}: {}", removed["entirely"].get<bool>() ? " entirely" : "",
                        text_of(removed["at"]), text_of(removed["author"]), text_of(removed["reason"]));
  }
  return line;
}

void print_changed(const char* what, const Json& window) {
  fmt::print("{} {}: {}\n{}\n", what, window["id"].get<std::int64_t>(), when_text(window), text_of(window["effect"]));
}

// ---- a running agent

// Every page of them.
Answered<Json> ask_list(const MaintenanceOptions& options) {
  Json windows = Json::array();
  std::int64_t after = 0;
  while (true) {
    auto page = ask_agent(options.agent, {.path = fmt::format("{}?after={}", kPath, after)});
    if (!page) return page;
    if (!page->contains("windows") || !(*page)["windows"].is_array()) {
      return std::unexpected(Refusal{503, options.agent + " gave no list of windows"});
    }
    for (Json& window : (*page)["windows"]) windows.push_back(std::move(window));
    const Json& next = (*page)["next"];
    if (!next.is_number_integer() || next.get<std::int64_t>() <= after) return windows;
    after = next.get<std::int64_t>();
  }
}

// ---- a store

std::string data_dir_of(const MaintenanceOptions& options, const config::Config& config) {
  return options.data_dir.empty() ? config.data_dir : options.data_dir;
}

Answered<Json> read_list(const std::string& data_dir) {
  auto reader = store::open_reader(data_dir);
  if (!reader) return std::unexpected(Refusal{503, reader.error().text()});
  const auto stored = reader->windows();
  if (!stored) return std::unexpected(Refusal{503, stored.error().text()});
  Json windows = Json::array();
  for (const store::WindowEntry& window : *stored) windows.push_back(window_json(window, system_clock().now()));
  return windows;
}

}  // namespace

Exit maintenance_add_command(const MaintenanceOptions& options) {
  const auto made = [&]() -> Answered<Json> {
    if (!options.agent.empty()) {
      return ask_agent(options.agent, {.method = "POST", .path = kPath, .body = dump_json(to_json(options.window))});
    }
    const auto config = load_or_tell(options.config);
    if (!config) return std::unexpected(Refusal{});
    return add_window(data_dir_of(options, *config), *config, options.window, system_clock().now());
  }();
  if (!made && made.error().why.empty()) return Exit::usage;
  if (!made) return tell_refusal(made.error());
  print_changed("entered maintenance window", *made);
  return Exit::passed;
}

Exit maintenance_remove_command(const MaintenanceOptions& options) {
  const auto made = [&]() -> Answered<Json> {
    if (!options.agent.empty()) {
      return ask_agent(
          options.agent,
          {.method = "POST", .path = std::string(kPath) + "/remove", .body = dump_json(to_json(options.removal))});
    }
    const std::string data_dir = data_dir_or_tell(options.data_dir, options.config);
    if (data_dir.empty()) return std::unexpected(Refusal{});
    return remove_window(data_dir, options.removal, system_clock().now());
  }();
  if (!made && made.error().why.empty()) return Exit::usage;
  if (!made) return tell_refusal(made.error());
  print_changed("removed maintenance window", *made);
  return Exit::passed;
}

Exit maintenance_list_command(const MaintenanceOptions& options) {
  const auto windows = [&]() -> Answered<Json> {
    if (!options.agent.empty()) return ask_list(options);
    const std::string data_dir = data_dir_or_tell(options.data_dir, options.config);
    if (data_dir.empty()) return std::unexpected(Refusal{});
    return read_list(data_dir);
  }();
  if (!windows && windows.error().why.empty()) return Exit::usage;
  if (!windows) return tell_refusal(windows.error());
  std::string text;
  if (options.json) {
    text = dump_json_pretty({{"windows", *windows}});
  } else {
    for (const Json& window : *windows) text += line_of(window) + "\n";
    if (windows->empty()) text = "no maintenance windows\n";
  }
  if (auto written = write_output({}, text); !written) return tell(written.error(), Exit::broken);
  return Exit::passed;
}

}  // namespace nines::agent
