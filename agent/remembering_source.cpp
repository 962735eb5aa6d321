#include "agent/remembering_source.hpp"

namespace nines::agent {
namespace {

template <class T, class Ask>
Expected<T> remembered(std::optional<T>& known, const Ask& ask) {
  if (!known) {
    auto answer = ask();
    if (!answer) return std::unexpected(answer.error());
    known = std::move(*answer);
  }
  return *known;
}

}  // namespace

template <class Ask>
Expected<std::optional<Time>> RememberingSource::edge(Edges& edges, Time at, const Ask& ask) {
  const auto known = edges.find(at);
  if (known != edges.end()) return known->second;
  auto answer = ask();
  if (answer) edges.emplace(at, *answer);
  return answer;
}

Expected<std::vector<SeriesKey>> RememberingSource::series() {
  return remembered(series_, [this] { return whole_->series(); });
}

Expected<std::vector<store::SettingsEntry>> RememberingSource::settings() {
  return remembered(settings_, [this] { return whole_->settings(); });
}

Expected<std::vector<store::ClockStepEntry>> RememberingSource::clock_steps() {
  return remembered(clock_steps_, [this] { return whole_->clock_steps(); });
}

Expected<StoredWindows> RememberingSource::windows() {
  return remembered(windows_, [this] { return whole_->windows(); });
}

Expected<std::optional<Period>> RememberingSource::extent(const SeriesKey& key) {
  return remembered(known_[key].extent, [&] { return whole_->extent(key); });
}

Expected<std::optional<Time>> RememberingSource::run_start(const SeriesKey& key, Time at) {
  const auto stored = extent(key);
  if (!stored) return std::unexpected(stored.error());
  if (!*stored || at <= (*stored)->from) return std::optional<Time>();
  return edge(known_[key].run_starts, at, [&] { return whole_->run_start(key, at); });
}

Expected<std::optional<Time>> RememberingSource::last_success_before(const SeriesKey& key, Time at) {
  const auto stored = extent(key);
  if (!stored) return std::unexpected(stored.error());
  if (!*stored || at <= (*stored)->from) return std::optional<Time>();
  return edge(known_[key].successes_before, at, [&] { return whole_->last_success_before(key, at); });
}

Expected<std::optional<Time>> RememberingSource::first_success_from(const SeriesKey& key, Time at) {
  const auto stored = extent(key);
  if (!stored) return std::unexpected(stored.error());
  if (!*stored || (*stored)->to < at) return std::optional<Time>();
  return edge(known_[key].successes_from, at, [&] { return whole_->first_success_from(key, at); });
}

RememberingSources::RememberingSources(Sources sources) {
  for (HistorySource* source : sources) {
    sources_.push_back(std::make_unique<RememberingSource>(*source));
    pointers_.push_back(sources_.back().get());
  }
}

}  // namespace nines::agent
