#include "journeys/request.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nines::journeys {
namespace {

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

Expected<void> add_headers(const Context& run, const config::Step& step, probes::HttpRequest& request) {
  for (const auto& [name, text] : step.headers) {
    auto value = run.variables.text(text);
    if (!value) return fail(fmt::format("the header {}: {}", name, value.error().message));
    // A tab is legal in a header, but nothing sends one on purpose.
    if (has_control(*value)) return fail(fmt::format("the header {} has a control character in its value", name));
    request.headers.emplace_back(name, std::move(*value));
  }
  return {};
}

Expected<void> add_body(const Context& run, const config::Step& step, probes::HttpRequest& request) {
  if (step.body) {
    auto body = run.variables.text(*step.body);
    if (!body) return fail("the body: " + body.error().message);
    request.body = std::move(*body);
  }
  if (step.json == nullptr) return {};
  const auto json = run.variables.json(*step.json);
  if (!json) return fail("the body: " + json.error().message);
  request.body = dump_json(*json);
  const auto is_type = [](const auto& header) { return probes::same_name(header.first, "Content-Type"); };
  if (std::ranges::none_of(request.headers, is_type)) request.headers.emplace_back("Content-Type", "application/json");
  return {};
}

}  // namespace

Expected<probes::HttpRequest> make_request(const Context& run, const config::Step& step) {
  probes::HttpRequest request;
  request.method = step.method;
  request.follow_redirects = false;
  request.tls = run.journey->tls;
  request.trace = run.trace;
  const auto url = run.variables.url(step.url);
  if (!url) return fail("the URL: " + url.error().message);
  request.url = joined_url(run.journey->base_url, *url);
  if (has_control(request.url)) return fail("the URL has a control character");
  if (auto added = add_headers(run, step, request); !added) return std::unexpected(added.error());
  if (auto added = add_body(run, step, request); !added) return std::unexpected(added.error());
  return request;
}

std::string joined_url(const std::string& base, const std::string& url) {
  if (url.starts_with("http://") || url.starts_with("https://")) return url;
  std::string out = base;
  if (out.ends_with('/')) out.pop_back();
  if (!url.starts_with('/') && !url.starts_with('?') && !url.empty()) out += '/';
  return out + url;
}

}  // namespace nines::journeys
