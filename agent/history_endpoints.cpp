#include "agent/history_endpoints.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/history_json.hpp"
#include "agent/history_source.hpp"
#include "agent/http/json_api.hpp"
#include "store/jsonl.hpp"

namespace nines::agent {
namespace {

// Rows are read a stretch at a time, so that an answer never holds more than a page and a day.
constexpr std::chrono::days kStretch(1);

HttpAnswer store_failed(const Error& error) {
  return problem(503, error.text());
}

HttpAnswer history(const EndpointSources& sources, const HttpQuery&) {
  store::Reader reader = sources.store.reader();
  HistoryDocument document;
  document.region = sources.sessions.current()->config->region;
  const auto keys = reader.series();
  if (!keys) return store_failed(keys.error());
  for (const SeriesKey& key : *keys) {
    const auto extent = reader.extent(key);
    if (!extent) return store_failed(extent.error());
    if (*extent) document.series.push_back({key, **extent});
  }
  auto settings = reader.settings();
  if (!settings) return store_failed(settings.error());
  document.settings = std::move(*settings);
  auto steps = reader.clock_steps();
  if (!steps) return store_failed(steps.error());
  document.clock_steps = std::move(*steps);
  StoreSource source(reader);
  auto windows = source.windows();
  if (!windows) return store_failed(windows.error());
  document.windows = std::move(*windows);
  return json_answer(200, to_json(document));
}

// A time that is asked for; `otherwise` where it is not given.
Expected<Time> asked_time(const HttpQuery& query, const std::string& name, std::optional<Time> otherwise) {
  const std::string text = query.parameter(name);
  if (text.empty() && otherwise) return *otherwise;
  auto time = parse_time(text);
  if (!time) return fail("`" + name + "`: " + time.error().message);
  return time;
}

Expected<SeriesKey> asked_series(const HttpQuery& query) {
  SeriesKey key{query.parameter("check"), query.parameter("region")};
  if (key.check.empty() || key.region.empty()) return fail("expected `check` and `region`");
  return key;
}

HttpAnswer edges(const EndpointSources& sources, const HttpQuery& query) {
  const auto key = asked_series(query);
  if (!key) return problem(400, key.error().text());
  const auto at = asked_time(query, "at", std::nullopt);
  if (!at) return problem(400, at.error().text());
  store::Reader reader = sources.store.reader();
  const auto run = reader.run_start(*key, *at);
  if (!run) return store_failed(run.error());
  const auto before = reader.last_success_before(*key, *at);
  if (!before) return store_failed(before.error());
  const auto after = reader.first_success_from(*key, *at);
  if (!after) return store_failed(after.error());
  return json_answer(200, to_json(Edges{*run, *before, *after}));
}

// None: it is not from 1 to `most`, which is what counts where none is given.
std::optional<int> asked_limit(const HttpQuery& query, int most) {
  const std::string text = query.parameter("limit");
  if (text.empty()) return most;
  int limit = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, limit);
  if (error != std::errc() || stop != end || limit < 1 || limit > most) return std::nullopt;
  return limit;
}

// What is asked for of a series, a page at a time.
struct AskedPage {
  SeriesKey key;
  Period period;
  int limit = 0;
};

Expected<AskedPage> asked_page(const HttpQuery& query, int most) {
  auto key = asked_series(query);
  if (!key) return std::unexpected(key.error());
  const auto from = asked_time(query, "from", Time{});
  if (!from) return std::unexpected(from.error());
  const auto to = asked_time(query, "to", Time::max());
  if (!to) return std::unexpected(to.error());
  const auto limit = asked_limit(query, most);
  if (!limit) return fail(fmt::format("`limit`: expected a number from 1 to {}", most));
  return AskedPage{std::move(*key), {*from, *to}, *limit};
}

HttpAnswer results(const EndpointSources& sources, const HttpQuery& query) {
  const auto asked = asked_page(query, kResultsPage);
  if (!asked) return problem(400, asked.error().text());

  store::Reader reader = sources.store.reader();
  const auto extent = reader.extent(asked->key);
  if (!extent) return store_failed(extent.error());
  HttpAnswer answer{200, "application/jsonl", {}};
  if (!*extent) return answer;
  const Time end = std::min(asked->period.to, (*extent)->to + Micros(1));
  int left = asked->limit;
  for (Time at = std::max(asked->period.from, (*extent)->from); at < end && left > 0 && !query.gone();) {
    const Time next = end - at < kStretch ? end : at + kStretch;
    const auto rows = reader.rows(asked->key, {at, next});
    if (!rows) return store_failed(rows.error());
    for (const ResultRow& row : *rows) {
      if (left-- == 0) return answer;
      answer.body += store::format_result_line({asked->key, row, {}}) + "\n";
    }
    at = next;
  }
  return answer;
}

HttpAnswer evidence(const EndpointSources& sources, const HttpQuery& query) {
  const auto asked = asked_page(query, kEvidencePage);
  if (!asked) return problem(400, asked.error().text());
  store::Reader reader = sources.store.reader();
  const auto entries = reader.evidence(asked->key, asked->period, asked->limit);
  if (!entries) return store_failed(entries.error());
  return json_answer(200, to_json(*entries));
}

}  // namespace

void add_history_endpoints(Listener& listener, const EndpointSources& sources) {
  listener.get("/api/v1/history", [&sources](const HttpQuery& query) { return history(sources, query); });
  listener.get("/api/v1/history/edges", [&sources](const HttpQuery& query) { return edges(sources, query); });
  listener.get("/api/v1/history/evidence", [&sources](const HttpQuery& query) { return evidence(sources, query); });
  listener.get("/api/v1/results", [&sources](const HttpQuery& query) { return results(sources, query); });
}

}  // namespace nines::agent
