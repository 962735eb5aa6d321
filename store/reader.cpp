#include <utility>

#include "store/chunks.hpp"
#include "store/hours.hpp"
#include "store/rows.hpp"
#include "store/schema.hpp"
#include "store/store.hpp"

namespace nines::store {

struct Reader::Impl {
  std::string path;
  Connection connection;

  Error error(const SqlFault& fault) const { return {path + " cannot be read: " + fault.message}; }

  // Calls visit(statement) for every row until it returns false.
  template <class Visit, class... Values>
  Sql<> each(const std::string& sql, const Visit& visit, const Values&... values) {
    auto statement = Statement::prepare(connection, sql);
    if (!statement) return std::unexpected(statement.error());
    statement->bind(values...);
    for (;;) {
      const auto row = statement->step();
      if (!row) return std::unexpected(row.error());
      if (!*row || !visit(*statement)) return {};
    }
  }

  // The rows of a query as a vector of what `make` returns for each.
  template <class Make, class... Values>
  auto collect(const std::string& sql, const Make& make, const Values&... values)
      -> Expected<std::vector<decltype(make(std::declval<const Statement&>()))>> {
    std::vector<decltype(make(std::declval<const Statement&>()))> all;
    const auto add = [&](const Statement& row) {
      all.push_back(make(row));
      return true;
    };
    if (auto done = each(sql, add, values...); !done) return std::unexpected(error(done.error()));
    return all;
  }

  // What `ask(series)` says in one transaction of a series that is there, else nothing.
  template <class Ask>
  auto of_series(const SeriesKey& key, const Ask& ask) -> Expected<typename decltype(ask(0))::value_type> {
    const auto transaction = Transaction::begin(connection, Transaction::Kind::read);
    if (!transaction) return std::unexpected(error(transaction.error()));
    const auto series = find_series(connection, key);
    if (!series) return std::unexpected(error(series.error()));
    if (!*series) return {};
    auto answer = ask(**series);
    if (!answer) return std::unexpected(error(answer.error()));
    return std::move(*answer);
  }

  Sql<> add_attempts(std::int64_t series, EvidenceEntry& entry);
};

Reader::Reader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

Expected<Reader> Reader::another() const {
  auto connection = open_for_reading(impl_->path);
  if (!connection) return std::unexpected(connection.error());
  return Reader(std::make_unique<Impl>(impl_->path, std::move(*connection)));
}

Expected<Reader> open_reader(const std::string& data_dir) {
  const auto path = data_dir + "/" + kFileName;
  auto connection = open_for_reading(path);
  if (!connection) return std::unexpected(connection.error());
  return Reader(std::make_unique<Reader::Impl>(path, std::move(*connection)));
}

Expected<std::vector<SeriesKey>> Reader::series() {
  return impl_->collect("SELECT check_name, region FROM series ORDER BY check_name, region",
                        [](const Statement& row) { return SeriesKey{row.text(0), row.text(1)}; });
}

Expected<std::vector<ResultRow>> Reader::rows(const SeriesKey& key, const Period& period) {
  return impl_->of_series(key, [&](std::int64_t series) -> Sql<std::vector<ResultRow>> {
    std::vector<ResultRow> rows;
    const auto add = [&](const ResultRow& row) {
      if (row.origin == Origin::scheduled) rows.push_back(row);
      return true;
    };
    if (auto done = visit_rows(impl_->connection, series, period, add); !done) return std::unexpected(done.error());
    return rows;
  });
}

Expected<std::optional<Time>> Reader::run_start(const SeriesKey& key, Time at) {
  return impl_->of_series(key, [&](std::int64_t series) { return store::run_start(impl_->connection, series, at); });
}

Expected<std::optional<Time>> Reader::last_success_before(const SeriesKey& key, Time at) {
  return impl_->of_series(
      key, [&](std::int64_t series) { return last_before(impl_->connection, series, Wanted::success, at); });
}

Expected<std::optional<Time>> Reader::first_success_from(const SeriesKey& key, Time at) {
  return impl_->of_series(key, [&](std::int64_t series) {
    return first_in(impl_->connection, series, Wanted::success, {at, Time::max()});
  });
}

Expected<std::optional<Period>> Reader::extent(const SeriesKey& key) {
  return impl_->of_series(key, [&](std::int64_t series) { return store::extent(impl_->connection, series); });
}

Expected<std::vector<SettingsEntry>> Reader::settings() {
  return impl_->collect("SELECT " + std::string(kSettingsColumns) + " FROM settings ORDER BY check_name, start, id",
                        read_settings);
}

Expected<std::vector<ClockStepEntry>> Reader::clock_steps() {
  return impl_->collect("SELECT region, at, step FROM clock_step ORDER BY at, id",
                        [](const Statement& row) { return ClockStepEntry{row.text(0), row.time(1), row.micros(2)}; });
}

Expected<std::vector<HealthEntry>> Reader::health() {
  return impl_->collect(
      "SELECT check_name, state, failures, successes, last_result, since FROM health ORDER BY check_name",
      [](const Statement& row) {
        return HealthEntry{row.text(0),
                           static_cast<int>(row.integer(1)),
                           static_cast<int>(row.integer(2)),
                           static_cast<int>(row.integer(3)),
                           row.time(4),
                           row.time(5)};
      });
}

Expected<std::vector<LedgerEntry>> Reader::ledger() {
  return impl_->collect(
      "SELECT id, journey, step, kind, name, url, created, tries FROM ledger ORDER BY id", [](const Statement& row) {
        return LedgerEntry{row.integer(0), row.text(1), row.text(2), row.text(3),
                           row.text(4),    row.text(5), row.time(6), static_cast<int>(row.integer(7))};
      });
}

Expected<std::vector<WindowEntry>> Reader::windows() {
  return impl_->collect("SELECT " + std::string(kWindowColumns) + " FROM maintenance ORDER BY id", read_window);
}

Expected<bool> Reader::windows_loaded() {
  const auto loads = impl_->connection.integer("SELECT count(*) FROM maintenance_load");
  if (!loads) return std::unexpected(impl_->error(loads.error()));
  return *loads > 0;
}

Expected<std::vector<FrozenMonth>> Reader::frozen() {
  return impl_->collect(
      "SELECT id, month, contract, region, revision, made, as_of, version, method, fingerprint, reason, report FROM "
      "frozen ORDER BY id",
      [](const Statement& row) {
        return FrozenMonth{row.integer(0), row.text(1), row.text(2), row.text(3), static_cast<int>(row.integer(4)),
                           row.time(5),    row.time(6), row.text(7), row.text(8), row.text(9),
                           row.text(10),   row.text(11)};
      });
}

Expected<std::vector<Delivery>> Reader::deliveries() {
  return impl_->collect("SELECT frozen, way, tries, next_try, ended, trouble FROM delivery ORDER BY frozen, way",
                        [](const Statement& row) {
                          return Delivery{row.integer(0),
                                          row.text(1),
                                          static_cast<int>(row.integer(2)),
                                          row.time(3),
                                          row.is_null(4) ? std::nullopt : std::optional<Time>(row.time(4)),
                                          row.text(5)};
                        });
}

namespace {

std::optional<Time> unless_epoch(Time time) {
  return time == Time{} ? std::nullopt : std::optional(time);
}

}  // namespace

Expected<std::vector<AlertEntry>> Reader::alerts() {
  return impl_->collect(
      "SELECT id, identity, labels, annotations, url, starts, ends FROM alert ORDER BY id", [](const Statement& row) {
        return AlertEntry{row.integer(0),           row.text(1), row.text(2), row.text(3), row.text(4), row.time(5),
                          unless_epoch(row.time(6))};
      });
}

Expected<std::vector<AlertTold>> Reader::alerts_told() {
  return impl_->collect(
      "SELECT alert, receiver, firing, resolved FROM alert_told ORDER BY alert, receiver", [](const Statement& row) {
        return AlertTold{row.integer(0), row.text(1), unless_epoch(row.time(2)), unless_epoch(row.time(3))};
      });
}

Expected<std::vector<SilenceEntry>> Reader::silences() {
  return impl_->collect(
      "SELECT receiver, made_for, id, ends FROM silence ORDER BY receiver, made_for",
      [](const Statement& row) { return SilenceEntry{row.text(0), row.text(1), row.text(2), row.time(3)}; });
}

Sql<> Reader::Impl::add_attempts(std::int64_t series, EvidenceEntry& entry) {
  const auto add = [&](const Statement& row) {
    entry.evidence.attempts.push_back({row.time(0), row.micros(1), {static_cast<Reason>(row.integer(2)), row.text(3)}});
    return true;
  };
  return each(
      "SELECT attempt_start, duration, reason, message FROM attempt WHERE series = ? AND start = ? ORDER BY number",
      add, series, entry.start);
}

Expected<std::vector<EvidenceEntry>> Reader::evidence(const SeriesKey& key, const Period& period, int limit) {
  const auto transaction = Transaction::begin(impl_->connection, Transaction::Kind::read);
  if (!transaction) return std::unexpected(impl_->error(transaction.error()));
  std::vector<EvidenceEntry> entries;
  const auto add = [&](const Statement& row) -> Sql<> {
    EvidenceEntry entry{key, row.time(1), {}};
    auto& evidence = entry.evidence;
    int column = 2;
    for (auto field : {&Evidence::message, &Evidence::address, &Evidence::failed_step, &Evidence::trace_id,
                       &Evidence::correlation_id, &Evidence::headers, &Evidence::body}) {
      evidence.*field = row.text(column++);
    }
    entries.push_back(std::move(entry));
    return impl_->add_attempts(row.integer(0), entries.back());
  };
  Sql<> inner;
  auto outer = impl_->each(
      "SELECT series, start, message, address, failed_step, trace_id, correlation_id, headers, body FROM evidence "
      "WHERE series = (SELECT id FROM series WHERE check_name = ? AND region = ?) AND start >= ? AND start < ? "
      "ORDER BY start LIMIT ?",
      [&](const Statement& row) { return (inner = add(row)).has_value(); }, key.check, key.region, period.from,
      period.to, limit);
  if (!outer) return std::unexpected(impl_->error(outer.error()));
  if (!inner) return std::unexpected(impl_->error(inner.error()));
  return entries;
}

Expected<void> Reader::visit(const Period& period, const std::function<bool(const Result&)>& visitor) {
  const auto transaction = Transaction::begin(impl_->connection, Transaction::Kind::read);
  if (!transaction) return std::unexpected(impl_->error(transaction.error()));
  const auto keys = series();
  if (!keys) return std::unexpected(keys.error());
  bool more = true;
  for (const auto& key : *keys) {
    Result result{key, {}, {}};
    const auto show = [&](const ResultRow& row) {
      result.row = row;
      return more = visitor(result);
    };
    const auto series = find_series(impl_->connection, key);
    if (!series) return std::unexpected(impl_->error(series.error()));
    if (auto done = visit_rows(impl_->connection, **series, period, show); !done) {
      return std::unexpected(impl_->error(done.error()));
    }
    if (!more) break;
  }
  return {};
}

Expected<void> Reader::visit_hours(const SeriesKey& key, const Period& period, HourContent content,
                                   const HourVisitor& visitor) {
  return visit_hours({&key, 1}, period, content, [&](std::size_t, const StoredHour& hour) { return visitor(hour); });
}

Expected<void> Reader::visit_hours(std::span<const SeriesKey> keys, const Period& period, HourContent content,
                                   const SeriesHourVisitor& visitor, const WantsRows& wants_rows) {
  const auto transaction = Transaction::begin(impl_->connection, Transaction::Kind::read);
  if (!transaction) return std::unexpected(impl_->error(transaction.error()));
  std::vector<std::optional<std::int64_t>> series;
  for (const auto& key : keys) {
    const auto found = find_series(impl_->connection, key);
    if (!found) return std::unexpected(impl_->error(found.error()));
    series.push_back(*found);
  }
  auto done = store::visit_hours(impl_->connection, series, period, content, visitor, wants_rows);
  if (!done) return std::unexpected(impl_->error(done.error()));
  return {};
}

}  // namespace nines::store
