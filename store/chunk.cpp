#include "store/chunk.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include <zlib.h>

#include "store/pack.hpp"

namespace nines::store {
namespace {

constexpr std::size_t kChecksumBytes = 4;
constexpr std::size_t kPhases = std::size(kPhaseFields);

using Column = std::vector<std::int64_t>;

// Sums and differences of whatever was stored, so modulo 2^64.
std::int64_t plus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
std::int64_t minus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
std::int64_t times(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}

template <class Get>
Column column(std::span<const ResultRow> rows, const Get& get) {
  Column values(rows.size());
  std::ranges::transform(rows, values.begin(), get);
  return values;
}

void put_little_endian(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

void put_checksum(std::int64_t series, const HourSummary& summary, std::string& bytes) {
  put_little_endian(bytes, chunk_checksum(series, summary, bytes), kChecksumBytes);
}

// The bytes before the checksum, nothing when it is not theirs.
std::string_view checked(std::int64_t series, const HourSummary& summary, std::string_view bytes) {
  if (bytes.size() <= kChecksumBytes) return {};
  const auto body = bytes.substr(0, bytes.size() - kChecksumBytes);
  std::string wanted;
  put_little_endian(wanted, chunk_checksum(series, summary, body), kChecksumBytes);
  return bytes.substr(body.size()) == wanted ? body : std::string_view();
}

std::unexpected<Error> damaged(const char* part, const char* how) {
  return fail(std::string("its ") + part + " " + how);
}

// The distance from start to start that most have, or that the schedule names.
std::int64_t grid_of(std::span<const ResultRow> rows) {
  if (rows.size() < 2) return 0;
  std::vector<std::int64_t> distances;
  distances.reserve(rows.size());
  for (std::size_t i = 1; i < rows.size(); ++i) distances.push_back((rows[i].start - rows[i - 1].start).count());
  const auto middle = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
  std::ranges::nth_element(distances, middle);
  const auto interval = rows[rows.size() / 2].interval.count();
  const bool fits = interval > 0 && interval / 2 < *middle && *middle / 2 < interval;
  return fits ? interval : *middle;
}

// Each start as the number of grid points past the one after its predecessor's, and its distance from its grid point.
struct Starts {
  std::int64_t grid = 0;
  Column skips, deviations;
};
Starts starts_of(std::span<const ResultRow> rows) {
  Starts starts{grid_of(rows), Column(rows.size()), Column(rows.size())};
  std::int64_t before = -1;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto since_first = (rows[i].start - rows.front().start).count();
    const auto point = starts.grid > 0 ? (since_first + starts.grid / 2) / starts.grid : 0;
    starts.skips[i] = point - before - 1;
    starts.deviations[i] = since_first - point * starts.grid;
    before = point;
  }
  return starts;
}

// The longest phase follows from the others and the duration but for a remainder, which is the smaller number.
struct PhaseColumns {
  std::size_t derived = kPhases;  // none
  std::string bytes;
};
PhaseColumns pack_phases(std::span<const ResultRow> rows) {
  std::array<Column, kPhases> phases;
  std::array<std::uint64_t, kPhases> sums{};
  for (std::size_t i = 0; i < kPhases; ++i) {
    phases[i] = column(rows, [&](const ResultRow& row) { return (row.phases.*kPhaseFields[i]).count(); });
    for (const auto value : phases[i]) sums[i] += static_cast<std::uint64_t>(value);
  }
  const auto longest = static_cast<std::size_t>(std::ranges::max_element(sums) - sums.begin());
  Column remainder(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    remainder[i] = rows[i].duration.count();
    for (const auto& phase : phases) remainder[i] = minus(remainder[i], phase[i]);
  }
  std::string plain;
  std::string derived;
  pack(phases[longest], plain);
  pack(remainder, derived);
  const bool derive = derived.size() < plain.size();
  PhaseColumns packed{derive ? longest : kPhases, {}};
  for (std::size_t i = 0; i < kPhases; ++i) {
    if (i == longest)
      packed.bytes += derive ? derived : plain;
    else
      pack(phases[i], packed.bytes);
  }
  return packed;
}

std::string encode_durations(std::span<const ResultRow> rows) {
  std::string bytes;
  pack(column(rows, [](const ResultRow& row) { return row.duration.count(); }), bytes);
  pack(column(rows, [](const ResultRow& row) { return row.measured.count(); }), bytes);
  return bytes;
}

std::string encode_rest(std::span<const ResultRow> rows) {
  const auto starts = starts_of(rows);
  const auto phases = pack_phases(rows);
  std::string bytes;
  put_varint(bytes, static_cast<std::uint64_t>(starts.grid));
  bytes.push_back(static_cast<char>(phases.derived));
  pack(starts.skips, bytes);
  pack(starts.deviations, bytes);
  pack(column(rows, [](const ResultRow& row) { return row.interval.count(); }), bytes);
  bytes += phases.bytes;
  pack(column(rows, [](const ResultRow& row) { return std::int64_t{row.status}; }), bytes);
  pack(column(rows, [](const ResultRow& row) { return static_cast<std::int64_t>(row.reason); }), bytes);
  pack(column(rows,
              [](const ResultRow& row) {
                return static_cast<std::int64_t>(row.first_reason) - static_cast<std::int64_t>(row.reason);
              }),
       bytes);
  pack(column(rows, [](const ResultRow& row) { return std::int64_t{row.attempts}; }), bytes);
  pack(column(rows, [](const ResultRow& row) { return static_cast<std::int64_t>(row.origin); }), bytes);
  return bytes;
}

// Takes columns off a string one after the other, into the rows; remembers that one was none.
class Columns {
 public:
  Columns(std::string_view bytes, std::vector<ResultRow>& rows) : bytes_(bytes), rows_(rows), column_(rows.size()) {}

  const Column& next() {
    sound_ = sound_ && unpack(bytes_, column_);
    return column_;
  }
  // Calls set(row, value) for each row; values outside [least, most] are not sound.
  template <class Set>
  void each(std::int64_t least, std::int64_t most, const Set& set) {
    next();
    for (std::size_t i = 0; sound_ && i < rows_.size(); ++i) {
      sound_ = column_[i] >= least && column_[i] <= most;
      if (sound_) set(rows_[i], column_[i]);
    }
  }
  template <class Set>
  void each(const Set& set) {
    each(std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max(), set);
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    sound_ = sound_ && take_varint(bytes_, value);
    return value;
  }
  std::size_t byte() {
    sound_ = sound_ && !bytes_.empty();
    if (!sound_) return 0;
    const auto value = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    return value;
  }
  bool sound() const { return sound_; }
  bool sound_to_the_end() const { return sound_ && bytes_.empty(); }

 private:
  std::string_view bytes_;
  std::vector<ResultRow>& rows_;
  Column column_;
  bool sound_ = true;
};

void take_starts(Columns& columns, const HourSummary& summary, std::int64_t grid) {
  std::int64_t point = -1;
  columns.each([&](ResultRow& row, std::int64_t skip) {
    point = plus(plus(point, skip), 1);
    row.start = Time(Micros(plus(summary.first.time_since_epoch().count(), times(point, grid))));
  });
  columns.each([](ResultRow& row, std::int64_t deviation) {
    row.start = Time(Micros(plus(row.start.time_since_epoch().count(), deviation)));
  });
}

void take_phases(Columns& columns, std::vector<ResultRow>& rows, std::size_t derived) {
  for (const auto field : kPhaseFields) {
    columns.each([&](ResultRow& row, std::int64_t value) { row.phases.*field = Micros(value); });
  }
  if (derived >= kPhases) return;
  // What was stored of it is the remainder.
  const auto field = kPhaseFields[derived];
  for (auto& row : rows) {
    std::int64_t left = row.duration.count();
    for (const auto each : kPhaseFields) left = minus(left, (row.phases.*each).count());
    row.phases.*field = Micros(left);
  }
}

bool take_rest(std::string_view bytes, const HourSummary& summary, std::vector<ResultRow>& rows) {
  Columns columns(bytes, rows);
  const auto grid = columns.varint();
  const auto derived = columns.byte();
  if (derived > kPhases) return false;
  take_starts(columns, summary, static_cast<std::int64_t>(grid));
  columns.each([](ResultRow& row, std::int64_t value) { row.interval = Micros(value); });
  take_phases(columns, rows, derived);
  columns.each(INT16_MIN, INT16_MAX,
               [](ResultRow& row, std::int64_t value) { row.status = static_cast<std::int16_t>(value); });
  columns.each(0, UINT8_MAX, [](ResultRow& row, std::int64_t value) { row.reason = static_cast<Reason>(value); });
  bool in_range = true;
  columns.each(-UINT8_MAX, UINT8_MAX, [&](ResultRow& row, std::int64_t value) {
    value += static_cast<std::int64_t>(row.reason);
    in_range = in_range && value >= 0 && value <= UINT8_MAX;
    row.first_reason = static_cast<Reason>(value);
  });
  columns.each(0, UINT8_MAX,
               [](ResultRow& row, std::int64_t value) { row.attempts = static_cast<std::uint8_t>(value); });
  columns.each(0, static_cast<std::int64_t>(Origin::manual),
               [](ResultRow& row, std::int64_t value) { row.origin = static_cast<Origin>(value); });
  return in_range && columns.sound_to_the_end();
}

bool in_order(std::span<const ResultRow> rows) {
  const auto later = [](const ResultRow& a, const ResultRow& b) { return a.start >= b.start; };
  return std::ranges::adjacent_find(rows, later) == rows.end();
}

bool is_count(std::int64_t count) {
  return count >= 1 && count <= static_cast<std::int64_t>(kMaxChunkRows);
}

Expected<void> take_durations(const HourSummary& summary, std::string_view body, Durations& out) {
  if (!is_count(summary.count)) return fail("its number of results is out of range");
  Column& column = out.scratch;
  column.resize(static_cast<std::size_t>(summary.count));
  const auto take = [&](std::vector<Micros>& values) {
    values.resize(column.size());
    std::ranges::transform(column, values.begin(), [](std::int64_t value) { return Micros(value); });
  };
  if (!unpack(body, column)) return damaged("durations", "are no column");
  take(out.durations);
  if (!unpack(body, column) || !body.empty()) return damaged("durations", "are not two columns");
  out.measured.clear();
  if (std::ranges::any_of(column, [](std::int64_t value) { return value != ResultRow::kNone.count(); })) {
    take(out.measured);
  }
  return {};
}

}  // namespace

std::uint32_t chunk_checksum(std::int64_t series, const HourSummary& summary, std::string_view bytes) {
  const std::int64_t numbers[] = {series,
                                  summary.hour,
                                  summary.count,
                                  summary.successes,
                                  summary.failures,
                                  summary.special,
                                  summary.first.time_since_epoch().count(),
                                  summary.last.time_since_epoch().count(),
                                  summary.gap.count(),
                                  summary.interval.count(),
                                  summary.sum.count(),
                                  summary.least.count(),
                                  summary.most.count()};
  std::array<unsigned char, sizeof numbers> head;
  std::size_t at = 0;
  for (const auto number : numbers) {
    for (unsigned shift = 0; shift < 64; shift += 8) {
      head[at++] = static_cast<unsigned char>(static_cast<std::uint64_t>(number) >> shift);
    }
  }
  const auto start = crc32_z(0, head.data(), head.size());
  return static_cast<std::uint32_t>(crc32_z(start, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

Chunk encode_chunk(std::int64_t series, std::span<const ResultRow> rows) {
  Chunk chunk{summarize(rows), encode_durations(rows), encode_rest(rows)};
  put_checksum(series, chunk.summary, chunk.durations);
  put_checksum(series, chunk.summary, chunk.rest);
  return chunk;
}

Expected<void> decode_durations(std::int64_t series, const HourSummary& summary, std::string_view bytes,
                                Durations& out) {
  const auto body = checked(series, summary, bytes);
  if (body.empty()) return damaged("durations", "do not have the checksum that was stored with them");
  return take_durations(summary, body, out);
}

Expected<std::vector<ResultRow>> decode_columns(const HourSummary& summary, std::string_view durations,
                                                std::string_view rest) {
  Durations taken;
  if (auto done = take_durations(summary, durations, taken); !done) return std::unexpected(done.error());
  std::vector<ResultRow> rows(taken.durations.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].duration = taken.durations[i];
    if (!taken.measured.empty()) rows[i].measured = taken.measured[i];
  }
  if (!take_rest(rest, summary, rows)) return damaged("results", "are not the columns of a chunk");
  if (!in_order(rows)) return damaged("results", "are not in order of time");
  if (hour_of(rows.front().start) != summary.hour || hour_of(rows.back().start) != summary.hour) {
    return damaged("results", "are not all of its hour");
  }
  return rows;
}

Expected<std::vector<ResultRow>> decode_chunk(std::int64_t series, const ChunkView& chunk) {
  const auto durations = checked(series, chunk.summary, chunk.durations);
  if (durations.empty()) return damaged("durations", "do not have the checksum that was stored with them");
  const auto rest = checked(series, chunk.summary, chunk.rest);
  if (rest.empty()) return damaged("results", "do not have the checksum that was stored with them");
  auto rows = decode_columns(chunk.summary, durations, rest);
  if (rows && summarize(*rows) != chunk.summary) return damaged("summary", "is not that of its results");
  return rows;
}

}  // namespace nines::store
