#include "agent/maintenance_endpoints.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/http/json_api.hpp"
#include "agent/maintenance.hpp"
#include "base/log.hpp"

namespace nines::agent {
namespace {

constexpr std::int64_t kPage = 1000;  // windows

// A parameter's whole number from 0 to `most`; `otherwise` where it is not given, none where it is no such number.
std::optional<std::int64_t> number(const HttpQuery& query, const std::string& name, std::int64_t otherwise,
                                   std::int64_t most) {
  const std::string text = query.parameter(name);
  if (text.empty()) return otherwise;
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value < 0 || value > most) return std::nullopt;
  return value;
}

HttpAnswer list_windows(const EndpointSources& sources, const HttpQuery& query) {
  const auto limit = number(query, "limit", kPage, kPage);
  if (!limit || *limit == 0) return problem(400, fmt::format("`limit`: expected a number from 1 to {}", kPage));
  const auto after = number(query, "after", 0, std::numeric_limits<std::int64_t>::max());
  if (!after) return problem(400, "`after`: expected the `next` of the page before");
  auto windows = sources.store.reader().windows();
  if (!windows) return problem(503, windows.error().text());
  const Time now = sources.clock.now();
  Json list = Json::array();
  Json next;
  for (const store::WindowEntry& window : *windows) {
    if (window.id <= *after) continue;
    if (static_cast<std::int64_t>(list.size()) == *limit) {
      next = list.back()["id"];
      break;
    }
    list.push_back(window_json(window, now));
  }
  return json_answer(200, {{"windows", std::move(list)}, {"next", std::move(next)}});
}

HttpAnswer answer(const EndpointSources& sources, int status, const Answered<Json>& made, const char* what) {
  if (!made) return problem(made.error().status, made.error().why);
  sources.sessions.current()->look_at_windows();
  const Json& window = *made;
  log::info(what, {{"window", window["id"].get<std::int64_t>()},
                   {"service", window["service"].is_null() ? "" : window["service"].get<std::string>()},
                   {"reason", window["reason"].get<std::string>()}});
  return json_answer(status, window);
}

HttpAnswer enter(const EndpointSources& sources, const HttpQuery& query) {
  const config::Config& config = *sources.sessions.current()->config;
  if (auto refused = refused_change(query, config.listen_host)) return *refused;
  const auto request = read_window_request(query.body);
  if (!request) return problem(400, request.error().text());
  return answer(sources, 201, add_window(config.data_dir, config, *request, sources.clock.now()),
                "maintenance window entered");
}

HttpAnswer remove(const EndpointSources& sources, const HttpQuery& query) {
  const config::Config& config = *sources.sessions.current()->config;
  if (auto refused = refused_change(query, config.listen_host)) return *refused;
  const auto request = read_removal_request(query.body);
  if (!request) return problem(400, request.error().text());
  return answer(sources, 200, remove_window(config.data_dir, *request, sources.clock.now()),
                "maintenance window removed");
}

}  // namespace

void add_maintenance_endpoints(Listener& listener, const EndpointSources& sources) {
  listener.get("/api/v1/maintenance", [&sources](const HttpQuery& query) { return list_windows(sources, query); });
  listener.post("/api/v1/maintenance", [&sources](const HttpQuery& query) { return enter(sources, query); });
  listener.post("/api/v1/maintenance/remove", [&sources](const HttpQuery& query) { return remove(sources, query); });
}

}  // namespace nines::agent
