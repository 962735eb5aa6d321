#include "store/store.hpp"

#include <mutex>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "base/log.hpp"
#include "store/alert_rows.hpp"
#include "store/files.hpp"
#include "store/rows.hpp"
#include "store/schema.hpp"
#include "store/tidy.hpp"
#include "store/writer.hpp"

namespace nines::store {

bool SettingsEntry::same_settings(const SettingsEntry& other) const {
  return check == other.check && interval == other.interval && stale_after == other.stale_after &&
         warning == other.warning && critical == other.critical && recovery == other.recovery &&
         service == other.service && journey == other.journey && uplink == other.uplink && removed == other.removed;
}

struct Store::Impl {
  Impl(StoreOptions given, DirectoryLock taken, std::unique_ptr<Connection> opened, RowWriter made, Tidier tidying)
      : options(std::move(given)),
        lock(std::move(taken)),
        connection(std::move(opened)),
        rows(std::move(made)),
        tidier(std::move(tidying)),
        retention(options.retention),
        writer(options.queue_limit, [this](std::span<const Writer::Item> items) { return write(items); },
               {options.tidy_every, [this] { return tidy_in_the_background(); }}) {}

  Sql<Writer::Stored> write(std::span<const Writer::Item> items);
  Sql<Writer::Stored> add_all(std::span<const Writer::Item> items, const Result*& refused);
  Sql<std::vector<SettingsEntry>> last_settings();
  Sql<> add_changed(std::span<const SettingsEntry> now_in_force);
  Sql<bool> tidy_slice();
  bool tidy_in_the_background() noexcept;
  Expected<Imported> add_imported(const std::function<Expected<std::optional<Result>>()>& next);

  std::string path() const { return options.data_dir + "/" + kFileName; }
  Error write_error(const SqlFault& fault) const { return {path() + " cannot be written: " + fault.message}; }

  StoreOptions options;
  DirectoryLock lock;
  std::mutex writing;  // guards the five below
  std::unique_ptr<Connection> connection;
  RowWriter rows;
  Tidier tidier;
  Retention retention;
  bool untidy = false;  // the last slice in the background failed, which was logged
  Writer writer;        // last: its thread uses everything above
};

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

Expected<std::unique_ptr<Store>> Store::open(StoreOptions options) {
  if (auto made = make_directory(options.data_dir); !made) return std::unexpected(made.error());
  const auto path = options.data_dir + "/" + kFileName;
  // A store that cannot be used is not touched: not even locked.
  const auto header = read_header(path);
  if (!header) return std::unexpected(header.error());
  if (header->kind == FileKind::newer) return std::unexpected(refuse_newer(path));
  if (header->kind == FileKind::foreign) return std::unexpected(refuse_foreign(path));

  auto lock = DirectoryLock::take(options.data_dir);
  if (!lock) return std::unexpected(lock.error());
  auto opened = open_for_writing(path);
  if (!opened) return std::unexpected(opened.error());
  auto connection = std::make_unique<Connection>(std::move(*opened));
  auto rows = RowWriter::make(*connection);
  if (!rows) return std::unexpected(cannot_open(path, rows.error().message));
  auto tidier = Tidier::make(*connection, *options.clock, options.seal_after);
  if (!tidier) return std::unexpected(cannot_open(path, tidier.error().message));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(*lock), std::move(connection), std::move(*rows),
                                     std::move(*tidier));
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

bool Store::submit(Result result) {
  return impl_->writer.submit(std::move(result));
}
bool Store::submit(Result result, HealthEntry health) {
  return impl_->writer.submit(std::move(result), std::move(health));
}
void Store::submit_health(HealthEntry entry) {
  impl_->writer.submit(std::move(entry));
}
void Store::submit_clock_step(ClockStepEntry step) {
  impl_->writer.submit(std::move(step));
}
bool Store::submit_ledger(LedgerChange change) {
  return impl_->writer.submit(std::move(change));
}
Expected<void> Store::change_alerts(const AlertChanges& changes) {
  const std::lock_guard guard(impl_->writing);
  const auto done = write_alerts(*impl_->connection, changes);
  if (!done) return std::unexpected(impl_->write_error(done.error()));
  return {};
}
bool Store::flush() {
  return impl_->writer.flush();
}
WriterStats Store::stats() const {
  return impl_->writer.stats();
}

Reader Store::reader() const {
  auto reader = open_reader(impl_->options.data_dir);
  if (!reader) throw std::runtime_error(reader.error().text());
  return std::move(*reader);
}

void Store::set_retention(const Retention& retention) {
  const std::lock_guard guard(impl_->writing);
  impl_->retention = retention;
}

Expected<void> Store::tidy() {
  {
    const std::lock_guard guard(impl_->writing);
    impl_->tidier.begin_anew();
  }
  for (;;) {
    const auto more = impl_->tidy_slice();
    if (!more) return std::unexpected(impl_->write_error(more.error()));
    if (!*more) return {};
  }
}

Sql<bool> Store::Impl::tidy_slice() {
  const std::lock_guard guard(writing);
  const auto outcome = tidier.slice(retention);
  if (!outcome || outcome->changed) rows.forget();
  if (!outcome) return std::unexpected(outcome.error());
  return outcome->more;
}

bool Store::Impl::tidy_in_the_background() noexcept {
  std::string reason;
  try {
    const auto more = tidy_slice();
    if (more) {
      untidy = false;
      return *more;
    }
    reason = more.error().message;
  } catch (const std::exception& failure) {
    reason = failure.what();
  }
  if (!std::exchange(untidy, true)) log::error("results cannot be sealed", {{"reason", reason}});
  return false;
}

Sql<Writer::Stored> Store::Impl::write(std::span<const Writer::Item> items) {
  const std::lock_guard guard(writing);
  const Result* refused = nullptr;
  auto stored = add_all(items, refused);
  if (!stored) {
    rows.forget();
    return stored;
  }
  if (refused) {
    log::warning("results were not stored: others of the same check, region and time are there",
                 {{"count", stored->refused},
                  {"check", refused->key.check},
                  {"region", refused->key.region},
                  {"time", format_time(refused->row.start)}});
  }
  return stored;
}

Sql<Writer::Stored> Store::Impl::add_all(std::span<const Writer::Item> items, const Result*& refused) {
  auto transaction = Transaction::begin(*connection, Transaction::Kind::write);
  if (!transaction) return std::unexpected(transaction.error());
  Writer::Stored stored;
  for (const auto& item : items) {
    if (const auto* result = std::get_if<Result>(&item)) {
      const auto added = rows.add(*result);
      if (!added) return std::unexpected(added.error());
      // The same again is a batch whose commit was durable although it was reported as failed.
      const bool kept = added->differs.empty();
      ++(kept ? stored.results : stored.refused);
      if (!kept && !refused) refused = result;
      continue;
    }
    const auto added = std::visit(
        [&]<class Kind>(const Kind& other) -> Sql<> {
          if constexpr (std::is_same_v<Kind, Result>)
            return {};
          else
            return rows.add(other);
        },
        item);
    if (!added) return std::unexpected(added.error());
  }
  if (auto done = transaction->commit(); !done) return std::unexpected(done.error());
  return stored;
}

Sql<std::vector<SettingsEntry>> Store::Impl::last_settings() {
  auto statement = Statement::prepare(
      *connection, "SELECT " + std::string(kSettingsColumns) +
                       " FROM settings WHERE id IN (SELECT max(id) FROM settings GROUP BY check_name)");
  if (!statement) return std::unexpected(statement.error());
  std::vector<SettingsEntry> entries;
  for (;;) {
    const auto row = statement->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return entries;
    entries.push_back(read_settings(*statement));
  }
}

Sql<> Store::Impl::add_changed(std::span<const SettingsEntry> now_in_force) {
  auto transaction = Transaction::begin(*connection, Transaction::Kind::write);
  if (!transaction) return std::unexpected(transaction.error());
  auto last = last_settings();
  if (!last) return std::unexpected(last.error());
  std::unordered_map<std::string, SettingsEntry> before;
  for (auto& entry : *last) before.emplace(entry.check, std::move(entry));
  for (const auto& entry : now_in_force) {
    const auto known = before.find(entry.check);
    const bool same = known != before.end() && known->second.same_settings(entry);
    if (known != before.end()) before.erase(known);
    if (same) continue;
    if (auto done = rows.add(entry); !done) return done;
  }
  for (auto& [check, entry] : before) {
    if (entry.removed) continue;
    entry.removed = true;
    entry.from = options.clock->now();
    if (auto done = rows.add(entry); !done) return done;
  }
  return transaction->commit();
}

Expected<void> Store::record_settings(std::span<const SettingsEntry> now_in_force) {
  const std::lock_guard guard(impl_->writing);
  if (auto done = impl_->add_changed(now_in_force); !done) return std::unexpected(impl_->write_error(done.error()));
  return {};
}

Expected<Store::Imported> Store::import(const std::function<Expected<std::optional<Result>>()>& next) {
  const std::lock_guard guard(impl_->writing);
  auto imported = impl_->add_imported(next);
  if (!imported) impl_->rows.forget();
  return imported;
}

Expected<Store::Imported> Store::Impl::add_imported(const std::function<Expected<std::optional<Result>>()>& next) {
  auto transaction = Transaction::begin(*connection, Transaction::Kind::write);
  if (!transaction) return std::unexpected(write_error(transaction.error()));
  Imported imported;
  for (int line = 1;; ++line) {
    const auto result = next();
    if (!result) return std::unexpected(result.error());
    if (!*result) break;
    const auto added = rows.add(**result);
    if (!added) return std::unexpected(write_error(added.error()));
    if (!added->differs.empty()) {
      const auto& key = (*result)->key;
      return std::unexpected(Error{key.check + " in " + key.region + " at " + format_time((*result)->row.start) +
                                       " is already stored with another `" + std::string(added->differs) + "`",
                                   Position{"", line, 0}});
    }
    ++(added->added ? imported.added : imported.unchanged);
  }
  if (auto done = transaction->commit(); !done) return std::unexpected(write_error(done.error()));
  return imported;
}

}  // namespace nines::store
