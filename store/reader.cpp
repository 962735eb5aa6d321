#include <utility>

#include "store/files.hpp"
#include "store/rows.hpp"
#include "store/schema.hpp"
#include "store/store.hpp"

namespace nines::store {
namespace {

// Without a time-out, opening while another connection is the last to close is refused now and then.
constexpr std::chrono::seconds kBusyTimeout(5);

Sql<Connection> open_checked(const std::string& path, OpenMode mode, int& version) {
  auto connection = Connection::open(path, mode, kBusyTimeout);
  if (!connection) return connection;
  const auto found = connection->integer("PRAGMA user_version");
  if (!found) return std::unexpected(found.error());
  version = static_cast<int>(*found);
  return connection;
}

// Where nothing can be written there is no agent either, so that the file can be read as it is.
Sql<Connection> open_somehow(const std::string& path, int& version) {
  auto connection = open_checked(path, OpenMode::read_only, version);
  if (connection || file_size(path + "-wal") > 0) return connection;
  auto immutable = open_checked(path, OpenMode::immutable, version);
  return immutable ? std::move(immutable) : std::move(connection);
}

}  // namespace

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

  // The start of the first row of the series that meets a condition on `at`, in the order that it names.
  Expected<std::optional<Time>> first_start(const std::string& condition, const SeriesKey& key, Time at) {
    auto starts = collect(
        "SELECT start FROM result WHERE series = (SELECT id FROM series WHERE check_name = ? AND "
        "region = ?) AND " +
            condition + " LIMIT 1",
        [](const Statement& row) { return row.time(0); }, key.check, key.region, at);
    if (!starts) return std::unexpected(starts.error());
    return starts->empty() ? std::optional<Time>() : starts->front();
  }

  Sql<> add_attempts(std::int64_t series, EvidenceEntry& entry);
};

Reader::Reader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

Expected<Reader> open_reader(const std::string& data_dir) {
  const auto path = data_dir + "/" + kFileName;
  const auto header = read_header(path);
  if (!header) return std::unexpected(header.error());
  const auto no_store = [&] {
    return fail(data_dir + " holds no store (no " + kFileName + "): expected the data_dir of an agent that has run");
  };
  if (header->kind == FileKind::absent) return no_store();
  if (header->kind == FileKind::foreign) return std::unexpected(refuse_foreign(path));
  if (header->kind == FileKind::newer) return std::unexpected(refuse_newer(path));

  int version = 0;
  auto connection = open_somehow(path, version);
  if (!connection) return std::unexpected(cannot_open(path, connection.error().message));
  if (version == 0) return no_store();
  if (version > current_version()) return std::unexpected(refuse_newer(path));
  if (version < current_version()) {
    return fail(path + " is from an older version of nines: start the agent once, which brings it up to date");
  }
  return Reader(std::make_unique<Reader::Impl>(path, std::move(*connection)));
}

Expected<std::vector<SeriesKey>> Reader::series() {
  return impl_->collect("SELECT check_name, region FROM series ORDER BY check_name, region",
                        [](const Statement& row) { return SeriesKey{row.text(0), row.text(1)}; });
}

Expected<std::vector<ResultRow>> Reader::rows(const SeriesKey& key, const Period& period) {
  return impl_->collect("SELECT " + std::string(kRowColumns) +
                            " FROM result WHERE series = (SELECT id FROM series WHERE check_name = ? AND region = ?) "
                            "AND start >= ? AND start < ? AND origin = 0 ORDER BY start",
                        read_row, key.check, key.region, period.from, period.to);
}

Expected<std::optional<Time>> Reader::run_start(const SeriesKey& key, Time at) {
  constexpr const char* kQuery = R"sql(
WITH one AS (SELECT id FROM series WHERE check_name = ?1 AND region = ?2)
SELECT start FROM result
WHERE series = (SELECT id FROM one) AND start < ?3 AND origin = 0 AND reason BETWEEN 1 AND 199
  AND start > coalesce((SELECT start FROM result
                        WHERE series = (SELECT id FROM one) AND start < ?3 AND origin = 0 AND reason = 0
                        ORDER BY start DESC LIMIT 1), -1)
ORDER BY start LIMIT 1)sql";
  auto starts = impl_->collect(kQuery, [](const Statement& row) { return row.time(0); }, key.check, key.region, at);
  if (!starts) return std::unexpected(starts.error());
  return starts->empty() ? std::optional<Time>() : starts->front();
}

Expected<std::optional<Time>> Reader::last_success_before(const SeriesKey& key, Time at) {
  return impl_->first_start("start < ? AND origin = 0 AND reason = 0 ORDER BY start DESC", key, at);
}

Expected<std::optional<Time>> Reader::first_success_from(const SeriesKey& key, Time at) {
  return impl_->first_start("start >= ? AND origin = 0 AND reason = 0 ORDER BY start", key, at);
}

Expected<std::optional<Period>> Reader::extent(const SeriesKey& key) {
  constexpr const char* kQuery = R"sql(
SELECT (SELECT start FROM result WHERE series = id ORDER BY start LIMIT 1) AS first,
       (SELECT start FROM result WHERE series = id ORDER BY start DESC LIMIT 1)
FROM series WHERE check_name = ? AND region = ? AND first IS NOT NULL)sql";
  auto found = impl_->collect(
      kQuery, [](const Statement& row) { return Period{row.time(0), row.time(1)}; }, key.check, key.region);
  if (!found) return std::unexpected(found.error());
  return found->empty() ? std::optional<Period>() : found->front();
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
    const auto show = [&](const Statement& row) {
      result.row = read_row(row);
      return more = visitor(result);
    };
    auto done = impl_->each("SELECT " + std::string(kRowColumns) +
                                " FROM result WHERE series = (SELECT id FROM series WHERE check_name = ? AND region = "
                                "?) AND start >= ? AND start < ? ORDER BY start",
                            show, key.check, key.region, period.from, period.to);
    if (!done) return std::unexpected(impl_->error(done.error()));
    if (!more) break;
  }
  return {};
}

}  // namespace nines::store
