#include "store/chunk.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include <catch2/catch.hpp>

#include "store/pack.hpp"
#include "tests/store/support.hpp"

using namespace nines;
using namespace nines::store;
using namespace nines::store::tests;

namespace {

constexpr std::int64_t kSeries = 7;

std::vector<std::int64_t> packed_and_back(const std::vector<std::int64_t>& values) {
  std::string bytes;
  pack(values, bytes);
  std::string_view in = bytes;
  std::vector<std::int64_t> back(values.size());
  REQUIRE(unpack(in, back));
  CHECK(in.empty());
  return back;
}

std::size_t packed_size(const std::vector<std::int64_t>& values) {
  std::string bytes;
  pack(values, bytes);
  return bytes.size();
}

// What a check every 30 s with phases looks like: late by up to a few milliseconds, latencies lognormal.
std::vector<ResultRow> hour_of_a_check(unsigned seed, int count = 120) {
  std::mt19937 random(seed);
  std::lognormal_distribution<double> processing(9.4, 0.3);
  std::lognormal_distribution<double> connect(5.3, 0.3);
  std::exponential_distribution<double> late(1.0 / 300);
  std::vector<ResultRow> rows;
  for (int i = 0; i < count; ++i) {
    ResultRow row;
    row.start = at(i * 3600.0 / count) + Micros(std::lround(late(random)) % 4000);
    row.interval = std::chrono::seconds(30);
    row.phases = {Micros(std::lround(connect(random))), Micros(std::lround(connect(random))),
                  Micros(std::lround(4 * connect(random))), Micros(std::lround(processing(random))),
                  Micros(std::lround(connect(random) / 2))};
    row.duration = row.phases.total() + Micros(static_cast<int>(random() % 8));
    row.status = 200;
    rows.push_back(row);
  }
  return rows;
}

// Whatever a row may hold, at any moments of one hour.
std::vector<ResultRow> any_hour(unsigned seed) {
  std::mt19937_64 random(seed);
  const auto pick = [&](std::initializer_list<std::int64_t> values) {
    return Micros(std::data(values)[random() % values.size()]);
  };
  const auto any = [&] {
    const auto most = std::numeric_limits<std::int64_t>::max();
    const auto least = std::numeric_limits<std::int64_t>::min();
    return pick({0, 0, 0, 1, -1, 12'345, static_cast<std::int64_t>(random()), most, least,
                 static_cast<std::int64_t>(random() % 100'000)});
  };
  std::vector<ResultRow> rows(1 + random() % 300);
  for (auto& row : rows) {
    row.start = at(0) + Micros(random() % 3 == 0 ? random() % 50 : random() % 3'600'000'000);
    row.duration = any();
    row.measured = any();
    row.interval = any();
    for (const auto field : kPhaseFields) row.phases.*field = any();
    row.status = static_cast<std::int16_t>(random());
    row.reason = static_cast<Reason>(random() % 3 == 0 ? random() : 0);
    row.first_reason = static_cast<Reason>(random());
    row.attempts = static_cast<std::uint8_t>(random());
    row.origin = static_cast<Origin>(random() % 3);
  }
  std::ranges::sort(rows, {}, &ResultRow::start);
  rows.erase(std::ranges::unique(rows, {}, &ResultRow::start).begin(), rows.end());
  return rows;
}

}  // namespace

TEST_CASE("any column of integers comes back from its bits") {
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  const auto column = GENERATE(values<std::vector<std::int64_t>>({{0},
                                                                  {kLeast},
                                                                  {kMost, kLeast},
                                                                  {kLeast, kMost, 0, -1, 1},
                                                                  {5, 5, 5, 5},
                                                                  {1, 2, 3, 1'000'000'000'000},
                                                                  {-1'000'000, 1, 2, 3, 4, 5, 6, 7, 8, 9},
                                                                  {0, (1LL << 56) - 1, 1LL << 56, (1LL << 57) + 1}}));
  CHECK(packed_and_back(column) == column);
}

TEST_CASE("columns of random numbers of every width come back, outliers on both sides included") {
  std::mt19937_64 random(1);
  for (unsigned width = 0; width <= 64; ++width) {
    for (const std::size_t count : {1, 2, 7, 8, 9, 120, 1000}) {
      std::vector<std::int64_t> values(count);
      for (auto& value : values) {
        value = width == 0 ? 0 : static_cast<std::int64_t>(random() >> (64 - width));
        if (random() % 20 == 0) value = static_cast<std::int64_t>(random()) >> random() % 64;
      }
      REQUIRE(packed_and_back(values) == values);
    }
  }
}

TEST_CASE("a column takes the bits of most of its values, and a few bytes more for each outlier") {
  std::vector<std::int64_t> values(120, 42);
  CHECK(packed_size(values) == 2);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = 1'000'000 + static_cast<std::int64_t>(i % 8);
  const auto narrow = packed_size(values);
  CHECK(narrow == 1 + 3 + 45);
  values[17] = 0;
  values[70] = 2'000'000;
  CHECK(packed_size(values) <= narrow + 10);
}

TEST_CASE("an hour of results with phases comes back, and takes less than 10.2 bytes a result") {
  std::size_t bytes = 0;
  std::size_t duration_bytes = 0;
  for (unsigned seed = 0; seed < 50; ++seed) {
    const auto rows = hour_of_a_check(seed);
    const auto chunk = encode_chunk(kSeries, rows);
    REQUIRE(decode_chunk(kSeries, view(chunk)).value() == rows);
    bytes += chunk.durations.size() + chunk.rest.size();
    duration_bytes += chunk.durations.size();
  }
  CHECK(static_cast<double>(bytes) / (50 * 120) < 10.2);
  CHECK(static_cast<double>(duration_bytes) / (50 * 120) < 2.4);
}

TEST_CASE("hours of whatever rows can hold come back") {
  for (unsigned seed = 0; seed < 500; ++seed) {
    const auto rows = any_hour(seed);
    const auto chunk = encode_chunk(kSeries, rows);
    const auto back = decode_chunk(kSeries, view(chunk));
    INFO((back ? std::string() : back.error().text()));
    REQUIRE(back.has_value());
    REQUIRE(*back == rows);
    Durations durations;
    REQUIRE(decode_durations(kSeries, chunk.summary, chunk.durations, durations));
    REQUIRE(std::ranges::equal(durations.durations, rows, {}, {}, &ResultRow::duration));
  }
}

TEST_CASE("a summary counts what its hour holds") {
  std::vector<ResultRow> rows(7);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].start = at(30.0 * static_cast<double>(i));
    rows[i].duration = Micros(10 + static_cast<int>(i));
    rows[i].interval = std::chrono::seconds(30);
    rows[i].status = 200;
  }
  rows[6].start = at(400);
  CHECK(summarize(rows) == HourSummary{.hour = hour_of(at(0)),
                                       .count = 7,
                                       .successes = 7,
                                       .first = at(0),
                                       .last = at(400),
                                       .gap = std::chrono::seconds(250),
                                       .interval = std::chrono::seconds(30),
                                       .sum = Micros(91),
                                       .least = Micros(10),
                                       .most = Micros(16)});
  rows[0].reason = rows[0].first_reason = Reason::connect_refused;
  rows[1].reason = rows[1].first_reason = Reason::agent_network;
  rows[2].first_reason = Reason::connect_refused;
  rows[3].origin = Origin::manual;
  rows[4].status = 503;
  rows[5].interval = std::chrono::seconds(15);
  const auto summary = summarize(rows);
  CHECK(summary.special == 6);
  CHECK(summary.failures == 1);
  CHECK(summary.successes == 4);
  CHECK(summary.least == Micros(12));
  CHECK(summary.sum == Micros(12 + 14 + 15 + 16));
}

TEST_CASE("a flipped bit anywhere in a chunk, or in its summary, is found") {
  const auto chunk = encode_chunk(kSeries, hour_of_a_check(3, 20));
  const auto refused = [](std::int64_t series, const Chunk& changed) {
    return !decode_chunk(series, view(changed)).has_value();
  };
  CHECK(refused(kSeries + 1, chunk));
  for (auto part : {&Chunk::durations, &Chunk::rest}) {
    for (std::size_t bit = 0; bit < 8 * (chunk.*part).size(); ++bit) {
      auto changed = chunk;
      (changed.*part)[bit / 8] = static_cast<char>((changed.*part)[bit / 8] ^ 1 << bit % 8);
      REQUIRE(refused(kSeries, changed));
    }
    for (std::size_t size = 0; size < (chunk.*part).size(); ++size) {
      auto changed = chunk;
      (changed.*part).resize(size);
      REQUIRE(refused(kSeries, changed));
    }
  }
  for (auto number : {&HourSummary::hour, &HourSummary::count, &HourSummary::successes, &HourSummary::failures,
                      &HourSummary::special}) {
    auto changed = chunk;
    changed.summary.*number ^= 1;
    CHECK(refused(kSeries, changed));
  }
  for (auto number :
       {&HourSummary::gap, &HourSummary::interval, &HourSummary::sum, &HourSummary::least, &HourSummary::most}) {
    auto changed = chunk;
    changed.summary.*number += Micros(1);
    CHECK(refused(kSeries, changed));
  }
}

TEST_CASE("a result is plain when nothing but its start and its durations can matter") {
  CHECK(is_plain(ResultRow{}));
  const auto with = [](const auto& change) {
    ResultRow row;
    change(row);
    return is_plain(row);
  };
  CHECK(with([](ResultRow& row) { row.status = 499; }));
  CHECK_FALSE(with([](ResultRow& row) { row.status = 500; }));
  CHECK_FALSE(with([](ResultRow& row) { row.reason = Reason::http_status; }));
  CHECK_FALSE(with([](ResultRow& row) { row.first_reason = Reason::http_status; }));
  CHECK_FALSE(with([](ResultRow& row) { row.attempts = 2; }));
  CHECK_FALSE(with([](ResultRow& row) { row.origin = Origin::manual; }));
}

TEST_CASE("bytes that are no chunk are refused with words, whatever they are") {
  std::mt19937 random(5);
  const auto good = encode_chunk(kSeries, hour_of_a_check(4, 40));
  const auto body = [](const std::string& bytes) { return bytes.substr(0, bytes.size() - 4); };
  std::size_t refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string durations = body(good.durations);
    std::string rest = body(good.rest);
    for (unsigned changes = 1 + random() % 3; changes > 0; --changes) {
      std::string& bytes = random() % 2 == 0 ? durations : rest;
      bytes[random() % bytes.size()] = static_cast<char>(random());
      if (random() % 8 == 0) bytes.resize(random() % bytes.size() + 1);
    }
    const auto rows = decode_columns(good.summary, durations, rest);
    if (rows) {
      CHECK(decode_chunk(kSeries, view(encode_chunk(kSeries, *rows))).value() == *rows);
    } else {
      CHECK_FALSE(rows.error().message.empty());
      ++refused;
    }
  }
  CHECK(refused > 1000);
}
