#include "store/alert_rows.hpp"

namespace nines::store {
namespace {

Time or_epoch(const std::optional<Time>& time) {
  return time.value_or(Time{});
}

template <class... Values>
Sql<> run(Connection& connection, std::string_view sql, const Values&... values) {
  auto statement = Statement::prepare(connection, sql);
  if (!statement) return std::unexpected(statement.error());
  return statement->bind(values...).run();
}

Sql<> put(Connection& connection, const AlertEntry& alert) {
  return run(connection,
             "INSERT OR REPLACE INTO alert (id, identity, labels, annotations, url, starts, ends) "
             "VALUES (?, ?, ?, ?, ?, ?, ?)",
             alert.id, alert.identity, alert.labels, alert.annotations, alert.url, alert.starts, or_epoch(alert.ends));
}

Sql<> put(Connection& connection, const AlertTold& told) {
  return run(connection, "INSERT OR REPLACE INTO alert_told (alert, receiver, firing, resolved) VALUES (?, ?, ?, ?)",
             told.alert, told.receiver, or_epoch(told.firing), or_epoch(told.resolved));
}

Sql<> put(Connection& connection, const SilenceEntry& silence) {
  if (silence.id.empty()) {
    return run(connection, "DELETE FROM silence WHERE receiver = ? AND made_for = ?", silence.receiver,
               silence.made_for);
  }
  return run(connection, "INSERT OR REPLACE INTO silence (receiver, made_for, id, ends) VALUES (?, ?, ?, ?)",
             silence.receiver, silence.made_for, silence.id, silence.ends);
}

Sql<> forget(Connection& connection, Time before) {
  auto done = run(connection,
                  "DELETE FROM alert_told WHERE alert IN (SELECT id FROM alert WHERE ends > 0 AND ends < ?)", before);
  if (!done) return done;
  return run(connection, "DELETE FROM alert WHERE ends > 0 AND ends < ?", before);
}

template <class Entry>
Sql<> put_all(Connection& connection, const std::vector<Entry>& entries) {
  for (const Entry& entry : entries) {
    if (auto done = put(connection, entry); !done) return done;
  }
  return {};
}

}  // namespace

Sql<> write_alerts(Connection& connection, const AlertChanges& changes) {
  auto transaction = Transaction::begin(connection, Transaction::Kind::write);
  if (!transaction) return std::unexpected(transaction.error());
  if (auto done = put_all(connection, changes.alerts); !done) return done;
  if (auto done = put_all(connection, changes.told); !done) return done;
  if (auto done = put_all(connection, changes.silences); !done) return done;
  if (changes.forget) {
    if (auto done = forget(connection, *changes.forget); !done) return done;
  }
  return transaction->commit();
}

}  // namespace nines::store
