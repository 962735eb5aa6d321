#include "sla/calendar.hpp"

#include <catch2/catch.hpp>

namespace nines::sla {
namespace {

std::string text(const Expected<ReportPeriod>& period) {
  if (!period) return period.error().message;
  return format_time(period->period.from, 0) + " " + format_time(period->period.to, 0) + " " + period->label;
}

Micros length(const Expected<ReportPeriod>& period) {
  return period->period.length();
}

}  // namespace

TEST_CASE("months, quarters and years have their real lengths in every zone") {
  CHECK(text(month("2026-10", "UTC")) == "2026-10-01T00:00:00Z 2026-11-01T00:00:00Z 2026-10");
  CHECK(text(month("2026-10", "Europe/Berlin")) == "2026-09-30T22:00:00Z 2026-10-31T23:00:00Z 2026-10");
  CHECK(length(month("2026-10", "Europe/Berlin")) == std::chrono::hours(31 * 24 + 1));
  CHECK(length(month("2026-03", "Europe/Berlin")) == std::chrono::hours(31 * 24 - 1));
  CHECK(length(month("2028-02", "UTC")) == std::chrono::hours(29 * 24));
  CHECK(length(month("2026-02", "Asia/Kathmandu")) == std::chrono::hours(28 * 24));
  CHECK(text(month("2026-12", "America/New_York")) == "2026-12-01T05:00:00Z 2027-01-01T05:00:00Z 2026-12");
  CHECK(text(quarter("2026-Q4", "UTC")) == "2026-10-01T00:00:00Z 2027-01-01T00:00:00Z 2026-Q4");
  CHECK(text(year("2026", "Asia/Kathmandu")) == "2025-12-31T18:15:00Z 2026-12-31T18:15:00Z 2026");
}

TEST_CASE("a local midnight that does not exist is the first moment after the gap") {
  CHECK(format_time(*parse_local("2018-11-04", "America/Sao_Paulo")) == "2018-11-04T03:00:00.000000Z");
  CHECK(format_local(*parse_local("2018-11-04", "America/Sao_Paulo"), "America/Sao_Paulo") == "2018-11-04 01:00");
}

TEST_CASE("wrong periods and zones are refused with a sentence") {
  CHECK(text(month("2026-13", "UTC")) == "\"2026-13\" is not a month: expected YYYY-MM, such as 2026-10");
  CHECK(text(month("26-1", "UTC")) == "\"26-1\" is not a month: expected YYYY-MM, such as 2026-10");
  CHECK(text(quarter("2026-Q5", "UTC")) == "\"2026-Q5\" is not a quarter: expected YYYY-Qn, such as 2026-Q4");
  CHECK(text(year("1066", "UTC")) == "\"1066\" is not a year: expected YYYY, such as 2026");
  CHECK(text(month("2026-10", "Mars/Base")) ==
        "time zone \"Mars/Base\" is not known: expected an IANA name such as Europe/Berlin (needs tzdata)");
  CHECK_FALSE(warm_up("Mars/Base"));
  CHECK(warm_up("Europe/Berlin"));
  CHECK(parse_local("yesterday", "UTC").error().message ==
        "\"yesterday\" is not a time: expected 2026-10-01, 2026-10-01T02:00 or 2026-10-01T02:00:00+02:00");
}

TEST_CASE("times without an offset are local, the first of two where the clock repeats") {
  const auto utc = [](const char* local) { return format_time(*parse_local(local, "Europe/Berlin"), 0); };
  CHECK(utc("2026-10-01") == "2026-09-30T22:00:00Z");
  CHECK(utc("2026-10-01T02:00") == "2026-10-01T00:00:00Z");
  CHECK(utc("2026-10-01 02:00:05") == "2026-10-01T00:00:05Z");
  CHECK(utc("2026-10-01T02:00:00-05:00") == "2026-10-01T07:00:00Z");
  CHECK(utc("2026-10-25T02:30") == "2026-10-25T00:30:00Z");
  CHECK(utc("2026-03-29T02:30") == "2026-03-29T01:00:00Z");
}

TEST_CASE("the current period holds the moment, in the objective's zone") {
  config::Objective objective;
  objective.time_zone = "Europe/Berlin";
  const Time at = *parse_time("2026-09-30T22:30:00Z");
  CHECK(text(current_period(objective, at)) == "2026-09-30T22:00:00Z 2026-10-31T23:00:00Z 2026-10");
  objective.window.kind = config::Window::Kind::quarter;
  CHECK(text(current_period(objective, at)) == "2026-09-30T22:00:00Z 2026-12-31T23:00:00Z 2026-Q4");
  objective.window.kind = config::Window::Kind::year;
  CHECK(text(current_period(objective, at)) == "2025-12-31T23:00:00Z 2026-12-31T23:00:00Z 2026");
  objective.window = {config::Window::Kind::rolling, std::chrono::hours(24)};
  CHECK(text(current_period(objective, at)) == "2026-09-29T22:30:00Z 2026-09-30T22:30:00Z last 1d");
}

TEST_CASE("weekly hours: a skipped hour is not there, a repeated one is there twice") {
  const config::WeeklyHours sunday_night{{{6, 120, 180}}, "Sun 02:00-03:00"};
  const auto hours_on = [&](const char* from, const char* to) {
    Micros sum{0};
    for (const Period& p : local_hours(sunday_night, "Europe/Berlin", {*parse_time(from), *parse_time(to)}))
      sum += p.length();
    return std::chrono::duration_cast<std::chrono::minutes>(sum).count();
  };
  CHECK(hours_on("2026-10-18T00:00:00Z", "2026-10-19T00:00:00Z") == 60);
  CHECK(hours_on("2026-10-25T00:00:00Z", "2026-10-26T00:00:00Z") == 120);
  CHECK(hours_on("2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z") == 0);
  CHECK(hours_on("2026-10-18T00:15:00Z", "2026-10-18T00:40:00.5Z") == 25);
  const config::WeeklyHours late{{{5, 1380, 1440}, {6, 0, 60}}, "Sat 23:00-Sun 01:00"};
  const auto joined =
      local_hours(late, "UTC", {*parse_time("2026-10-01T00:00:00Z"), *parse_time("2026-10-08T00:00:00Z")});
  REQUIRE(joined.size() == 1);
  CHECK(joined[0].length() == std::chrono::hours(2));
}

}  // namespace nines::sla
