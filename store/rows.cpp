#include "store/rows.hpp"

#include <utility>
#include <vector>

namespace nines::store {
namespace {

// In the order of RowWriter::Statements.
constexpr std::string_view kStatements[] = {
    R"sql(SELECT id FROM series WHERE check_name = ? AND region = ?)sql",
    R"sql(INSERT INTO series (check_name, region) VALUES (?, ?))sql",
    R"sql(INSERT INTO result (series, start, duration, measured, interval, resolve, connect, tls, processing, transfer,
            status, reason, first_reason, attempts, origin) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT DO NOTHING)sql",
    R"sql(SELECT start, duration, measured, interval, resolve, connect, tls, processing, transfer, status, reason,
            first_reason, attempts, origin FROM result WHERE series = ? AND start = ?)sql",
    R"sql(INSERT INTO evidence (series, start, message, address, failed_step, trace_id, correlation_id, headers, body)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?))sql",
    R"sql(INSERT INTO attempt (series, start, number, attempt_start, duration, reason, message)
          VALUES (?, ?, ?, ?, ?, ?, ?))sql",
    R"sql(INSERT INTO health (check_name, state, failures, successes, last_result, since) VALUES (?, ?, ?, ?, ?, ?)
          ON CONFLICT DO UPDATE SET state = excluded.state, failures = excluded.failures,
            successes = excluded.successes, last_result = excluded.last_result, since = excluded.since)sql",
    R"sql(INSERT INTO clock_step (region, at, step) VALUES (?, ?, ?))sql",
    R"sql(INSERT INTO settings (check_name, start, interval, stale_after, warning, critical, recovery, service, journey,
            uplink, removed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?))sql",
    R"sql(INSERT OR REPLACE INTO ledger (id, journey, step, kind, name, url, created, tries)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?))sql",
    R"sql(DELETE FROM ledger WHERE id = ?)sql",
};

ResultRow with_first_reason(ResultRow row) {
  if (row.attempts <= 1 || row.first_reason == Reason::none) row.first_reason = row.reason;
  return row;
}

}  // namespace

ResultRow read_row(const Statement& statement) {
  ResultRow row;
  row.start = statement.time(0);
  row.duration = statement.micros(1);
  row.measured = statement.micros(2);
  row.interval = statement.micros(3);
  int column = 4;
  for (const auto field : kPhaseFields) row.phases.*field = statement.micros(column++);
  row.status = static_cast<std::int16_t>(statement.integer(9));
  row.reason = static_cast<Reason>(statement.integer(10));
  row.first_reason = static_cast<Reason>(statement.integer(11));
  row.attempts = static_cast<std::uint8_t>(statement.integer(12));
  row.origin = static_cast<Origin>(statement.integer(13));
  return row;
}

SettingsEntry read_settings(const Statement& statement) {
  SettingsEntry entry;
  entry.check = statement.text(0);
  entry.from = statement.time(1);
  entry.interval = statement.micros(2);
  entry.stale_after = statement.micros(3);
  entry.warning = static_cast<int>(statement.integer(4));
  entry.critical = static_cast<int>(statement.integer(5));
  entry.recovery = static_cast<int>(statement.integer(6));
  entry.service = statement.text(7);
  entry.journey = statement.integer(8) != 0;
  entry.uplink = statement.integer(9) != 0;
  entry.removed = statement.integer(10) != 0;
  return entry;
}

WindowEntry read_window(const Statement& statement) {
  WindowEntry window;
  window.id = statement.integer(0);
  window.configured = statement.integer(1) != 0;
  window.service = statement.text(2);
  window.once = {statement.time(3), statement.time(4)};
  window.schedule = statement.text(5);
  window.time_zone = statement.text(6);
  window.reason = statement.text(7);
  window.author = statement.text(8);
  window.excluded = statement.integer(9) != 0;
  window.entered = statement.time(10);
  window.since = statement.time(11);
  if (!statement.is_null(12)) {
    window.removed =
        WindowRemoval{statement.time(12), statement.text(13), statement.text(14), statement.integer(15) != 0};
  }
  return window;
}

std::string_view difference(const ResultRow& a, const ResultRow& b) {
  if (a.success() != b.success()) return "success";
  if (a.duration != b.duration) return "duration_ms";
  if (a.status != b.status) return "status";
  if (a.reason != b.reason) return "reason";
  if (a.first_reason != b.first_reason) return "first_reason";
  if (a.phases != b.phases) return "phases_ms";
  if (a.measured != b.measured) return "measured_ms";
  if (a.interval != b.interval) return "interval_ms";
  if (a.attempts != b.attempts) return "attempts";
  if (a.origin != b.origin) return "origin";
  return {};
}

Sql<RowWriter> RowWriter::make(Connection& connection) {
  std::vector<Statement> made;
  for (const auto sql : kStatements) {
    auto statement = Statement::prepare(connection, sql);
    if (!statement) return std::unexpected(statement.error());
    made.push_back(std::move(*statement));
  }
  auto sealed = SealedRows::make(connection);
  if (!sealed) return std::unexpected(sealed.error());
  return RowWriter(connection,
                   {std::move(made[0]), std::move(made[1]), std::move(made[2]), std::move(made[3]), std::move(made[4]),
                    std::move(made[5]), std::move(made[6]), std::move(made[7]), std::move(made[8]), std::move(made[9]),
                    std::move(made[10])},
                   std::move(*sealed));
}

Sql<std::int64_t> RowWriter::series_id(const SeriesKey& key) {
  if (const auto known = series_.find(key); known != series_.end()) return known->second;
  auto& find = statements_.find_series.bind(key.check, key.region);
  const auto row = find.step();
  if (!row) return std::unexpected(row.error());
  std::int64_t id = *row ? find.integer(0) : 0;
  find.reset();
  if (!*row) {
    if (auto done = statements_.add_series.bind(key.check, key.region).run(); !done) {
      return std::unexpected(done.error());
    }
    id = connection_->last_row_id();
  }
  series_.emplace(key, id);
  return id;
}

Sql<ResultRow> RowWriter::stored(std::int64_t series, Time start) {
  auto& find = statements_.find_result.bind(series, start);
  const auto found = find.step();
  if (!found) return std::unexpected(found.error());
  const ResultRow row = read_row(find);
  find.reset();
  return row;
}

Sql<RowWriter::Added> RowWriter::add(const Result& result) {
  const auto series = series_id(result.key);
  if (!series) return std::unexpected(series.error());
  const ResultRow row = with_first_reason(result.row);
  const auto sealed = sealed_.find(*series, row.start);
  if (!sealed) return std::unexpected(sealed.error());
  if (*sealed) return Added{false, difference(row, **sealed)};
  const auto& phases = row.phases;
  auto done = statements_.add_result
                  .bind(*series, row.start, row.duration, row.measured, row.interval, phases.resolve, phases.connect,
                        phases.tls, phases.processing, phases.transfer, row.status, static_cast<int>(row.reason),
                        static_cast<int>(row.first_reason), row.attempts, static_cast<int>(row.origin))
                  .run();
  if (!done) return std::unexpected(done.error());
  if (connection_->changes() == 0) {
    const auto first = stored(*series, row.start);
    if (!first) return std::unexpected(first.error());
    return Added{false, difference(row, *first)};
  }
  if (!result.evidence.empty()) {
    if (done = add_evidence(*series, row.start, result.evidence); !done) return std::unexpected(done.error());
  }
  return Added{true, {}};
}

Sql<> RowWriter::add_evidence(std::int64_t series, Time start, const Evidence& evidence) {
  auto done = statements_.add_evidence
                  .bind(series, start, evidence.message, evidence.address, evidence.failed_step, evidence.trace_id,
                        evidence.correlation_id, evidence.headers, evidence.body)
                  .run();
  int number = 0;
  for (const auto& attempt : evidence.attempts) {
    if (!done) break;
    done = statements_.add_attempt
               .bind(series, start, ++number, attempt.start, attempt.duration, static_cast<int>(attempt.outcome.reason),
                     attempt.outcome.message)
               .run();
  }
  return done;
}

Sql<> RowWriter::add(const HealthEntry& entry) {
  return statements_.add_health
      .bind(entry.check, entry.state, entry.failures, entry.successes, entry.last_result, entry.since)
      .run();
}

Sql<> RowWriter::add(const ClockStepEntry& entry) {
  return statements_.add_clock_step.bind(entry.region, entry.at, entry.step).run();
}

Sql<> RowWriter::add(const LedgerChange& change) {
  const LedgerEntry& entry = change.entry;
  if (change.remove) return statements_.remove_ledger.bind(entry.id).run();
  return statements_.put_ledger
      .bind(entry.id, entry.journey, entry.step, entry.kind, entry.name, entry.url, entry.created, entry.tries)
      .run();
}

Sql<> RowWriter::add(const SettingsEntry& entry) {
  return statements_.add_settings
      .bind(entry.check, entry.from, entry.interval, entry.stale_after, entry.warning, entry.critical, entry.recovery,
            entry.service, entry.journey, entry.uplink, entry.removed)
      .run();
}

}  // namespace nines::store
