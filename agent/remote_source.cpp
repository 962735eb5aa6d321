#include "agent/remote_source.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "agent/history_endpoints.hpp"
#include "agent/outbound/http.hpp"
#include "base/text.hpp"
#include "store/jsonl.hpp"

namespace nines::agent {
namespace {

constexpr std::size_t kMostAnswer = 64 << 20;  // bytes

std::string series_query(const SeriesKey& key) {
  return "check=" + percent_encode(key.check) + "&region=" + percent_encode(key.region);
}

// One member of what was asked for.
template <class Whole, class Part>
Expected<Part> part_of(const Expected<Whole>& whole, Part Whole::* member) {
  if (!whole) return std::unexpected(whole.error());
  return *whole.*member;
}
template <class Part>
Expected<Part> part_of(const Expected<const HistoryDocument*>& document, Part HistoryDocument::* member) {
  if (!document) return std::unexpected(document.error());
  return **document.*member;
}

// A result line leaves out what follows from the rest (docs/storage.md).
ResultRow whole(ResultRow row) {
  if (row.attempts <= 1 || row.first_reason == Reason::none) row.first_reason = row.reason;
  return row;
}

std::string time_query(Time time) {
  return percent_encode(format_time(time));
}

// format_time() and parse_time() know the years 1970 to 9999.
Period within_years(const Period& period) {
  static const Time last = Time(std::chrono::sys_days(std::chrono::year(9999) / 12 / 31));
  return {std::clamp(period.from, Time{}, last), std::clamp(period.to, Time{}, last)};
}

}  // namespace

Expected<config::Remote> agent_at(const std::string& url) {
  config::Remote remote;
  remote.url = url;
  while (remote.url.ends_with('/')) remote.url.pop_back();
  const auto scheme = remote.url.find("://");
  const std::string_view protocol = std::string_view(remote.url).substr(0, scheme);
  const bool plain = scheme != std::string::npos && (protocol == "http" || protocol == "https") &&
                     remote.url.size() > scheme + 3 &&
                     remote.url.find_first_of("/?#@ ", scheme + 3) == std::string::npos;
  if (plain) return remote;
  return fail("\"" + ellipsize(printable(url), 120) + "\" is no agent: expected a URL such as http://127.0.0.1:9999");
}

std::unexpected<Error> RemoteSource::failed(Error error) {
  failure_ = std::move(error);
  return std::unexpected(*failure_);
}

Expected<std::string> RemoteSource::get(const std::string& path) {
  if (failure_) return std::unexpected(*failure_);
  auto reply = call(remote_, {.path = path, .answer_limit = kMostAnswer});
  if (!reply) return failed(reply.error());
  if (reply->status != 200) {
    return failed({fmt::format("{} answered {} to {}: {}", remote_.url, reply->status, path.substr(0, path.find('?')),
                               first_line(*reply))});
  }
  return std::move(reply->body);
}

Expected<const HistoryDocument*> RemoteSource::document() {
  if (failure_) return std::unexpected(*failure_);
  if (!document_) {
    const auto body = get("/api/v1/history");
    if (!body) return std::unexpected(body.error());
    auto read = read_history_document(*body);
    if (!read) return failed({remote_.url + " gave a history that cannot be read: " + read.error().message});
    document_ = std::move(*read);
  }
  return &*document_;
}

Expected<Edges> RemoteSource::edges(const SeriesKey& key, Time at) {
  if (failure_) return std::unexpected(*failure_);
  const EdgeKey asked{{key.check, key.region}, at};
  if (const auto known = edges_.find(asked); known != edges_.end()) return known->second;
  const Time moment = within_years({at, at}).from;
  const auto body = get("/api/v1/history/edges?" + series_query(key) + "&at=" + time_query(moment));
  if (!body) return std::unexpected(body.error());
  auto read = read_edges(*body);
  if (!read) return failed({remote_.url + " gave edges that cannot be read: " + read.error().message});
  return edges_.emplace(asked, *read).first->second;
}

Expected<std::vector<SeriesKey>> RemoteSource::series() {
  const auto known = document();
  if (!known) return std::unexpected(known.error());
  std::vector<SeriesKey> keys;
  for (const SeriesExtent& one : (*known)->series) keys.push_back(one.key);
  return keys;
}

Expected<std::vector<ResultRow>> RemoteSource::rows(const SeriesKey& key, const Period& period) {
  std::vector<ResultRow> rows;
  Period left = within_years(period);
  while (left.from < left.to) {
    const auto body = get(fmt::format("/api/v1/results?{}&from={}&to={}&limit={}", series_query(key),
                                      time_query(left.from), time_query(left.to), kResultsPage));
    if (!body) return std::unexpected(body.error());
    int lines = 0;
    for (const std::string_view line : split(*body, '\n')) {
      if (line.empty()) continue;
      const auto result = store::parse_result_line(line);
      if (!result) return failed({remote_.url + " gave a result that cannot be read: " + result.error().message});
      const Time start = result->row.start;
      if (start < left.from || start >= left.to || result->key != key ||
          (!rows.empty() && start <= rows.back().start)) {
        return failed({remote_.url + " gave a result that was not asked for"});
      }
      rows.push_back(whole(result->row));
      ++lines;
    }
    if (lines < kResultsPage) break;
    left.from = rows.back().start + Micros(1);
  }
  return rows;
}

Expected<std::optional<Time>> RemoteSource::run_start(const SeriesKey& key, Time at) {
  return part_of(edges(key, at), &Edges::run_start);
}
Expected<std::optional<Time>> RemoteSource::last_success_before(const SeriesKey& key, Time at) {
  return part_of(edges(key, at), &Edges::last_success_before);
}
Expected<std::optional<Time>> RemoteSource::first_success_from(const SeriesKey& key, Time at) {
  return part_of(edges(key, at), &Edges::first_success_from);
}

Expected<std::optional<Period>> RemoteSource::extent(const SeriesKey& key) {
  const auto known = document();
  if (!known) return std::unexpected(known.error());
  const auto found = std::ranges::find((*known)->series, key, &SeriesExtent::key);
  return found == (*known)->series.end() ? std::optional<Period>() : found->extent;
}

Expected<std::vector<store::SettingsEntry>> RemoteSource::settings() {
  return part_of(document(), &HistoryDocument::settings);
}
Expected<std::vector<store::ClockStepEntry>> RemoteSource::clock_steps() {
  return part_of(document(), &HistoryDocument::clock_steps);
}
Expected<StoredWindows> RemoteSource::windows() {
  return part_of(document(), &HistoryDocument::windows);
}

Expected<std::vector<store::EvidenceEntry>> RemoteSource::evidence(const SeriesKey& key, const Period& period,
                                                                   int limit) {
  std::vector<store::EvidenceEntry> none;
  if (failure_ || !gives_evidence_) return none;
  const Period asked = within_years(period);
  const auto reply =
      call(remote_, {.path = fmt::format("/api/v1/history/evidence?{}&from={}&to={}&limit={}", series_query(key),
                                         time_query(asked.from), time_query(asked.to), limit),
                     .answer_limit = kMostAnswer});
  gives_evidence_ = reply && reply->status == 200;
  if (!gives_evidence_) return none;
  auto entries = read_evidence(reply->body);
  const auto is_asked_for = [&](const store::EvidenceEntry& entry) {
    return entry.key == key && entry.start >= asked.from && entry.start < asked.to;
  };
  gives_evidence_ = entries && std::ranges::all_of(*entries, is_asked_for);
  if (!gives_evidence_) return none;
  return entries;
}

Expected<std::vector<SeriesKey>> MissingSource::series() {
  std::vector<SeriesKey> keys;
  for (const std::string& check : checks_) keys.push_back({check, region_});
  return keys;
}

}  // namespace nines::agent
