#include "journeys/request.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "journeys/body.hpp"

namespace nines::journeys {
namespace {

using Named = std::vector<std::pair<std::string, config::Template>>;

bool has_header(const probes::Headers& headers, std::string_view name) {
  return std::ranges::any_of(headers, [&](const auto& header) { return probes::same_name(header.first, name); });
}

Expected<void> add_headers(const Context& run, const Named& from, probes::Headers& headers) {
  for (const auto& [name, text] : from) {
    auto value = run.variables.text(text);
    if (!value) return fail(fmt::format("the header {}: {}", name, value.error().message));
    // A tab is legal in a header, but nothing sends one on purpose.
    if (has_control(*value)) return fail(fmt::format("the header {} has a control character in its value", name));
    headers.emplace_back(name, std::move(*value));
  }
  return {};
}

// The step's own, then those of the journey that it does not have.
Expected<void> add_all_headers(const Context& run, const config::Step& step, probes::Headers& headers) {
  if (auto added = add_headers(run, step.headers, headers); !added) return added;
  Named common = run.journey->headers;
  std::erase_if(common, [&](const auto& header) { return has_header(headers, header.first); });
  return add_headers(run, common, headers);
}

// Behind the URL's own query, before its fragment.
Expected<std::string> with_query(const Context& run, const config::Step& step, const std::string& url) {
  std::string query;
  for (const auto& [name, text] : step.query) {
    const auto value = run.variables.text(text);
    if (!value) return fail(fmt::format("the query's {}: {}", name, value.error().message));
    query += (query.empty() ? "" : "&") + percent_encode(name) + "=" + percent_encode(*value);
  }
  if (query.empty()) return url;
  std::string out = url.substr(0, url.find('#'));
  if (!out.contains('?')) {
    out += '?';
  } else if (!out.ends_with('?') && !out.ends_with('&')) {
    out += '&';
  }
  return out + query;
}

}  // namespace

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

probes::Task<Expected<Prepared>> make_request(const Context* run, const config::Step* step) {
  Prepared made;
  probes::HttpRequest& request = made.request;
  request.method = step->method;
  request.follow_redirects = step->follow_redirects;
  request.tls = run->journey->tls;
  request.trace = run->trace;
  request.keep_cookies = true;
  request.cookies = run->cookies;
  const auto url = run->variables.url(step->url);
  if (!url) co_return fail("the URL: " + url.error().message);
  const auto whole = with_query(*run, *step, joined_url(run->journey->base_url, *url));
  if (!whole) co_return std::unexpected(whole.error());
  request.url = *whole;
  if (has_control(request.url)) co_return fail("the URL has a control character");
  if (auto added = add_all_headers(*run, *step, request.headers); !added) co_return std::unexpected(added.error());
  auto body = co_await make_body(run, step);
  if (!body) co_return fail("the body: " + body.error().message);
  request.body = std::move(body->bytes);
  made.shown_body = std::move(body->shown);
  if (!body->type.empty() && !has_header(request.headers, "Content-Type")) {
    request.headers.emplace_back("Content-Type", std::move(body->type));
  }
  co_return made;
}

std::string joined_url(const std::string& base, const std::string& url) {
  if (url.starts_with("http://") || url.starts_with("https://")) return url;
  std::string out = base;
  if (out.ends_with('/')) out.pop_back();
  if (!url.starts_with('/') && !url.starts_with('?') && !url.empty()) out += '/';
  return out + url;
}

}  // namespace nines::journeys
