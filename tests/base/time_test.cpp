#include "base/time.hpp"

#include <cstdint>
#include <random>

#include <catch2/catch.hpp>

#include "tests/support/manual_clock.hpp"

namespace nines {
namespace {

using namespace std::chrono_literals;

constexpr Micros kDay = std::chrono::hours(24);

TEST_CASE("a time in RFC 3339 is read to the microsecond, whatever its offset") {
  struct Case {
    std::string_view text;
    std::int64_t micros;
  };
  const auto c = GENERATE(values<Case>({{"1970-01-01T00:00:00Z", 0},
                                        {"2026-10-01T00:00:00Z", 1'790'812'800'000'000},
                                        {"2026-10-01T02:00:00+02:00", 1'790'812'800'000'000},
                                        {"2026-09-30T18:30:00-05:30", 1'790'812'800'000'000},
                                        {"2026-10-01t00:00:00z", 1'790'812'800'000'000},
                                        {"2026-10-01T00:00:00-00:00", 1'790'812'800'000'000},
                                        {"2026-10-01T00:00:00.25Z", 1'790'812'800'250'000},
                                        {"2026-10-01T00:00:00.000001Z", 1'790'812'800'000'001},
                                        {"2024-02-29T23:59:59.999999Z", 1'709'251'199'999'999},
                                        {"1969-12-31T23:00:00-01:00", 0},
                                        {"9999-12-31T23:59:59.999999Z", 253'402'300'799'999'999}}));
  CAPTURE(c.text);
  REQUIRE(parse_time(c.text));
  CHECK(parse_time(c.text)->time_since_epoch().count() == c.micros);
}

TEST_CASE("what is not a time is refused with the reason") {
  struct Case {
    std::string_view text;
    std::string_view why;
  };
  const auto c = GENERATE(values<Case>({{"", "expected RFC 3339"},
                                        {"yesterday", "expected RFC 3339"},
                                        {"2026-10-01", "expected RFC 3339"},
                                        {"2026-10-01 00:00:00Z", "expected RFC 3339"},
                                        {"2026-10-01T00:00Z", "expected RFC 3339"},
                                        {"2026-1-01T00:00:00Z", "expected RFC 3339"},
                                        {"+026-10-01T00:00:00Z", "expected RFC 3339"},
                                        {"2026-10-01T00:00:00.Z", "expected RFC 3339"},
                                        {"2026-10-01T00:00:00.1234567Z", "finer than a microsecond"},
                                        {"2026-10-01T00:00:00", "offset"},
                                        {"2026-10-01T00:00:00+2:00", "offset"},
                                        {"2026-10-01T00:00:00+0200", "offset"},
                                        {"2026-10-01T00:00:00+24:00", "offset"},
                                        {"2026-10-01T00:00:00+02:60", "offset"},
                                        {"2026-10-01T00:00:00Zulu", "something follows"},
                                        {"2026-02-29T00:00:00Z", "no such day"},
                                        {"2026-13-01T00:00:00Z", "no such day"},
                                        {"2026-00-01T00:00:00Z", "no such day"},
                                        {"2026-10-00T00:00:00Z", "no such day"},
                                        {"2026-10-01T24:00:00Z", "no such time of day"},
                                        {"2026-10-01T00:60:00Z", "no such time of day"},
                                        {"2026-10-01T00:00:61Z", "no such time of day"},
                                        {"2016-12-31T23:59:60Z", "leap second"},
                                        {"1969-12-31T23:59:59Z", "1970 to 9999"},
                                        {"1970-01-01T00:00:00+00:01", "1970 to 9999"},
                                        {"9999-12-31T23:59:59-00:01", "1970 to 9999"}}));
  CAPTURE(c.text);
  const auto time = parse_time(c.text);
  REQUIRE_FALSE(time);
  CHECK_THAT(time.error().message, Catch::Contains(std::string(c.why)));
}

TEST_CASE("a refused text is shown on one line and cut") {
  const auto time = parse_time("a\nb" + std::string(1000, 'x'));
  REQUIRE_FALSE(time);
  CHECK_THAT(time.error().message, Catch::StartsWith("\"a\\nb"));
  CHECK(time.error().message.size() < 200);
}

TEST_CASE("a time is written in UTC with the digits asked for, cut and not rounded") {
  const Time time = *parse_time("2026-10-01T00:00:00.259999Z");
  CHECK(format_time(time) == "2026-10-01T00:00:00.259999Z");
  CHECK(format_time(time, 3) == "2026-10-01T00:00:00.259Z");
  CHECK(format_time(time, 1) == "2026-10-01T00:00:00.2Z");
  CHECK(format_time(time, 0) == "2026-10-01T00:00:00Z");
  CHECK(format_time(Time(Micros(-1))) == "1969-12-31T23:59:59.999999Z");
}

TEST_CASE("every time reads back as it was written") {
  std::mt19937_64 random(1);
  std::uniform_int_distribution<std::int64_t> micros(0, 253'402'300'799'999'999);
  for (int i = 0; i < 2000; ++i) {
    const Time time{Micros(micros(random))};
    const std::string text = format_time(time);
    REQUIRE(parse_time(text));
    REQUIRE(*parse_time(text) == time);
  }
}

TEST_CASE("a period holds its start and not its end") {
  const Period period{Time(1s), Time(3s)};
  CHECK(period.length() == 2s);
  CHECK(period.contains(Time(1s)));
  CHECK(period.contains(Time(3s) - 1us));
  CHECK_FALSE(period.contains(Time(3s)));
  CHECK_FALSE(period.contains(Time(1s) - 1us));
}

TEST_CASE("durations are read as Prometheus and Go write them") {
  struct Case {
    std::string_view text;
    Micros duration;
  };
  const auto c = GENERATE(values<Case>({{"0", 0us},
                                        {"0s", 0us},
                                        {"30s", 30s},
                                        {"1m30s", 90s},
                                        {"1h30m", 90min},
                                        {"250ms", 250ms},
                                        {"1.5s", 1500ms},
                                        {"1.50s", 1500ms},
                                        {"0.000001s", 1us},
                                        {"10us", 10us},
                                        {"10µs", 10us},
                                        {"10\u03bcs", 10us},
                                        {"400d", 400 * kDay},
                                        {"2w", 14 * kDay},
                                        {"1y", 365 * kDay},
                                        {"1y2w3d4h5m6s7ms8us", 382 * kDay + 4h + 5min + 6s + 7ms + 8us},
                                        {"1m0.25s", 60'250ms},
                                        {"007s", 7s},
                                        {"100y", 36'500 * kDay}}));
  CAPTURE(c.text);
  REQUIRE(parse_duration(c.text));
  CHECK(*parse_duration(c.text) == c.duration);
}

TEST_CASE("what is not a duration is refused with the reason") {
  struct Case {
    std::string_view text;
    std::string_view why;
  };
  const auto c = GENERATE(values<Case>({{"", "expected one such as 30s"},
                                        {"-5s", "expected one such as 30s"},
                                        {"+5s", "expected one such as 30s"},
                                        {" 5s", "expected one such as 30s"},
                                        {"s", "expected one such as 30s"},
                                        {"1.s", "expected one such as 30s"},
                                        {".5s", "expected one such as 30s"},
                                        {"5", "a unit is missing"},
                                        {"00", "a unit is missing"},
                                        {"1m30", "a unit is missing"},
                                        {"5 s", "\" s\" is no unit"},
                                        {"5s ", "\"s \" is no unit"},
                                        {"5sec", "\"sec\" is no unit"},
                                        {"5M", "\"M\" is no unit"},
                                        {"1.2.3s", "\".\" is no unit"},
                                        {"1e3s", "\"e\" is no unit"},
                                        {"30s1m", "longest first"},
                                        {"1s1s", "each unit may appear once"},
                                        {"5ns", "finer than a microsecond"},
                                        {"0.5us", "finer than a microsecond"},
                                        {"0.0000001s", "finer than a microsecond"},
                                        {"0.1234567890123456789s", "finer than a microsecond"},
                                        {"101y", "over 100 years"},
                                        {"100y1us", "over 100 years"},
                                        {"99999999999999999999999s", "over 100 years"},
                                        {"999999999999999999y", "over 100 years"}}));
  CAPTURE(c.text);
  const auto duration = parse_duration(c.text);
  REQUIRE_FALSE(duration);
  CHECK_THAT(duration.error().message, Catch::Contains(std::string(c.why)));
}

TEST_CASE("a duration is written in the units people chose it in") {
  CHECK(format_duration(0us) == "0s");
  CHECK(format_duration(90s) == "1m30s");
  CHECK(format_duration(250ms) == "250ms");
  CHECK(format_duration(1500us) == "1.5ms");
  CHECK(format_duration(10us) == "10us");
  CHECK(format_duration(1500ms) == "1.5s");
  CHECK(format_duration(400 * kDay) == "400d");
  CHECK(format_duration(kDay + 1us) == "1d0.000001s");
  CHECK(format_duration(-90s) == "-1m30s");
}

TEST_CASE("every duration reads back as it was written") {
  std::mt19937_64 random(2);
  for (int i = 0; i < 2000; ++i) {
    const auto largest = std::int64_t{1} << (random() % 51U);
    const Micros duration(static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(largest)));
    const std::string text = format_duration(duration);
    CAPTURE(text);
    REQUIRE(parse_duration(text));
    REQUIRE(*parse_duration(text) == duration);
  }
}

TEST_CASE("a span is said in two units, rounded to the nearest") {
  CHECK(say_duration(0us) == "0 s");
  CHECK(say_duration(499us) == "0 s");
  CHECK(say_duration(850ms) == "850 ms");
  CHECK(say_duration(999'600us) == "1 s");
  CHECK(say_duration(12min + 40s + 300ms) == "12 min 40 s");
  CHECK(say_duration(59min + 59'700ms) == "1 h");
  CHECK(say_duration(76h + 29min + 59s) == "3 d 4 h");
  CHECK(say_duration(76h + 30min) == "3 d 5 h");
  CHECK(say_duration(2h) == "2 h");
  CHECK(say_duration(-90s) == "-1 min 30 s");
}

TEST_CASE("a latency is said with three figures") {
  CHECK(say_latency(0us) == "0.00 ms");
  CHECK(say_latency(834us) == "0.83 ms");
  CHECK(say_latency(12'345us) == "12.3 ms");
  CHECK(say_latency(850ms) == "850 ms");
  CHECK(say_latency(999'700us) == "1.00 s");
  CHECK(say_latency(1200ms) == "1.20 s");
  CHECK(say_latency(9'996us) == "10.0 ms");
  CHECK(say_latency(12'340ms) == "12.3 s");
  CHECK(say_latency(123'456ms) == "123 s");
}

TEST_CASE("figures for machines are seconds and milliseconds") {
  CHECK(seconds(1500ms) == 1.5);
  CHECK(milliseconds(12'345us) == 12.345);
}

TEST_CASE("the system's clocks are close to now, and the monotonic one does not go back") {
  const Clock& clock = system_clock();
  CHECK(clock.now() > *parse_time("2024-01-01T00:00:00Z"));
  const auto first = clock.monotonic();
  CHECK(clock.monotonic() >= first);
}

TEST_CASE("setting a manual clock moves the wall clock alone, advancing it moves both") {
  test::ManualClock clock(Time(10s));
  clock.advance(5s);
  clock.set(Time(3s));
  CHECK(clock.now() == Time(3s));
  CHECK(clock.monotonic() == 5s);
}

}  // namespace
}  // namespace nines
