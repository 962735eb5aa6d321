#include "store/tidy.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "base/log.hpp"
#include "store/chunks.hpp"

namespace nines::store {
namespace {

constexpr int kDeletedAtOnce = 500;  // rows of a table
constexpr int kPagesAtOnce = 256;
constexpr std::int64_t kHoursForRoom = 24;  // are deleted at once where there is no room
constexpr auto kMonth = std::chrono::days(32);

// `now - age`, and the beginning of time where that is before it.
Time since(Time now, Micros age) {
  return now.time_since_epoch() > age ? now - age : Time{};
}

std::string deletion(std::string_view table, std::string_view column) {
  std::string sql = "DELETE FROM ";
  sql.append(table).append(" WHERE rowid IN (SELECT rowid FROM ").append(table).append(" WHERE series = ? AND ");
  return sql.append(column).append(" < ? ORDER BY ").append(column).append(" LIMIT ?)");
}

}  // namespace

Sql<Tidier> Tidier::make(Connection& connection, const Clock& clock, Micros seal_after) {
  auto sealer = Sealer::make(connection);
  if (!sealer) return std::unexpected(sealer.error());
  std::vector<Statement> made;
  for (const auto& sql : {deletion("chunk", "hour"), deletion("result", "start"), deletion("evidence", "start"),
                          deletion("attempt", "start")}) {
    auto statement = Statement::prepare(connection, sql);
    if (!statement) return std::unexpected(statement.error());
    made.push_back(std::move(*statement));
  }
  return Tidier(connection, clock, seal_after, std::move(*sealer),
                {std::move(made[0]), std::move(made[1]), std::move(made[2]), std::move(made[3])});
}

Sql<Tidier::Outcome> Tidier::slice(const Retention& retention) {
  auto outcome = work(retention);
  if (!outcome) stage_ = Stage::begin;
  return outcome;
}

Sql<Tidier::Outcome> Tidier::work(const Retention& retention) {
  // Not in a transaction: it makes one of its own.
  if (stage_ == Stage::vacuum) {
    const auto more = vacuum_some();
    if (!more) return std::unexpected(more.error());
    if (!*more) stage_ = Stage::begin;
    return Outcome{*more, false};
  }
  auto transaction = Transaction::begin(*connection_, Transaction::Kind::write);
  if (!transaction) return std::unexpected(transaction.error());
  Outcome outcome{true, false};
  Sql<> done;
  if (stage_ == Stage::begin) done = begin_round(retention);
  if (done && stage_ == Stage::series) done = visit_series(retention, outcome.changed);
  if (done && stage_ == Stage::size) done = look_at_size(retention);
  if (done) done = transaction->commit();
  if (!done) return std::unexpected(done.error());
  return outcome;
}

Sql<> Tidier::begin_round(const Retention& retention) {
  const auto now = hour_of(clock_->now());
  deleting_ = now != deleted_at_ || retention != deleted_by_ || not_before_ > Time::min();
  series_.clear();
  next_series_ = 0;
  seal_from_ = Time::min();
  auto ids = Statement::prepare(*connection_, "SELECT id FROM series ORDER BY id");
  if (!ids) return std::unexpected(ids.error());
  for (;;) {
    const auto there = ids->step();
    if (!there) return std::unexpected(there.error());
    if (!*there) break;
    series_.push_back(ids->integer(0));
  }
  stage_ = Stage::series;
  return {};
}

Sql<> Tidier::visit_series(const Retention& retention, bool& changed) {
  const auto end = std::chrono::steady_clock::now() + kSlice;
  while (next_series_ < series_.size()) {
    const auto series = series_[next_series_];
    const auto hours = deleted_.hours;
    Sql<bool> worked = false;
    if (deleting_) worked = delete_some(series, retention);
    if (worked && !*worked) worked = seal_next(series);
    if (!worked) return std::unexpected(worked.error());
    changed = changed || *worked || deleted_.hours != hours;
    if (!*worked) {
      ++next_series_;
      seal_from_ = Time::min();
    }
    if (std::chrono::steady_clock::now() >= end) return {};
  }
  if (deleting_) deleted_at_ = hour_of(clock_->now());
  deleted_by_ = retention;
  stage_ = Stage::size;
  return {};
}

// False: nothing of this series is to be sealed any more.
Sql<bool> Tidier::seal_next(std::int64_t series) {
  const auto hour = sealer_.next_hour(series, seal_from_);
  if (!hour) return std::unexpected(hour.error());
  if (!*hour || start_of_hour(**hour + 1) > since(clock_->now(), seal_after_)) return false;
  seal_from_ = start_of_hour(**hour + 1);
  const auto sealed = sealer_.seal(series, **hour);
  if (!sealed) return std::unexpected(sealed.error());
  return true;
}

// A failure run that is not over is kept whole, or its outage would seem to have begun later.
Sql<Time> Tidier::keep_from(std::int64_t series, const Retention& retention) {
  const Time from = since(clock_->now(), retention.results);
  if (from <= Time{}) return from;
  const auto stored = extent(*connection_, series);
  if (!stored) return std::unexpected(stored.error());
  // Nothing to delete, or nothing to keep.
  if (!*stored || hour_of((*stored)->from) >= hour_of(from) || (*stored)->to < from) return from;
  const auto run = run_start(*connection_, series, Time::max());
  if (!run) return std::unexpected(run.error());
  return *run ? std::min(from, **run) : from;
}

Sql<std::int64_t> Tidier::remove(Statement& statement, std::int64_t series, std::int64_t before) {
  if (auto done = statement.bind(series, before, kDeletedAtOnce).run(); !done) return std::unexpected(done.error());
  return connection_->changes();
}

// False: nothing of this series is to be deleted any more.
Sql<bool> Tidier::delete_some(std::int64_t series, const Retention& retention) {
  const auto kept = keep_from(series, retention);
  if (!kept) return std::unexpected(kept.error());
  // Whole hours, in both forms: what is in a report does not hang on whether it was sealed.
  const auto hour = hour_of(std::max(*kept, not_before_));
  const auto results_before = start_of_hour(hour).time_since_epoch().count();
  const auto evidence_before =
      std::max(results_before, since(clock_->now(), retention.evidence).time_since_epoch().count());

  const auto chunks = remove(deletions_.chunks, series, hour);
  if (!chunks) return std::unexpected(chunks.error());
  const auto results = remove(deletions_.results, series, results_before);
  if (!results) return std::unexpected(results.error());
  const auto evidence = remove(deletions_.evidence, series, evidence_before);
  if (!evidence) return std::unexpected(evidence.error());
  const auto attempts = remove(deletions_.attempts, series, evidence_before);
  if (!attempts) return std::unexpected(attempts.error());
  deleted_.hours += *chunks;
  deleted_.results += *results;
  deleted_.evidence += *evidence;
  return std::ranges::max({*chunks, *results, *evidence, *attempts}) == kDeletedAtOnce;
}

// Pages that were freed will be given back, or used again.
Sql<std::int64_t> Tidier::used_bytes() {
  std::int64_t numbers[3] = {};
  std::size_t at = 0;
  for (const auto* pragma : {"PRAGMA page_count", "PRAGMA freelist_count", "PRAGMA page_size"}) {
    const auto number = connection_->integer(pragma);
    if (!number) return number;
    numbers[at++] = *number;
  }
  return (numbers[0] - std::max<std::int64_t>(0, numbers[1] - kSparePages)) * numbers[2];
}

Sql<std::int64_t> Tidier::oldest_hour() {
  std::int64_t oldest = std::numeric_limits<std::int64_t>::max();
  for (const auto series : series_) {
    const auto stored = extent(*connection_, series);
    if (!stored) return std::unexpected(stored.error());
    if (*stored) oldest = std::min(oldest, hour_of((*stored)->from));
  }
  return oldest;
}

// Where there is no room, the round goes on with the oldest day deleted.
Sql<> Tidier::look_at_size(const Retention& retention) {
  const auto used = used_bytes();
  if (!used) return std::unexpected(used.error());
  stage_ = Stage::vacuum;
  if (*used > retention.max_bytes) {
    const auto oldest = oldest_hour();
    if (!oldest) return std::unexpected(oldest.error());
    const auto now = hour_of(clock_->now());
    if (*oldest < now) {
      not_before_ = start_of_hour(std::min(*oldest + kHoursForRoom, now));
      stage_ = Stage::begin;
    }
    if (not_before_ > since(clock_->now(), kMonth) && !std::exchange(too_small_, true)) {
      log::warning("max_size is too small for a month of results: the oldest are deleted",
                   {{"max_size_bytes", retention.max_bytes}, {"before", format_time(not_before_, 0)}});
    }
  }
  if (stage_ == Stage::vacuum) {
    not_before_ = Time::min();
    report();
  }
  return {};
}

void Tidier::report() {
  if (deleted_.hours + deleted_.results + deleted_.evidence == 0) return;
  log::info(
      "what is older than retention keeps was deleted",
      {{"sealed_hours", deleted_.hours}, {"results_not_sealed", deleted_.results}, {"evidence", deleted_.evidence}});
  deleted_ = {};
}

// False: no more pages are to be given back.
Sql<bool> Tidier::vacuum_some() {
  const auto free = connection_->integer("PRAGMA freelist_count");
  if (!free) return std::unexpected(free.error());
  const auto pages = std::min<std::int64_t>(*free - kSparePages, kPagesAtOnce);
  if (pages <= 0) return false;
  auto done = connection_->execute("PRAGMA incremental_vacuum(" + std::to_string(pages) + ")");
  if (!done) return std::unexpected(done.error());
  return true;
}

}  // namespace nines::store
