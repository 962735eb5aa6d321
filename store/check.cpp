#include "store/check.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "store/chunks.hpp"
#include "store/rows.hpp"
#include "store/schema.hpp"

namespace nines::store {
namespace {

constexpr std::uint64_t kHoursBetweenNews = 1000;

// Values that a column of `result` may have; others would be read as something else.
constexpr std::string_view kOutOfRange =
    "SELECT count(*) FROM result WHERE status NOT BETWEEN -32768 AND 32767 OR reason NOT BETWEEN 0 AND 255 "
    "OR first_reason NOT BETWEEN 0 AND 255 OR attempts NOT BETWEEN 0 AND 255 OR origin NOT BETWEEN 0 AND 2";

class Check {
 public:
  Check(Connection& connection, const CheckProgress& progress) : connection_(connection), progress_(progress) {}

  Sql<Checked> run() {
    const auto transaction = Transaction::begin(connection_, Transaction::Kind::read);
    if (!transaction) return std::unexpected(transaction.error());
    for (const auto step : {&Check::look_at_pages, &Check::read_series, &Check::decode_hours, &Check::look_at_rows,
                            &Check::look_for_twins, &Check::look_at_the_rest}) {
      if (auto done = (this->*step)(); !done) return std::unexpected(done.error());
    }
    return std::move(checked_);
  }

 private:
  void fault(std::string words) {
    if (checked_.faults.size() < kMaxFaults)
      checked_.faults.push_back(std::move(words));
    else
      ++checked_.more_faults;
  }

  template <class Visit>
  Sql<> each(std::string_view sql, const Visit& visit) {
    auto statement = Statement::prepare(connection_, sql);
    if (!statement) return std::unexpected(statement.error());
    for (;;) {
      const auto there = statement->step();
      if (!there) return std::unexpected(there.error());
      if (!*there) return {};
      visit(std::as_const(*statement));
    }
  }

  Sql<> look_at_pages() {
    progress_("pages", 0, 0);
    return each("PRAGMA integrity_check(100)", [&](const Statement& row) {
      if (auto words = row.text(0); words != "ok") fault("the file: " + words);
    });
  }

  Sql<> read_series() {
    return each("SELECT id, check_name, region FROM series",
                [&](const Statement& row) { names_.emplace(row.integer(0), row.text(1) + " in " + row.text(2)); });
  }

  std::string name(std::int64_t series) const {
    const auto found = names_.find(series);
    return found == names_.end() ? "series " + std::to_string(series) : found->second;
  }

  Sql<> decode_hours() {
    const auto hours = connection_.integer("SELECT count(*) FROM chunk");
    if (!hours) return std::unexpected(hours.error());
    const auto all = static_cast<std::uint64_t>(*hours);
    return each("SELECT " + std::string(kChunkColumns) + ", series FROM chunk", [&](const Statement& row) {
      if (checked_.hours++ % kHoursBetweenNews == 0) progress_("sealed hours", checked_.hours - 1, all);
      const auto series = row.integer(kDurationsColumn + 2);
      const auto hour = row.integer(0);
      const auto where = name(series) + ", the hour from " + format_time(start_of_hour(hour), 0) + ": ";
      if (!names_.contains(series)) fault(where + "there is no such series");
      const auto rows = decode_chunk(series, read_chunk(row));
      if (!rows) return fault(where + rows.error().message);
      checked_.results += rows->size();
    });
  }

  Sql<> look_at_rows() {
    progress_("results that are not sealed", 0, 0);
    const auto count = connection_.integer("SELECT count(*) FROM result");
    if (!count) return std::unexpected(count.error());
    checked_.results += static_cast<std::uint64_t>(*count);
    const auto wrong = connection_.integer(std::string(kOutOfRange));
    if (!wrong) return std::unexpected(wrong.error());
    if (*wrong > 0) fault(std::to_string(*wrong) + " results that are not sealed have values out of range");
    return {};
  }

  // Results whose hour is sealed as well.
  Sql<> look_for_twins() {
    auto chunk = Statement::prepare(
        connection_, "SELECT " + std::string(kChunkColumns) + " FROM chunk WHERE series = ? AND hour = ?");
    if (!chunk) return std::unexpected(chunk.error());
    std::pair<std::int64_t, std::int64_t> present{-1, -1};
    std::vector<ResultRow> sealed;
    Sql<> inner;
    auto outer = each("SELECT series, start FROM result ORDER BY series, start", [&](const Statement& row) {
      const std::pair key(row.integer(0), hour_of(row.time(1)));
      if (inner && key != std::exchange(present, key)) {
        sealed.clear();
        const auto there = chunk->bind(key.first, key.second).step();
        if (!there) inner = std::unexpected(there.error());
        // A damaged one was told of before.
        if (there && *there) sealed = read_chunk_rows(*chunk, key.first).value_or(std::vector<ResultRow>());
        chunk->reset();
      }
      if (std::ranges::binary_search(sealed, row.time(1), {}, &ResultRow::start)) {
        fault(name(key.first) + " at " + format_time(row.time(1)) + ": the result is there twice");
      }
    });
    return outer ? inner : outer;
  }

  Sql<> look_at_the_rest() {
    for (const std::string table : {"result", "evidence", "attempt"}) {
      const auto lost =
          connection_.integer("SELECT count(*) FROM " + table + " WHERE series NOT IN (SELECT id FROM series)");
      if (!lost) return std::unexpected(lost.error());
      if (*lost > 0) fault(std::to_string(*lost) + " rows of `" + table + "` are of a series that is not there");
    }
    return {};
  }

  Connection& connection_;
  const CheckProgress& progress_;
  Checked checked_;
  std::unordered_map<std::int64_t, std::string> names_;
};

}  // namespace

Expected<Checked> check_store(const std::string& path, const CheckProgress& progress) {
  auto connection = open_for_reading(path);
  if (!connection) return std::unexpected(connection.error());
  auto checked = Check(*connection, progress).run();
  if (checked) return std::move(*checked);
  // SQLite gives up on some pages: what it says of them is the fault.
  if (checked.error().code == SQLITE_CORRUPT) return Checked{.faults = {"the file: " + checked.error().message}};
  return fail(path + " cannot be read: " + checked.error().message);
}

}  // namespace nines::store
