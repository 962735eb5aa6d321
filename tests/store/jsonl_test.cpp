#include "store/jsonl.hpp"

#include <algorithm>
#include <functional>
#include <random>
#include <sstream>
#include <tuple>

#include <catch2/catch.hpp>

#include "tests/store/support.hpp"

using namespace nines;
using namespace nines::store;
using namespace nines::store::tests;

namespace {

std::string import_fault(Store& store, const std::string& text) {
  std::istringstream in(text);
  const auto imported = import_jsonl(store, in, "results.jsonl");
  return imported ? "" : imported.error().text();
}

Store::Imported import_text(Store& store, const std::string& text) {
  std::istringstream in(text);
  const auto imported = import_jsonl(store, in, "results.jsonl");
  INFO((imported ? std::string() : imported.error().text()));
  REQUIRE(imported.has_value());
  return *imported;
}

std::string export_text(Store& store, const Period& period = kEver) {
  std::ostringstream out;
  auto reader = store.reader();
  const auto count = export_jsonl(reader, period, out);
  REQUIRE(count.has_value());
  const auto text = out.str();
  CHECK(*count == static_cast<std::uint64_t>(std::ranges::count(text, '\n')));
  return text;
}

// A good line with one member replaced, added (no such member yet) or, with an empty value, left out.
std::string line_with(const std::string& member, const std::string& value) {
  const std::vector<std::pair<std::string, std::string>> members = {{"check", R"("a")"},
                                                                    {"region", R"("r")"},
                                                                    {"time", R"("2026-10-01T00:00:00Z")"},
                                                                    {"success", "true"},
                                                                    {"duration_ms", "1"}};
  std::string line;
  bool replaced = false;
  const auto add = [&](const std::string& name, const std::string& text) {
    line += std::string(line.empty() ? "{" : ",") + "\"" + name + "\":" + text;
  };
  for (const auto& [name, text] : members) {
    replaced = replaced || name == member;
    if (name != member) add(name, text);
    if (name == member && !value.empty()) add(name, value);
  }
  if (!replaced) add(member, value);
  return line + "}";
}

// Results as a prober could make them.
class Generator {
 public:
  Result next() {
    Result result{{pick({"a", "tasks-api", "caf\u00e9 \"x\"", "tab\there"}), pick({"us-east-1", "eu"})}, {}, {}};
    auto& row = result.row;
    second_ += 1 + below(1'000'000);
    row.start = at(0) + Micros{second_};
    row.duration = Micros{below(30'000'000)};
    row.status = static_cast<std::int16_t>(below(2) ? 0 : 100 + below(500));
    row.attempts = static_cast<std::uint8_t>(1 + below(3));
    if (below(2)) row.reason = reason();
    row.first_reason = row.attempts > 1 ? reason() : row.reason;
    if (below(2)) row.measured = Micros{below(5'000'000)};
    if (below(2)) row.interval = Micros{1 + below(60'000'000)};
    if (below(2)) {
      for (const auto field : kPhaseFields) row.phases.*field = Micros{below(2) * below(10'000)};
    }
    row.origin = static_cast<Origin>(below(3));
    return result;
  }

 private:
  std::int64_t below(std::int64_t limit) {
    return static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(limit));
  }
  std::string pick(std::vector<std::string> from) {
    return from[static_cast<std::size_t>(below(static_cast<std::int64_t>(from.size())))];
  }
  Reason reason() {
    for (;;) {
      const auto reason = static_cast<Reason>(1 + below(255));
      if (parse_reason(reason_name(reason)) == reason) return reason;
    }
  }

  std::mt19937_64 engine_{20'261'001};
  std::int64_t second_ = 0;
};

}  // namespace

TEST_CASE("the contract's line is read and written byte for byte") {
  const std::string line =
      R"({"check":"tasks-api","region":"us-east-1","time":"2026-10-01T00:00:00.000000Z","success":true,)"
      R"("duration_ms":12.345,"status":200})";
  const auto result = parse_result_line(line);
  REQUIRE(result.has_value());
  CHECK(result->key == kKey);
  CHECK(result->row == success(0).row);
  CHECK(format_result_line(*result) == line);
}

TEST_CASE("every member is read and written in its place") {
  const std::string line =
      R"({"check":"a","region":"r","time":"2026-10-01T00:00:01.000001Z","success":false,"duration_ms":0.001,)"
      R"("status":503,"reason":"http_status","first_reason":"connect_refused",)"
      R"("phases_ms":{"resolve":0,"connect":1,"tls":2.5,"processing":3.25,"transfer":4.125},)"
      R"("measured_ms":0,"interval_ms":30000,"attempts":2,"origin":"gate"})";
  const auto result = parse_result_line(line);
  REQUIRE(result.has_value());
  const auto& row = result->row;
  CHECK(row.start == at(1.000001));
  CHECK(row.duration == Micros{1});
  CHECK(row.status == 503);
  CHECK(row.reason == Reason::http_status);
  CHECK(row.first_reason == Reason::connect_refused);
  CHECK(row.phases == Phases{Micros{0}, Micros{1000}, Micros{2500}, Micros{3250}, Micros{4125}});
  CHECK(row.measured == Micros{0});
  CHECK(row.interval == Micros{30'000'000});
  CHECK(row.attempts == 2);
  CHECK(row.origin == Origin::gate);
  CHECK(format_result_line(*result) == line);
}

TEST_CASE("milliseconds are exact to the microsecond") {
  struct Case {
    std::string text;
    std::int64_t micros;
  };
  const auto one = GENERATE(values<Case>({{"0", 0},
                                          {"0.0", 0},
                                          {"12", 12'000},
                                          {"12.3", 12'300},
                                          {"12.34", 12'340},
                                          {"12.345", 12'345},
                                          {"12.345000", 12'345},
                                          {"0.001", 1},
                                          {"1.005", 1'005},
                                          {"2.675", 2'675},
                                          {"1.0010", 1'001},
                                          {"100000000000.001", 100'000'000'000'001},
                                          {"999999999999.999", 999'999'999'999'999}}));
  INFO(one.text);
  const auto result = parse_result_line(line_with("duration_ms", one.text));
  REQUIRE(result.has_value());
  CHECK(result->row.duration == Micros{one.micros});
}

TEST_CASE("times have none to six fractional digits and any offset") {
  for (const std::string time : {"2026-10-01T00:00:00Z", "2026-10-01T00:00:00.0Z", "2026-10-01T02:00:00.000000+02:00",
                                 "2026-09-30T18:30:00-05:30"}) {
    INFO(time);
    const auto result = parse_result_line(line_with("time", "\"" + time + "\""));
    REQUIRE(result.has_value());
    CHECK(result->row.start == at(0));
  }
}

TEST_CASE("a failure without a reason gets one: its status, else that it was imported") {
  struct Case {
    std::string more;
    Reason reason, first_reason;
  };
  const auto one = GENERATE(values<Case>({
      {R"("success":false)", Reason::imported, Reason::imported},
      {R"("success":false,"status":200)", Reason::imported, Reason::imported},
      {R"("success":false,"status":399)", Reason::imported, Reason::imported},
      {R"("success":false,"status":400)", Reason::http_status, Reason::http_status},
      {R"("success":false,"status":503,"attempts":2)", Reason::http_status, Reason::http_status},
      {R"("success":false,"reason":"timeout","attempts":2)", Reason::timeout, Reason::timeout},
      {R"("success":true,"status":503)", Reason::none, Reason::none},
      {R"("success":true,"attempts":2)", Reason::none, Reason::imported},
      {R"("success":true,"attempts":2,"first_reason":"timeout")", Reason::none, Reason::timeout},
  }));
  INFO(one.more);
  const auto result =
      parse_result_line(R"({"check":"a","region":"r","time":"2026-10-01T00:00:00Z","duration_ms":1,)" + one.more + "}");
  REQUIRE(result.has_value());
  CHECK(result->row.reason == one.reason);
  CHECK(result->row.first_reason == one.first_reason);
}

TEST_CASE("a bad line is named by file and number, with what was expected") {
  const std::string milliseconds = ": expected milliseconds with at most three fractional digits";
  struct Case {
    std::string line, fault;
  };
  const std::vector<Case> cases = {
      {"", "the line is empty: expected a JSON object"},
      {"  ", "the line is empty: expected a JSON object"},
      {"[]", "the line is an array: expected a JSON object"},
      {"7", "the line is a number: expected a JSON object"},
      {"null", "the line is null: expected a JSON object"},
      {"\"x\"", "the line is a string: expected a JSON object"},
      {"{}", "`check` is missing: expected the name of a check or journey"},
      {line_with("region", ""), "`region` is missing: expected the name of a region"},
      {line_with("time", ""), "`time` is missing: expected RFC 3339 such as 2026-10-01T00:00:00Z"},
      {line_with("success", ""), "`success` is missing: expected true or false"},
      {line_with("duration_ms", ""), "`duration_ms` is missing: expected milliseconds such as 12.345"},
      {line_with("check", "7"), "`check` is a number: expected the name of a check or journey"},
      {line_with("check", "\"\""), "`check` is empty: expected the name of a check or journey"},
      {line_with("region", "null"), "`region` is null: expected the name of a region"},
      {line_with("time", "1790812800"), "`time` is a number: expected RFC 3339 such as 2026-10-01T00:00:00Z"},
      {line_with("success", "1"), "`success` is a number: expected true or false"},
      {line_with("success", "\"true\""), "`success` is a string: expected true or false"},
      {line_with("duration_ms", "\"1\""), "`duration_ms` is a string: expected milliseconds such as 12.345"},
      {line_with("duration_ms", "true"), "`duration_ms` is true: expected milliseconds such as 12.345"},
      {line_with("duration_ms", "-1"), "`duration_ms` is -1, negative" + milliseconds},
      {line_with("duration_ms", "-0.5"), "`duration_ms` is -0.5, negative" + milliseconds},
      {line_with("duration_ms", "1e3"), "`duration_ms` is 1e3, written with an exponent" + milliseconds},
      {line_with("duration_ms", "0.0001"), "`duration_ms` is 0.0001, finer than a microsecond" + milliseconds},
      {line_with("duration_ms", "1000000000000"), "`duration_ms` is 1000000000000, too large" + milliseconds},
      {line_with("duration_ms", "99999999999999999999"),
       "`duration_ms` is 99999999999999999999, too large" + milliseconds},
      {line_with("status", "99"), "`status` is 99: expected an HTTP status from 100 to 999"},
      {line_with("status", "1000"), "`status` is 1000: expected an HTTP status from 100 to 999"},
      {line_with("status", "200.5"), "`status` is 200.5: expected an HTTP status from 100 to 999"},
      {line_with("status", "\"200\""), "`status` is a string: expected an HTTP status from 100 to 999"},
      {line_with("reason", "\"http_status\""), "`success` is true, but `reason` tells why it failed"},
      {line_with("reason", "\"http_statsu\""), "`reason` is \"http_statsu\": did you mean http_status?"},
      {line_with("reason", "\"nonsense and more\""),
       "`reason` is \"nonsense and more\": expected the name of a reason such as connect_refused"},
      {line_with("reason", "\"a\\u0007\\n\""),
       "`reason` is \"a\\x07\\n\": expected the name of a reason such as connect_refused"},
      {line_with("first_reason", "\"timeout\""),
       "`first_reason` is not the reason of the one attempt: expected `attempts` of 2 or more"},
      {line_with("measured_ms", "-1"), "`measured_ms` is -1, negative" + milliseconds},
      {line_with("interval_ms", "0"), "`interval_ms` is 0: expected milliseconds, more than 0"},
      {line_with("attempts", "0"), "`attempts` is 0: expected a number from 1 to 255"},
      {line_with("attempts", "256"), "`attempts` is 256: expected a number from 1 to 255"},
      {line_with("attempts", "1.5"), "`attempts` is 1.5: expected a number from 1 to 255"},
      {line_with("origin", "\"cron\""), "`origin` is \"cron\": expected scheduled, gate or manual"},
      {line_with("phases_ms", "1"), "`phases_ms` is a number: expected an object of milliseconds"},
      {line_with("phases_ms", "[]"), "`phases_ms` is an array: expected an object of milliseconds"},
      {line_with("phases_ms", R"({"dns":1})"),
       "`phases_ms.dns` is not known: expected resolve, connect, tls, processing or transfer"},
      {line_with("phases_ms", R"({"tls":"1"})"), "`phases_ms.tls` is a string: expected milliseconds"},
      {line_with("phases_ms", R"({"tls":{}})"), "`phases_ms.tls` is an object: expected milliseconds"},
      {line_with("phases_ms", R"({"tls":-1})"), "`phases_ms.tls` is -1, negative" + milliseconds},
      {line_with("phases_ms", R"({"tls":1,"tls":1})"), "`phases_ms.tls` is given twice"},
      {line_with("check", "{}"), "`check` is an object: expected the name of a check or journey"},
      {line_with("durations_ms", "1"), "`durations_ms` is not known: did you mean `duration_ms`?"},
      {line_with("foo", "1"), "`foo` is not known"},
      {line_with("status", "200,\"status\":200"), "`status` is given twice"},
  };
  const TempDir dir;
  const auto store = open_store(dir.path());
  const std::string good = format_result_line(success(0)) + "\n";
  for (const auto& one : cases) {
    INFO(one.line);
    CHECK(import_fault(*store, good + one.line + "\n" + good) == "results.jsonl:2: " + one.fault);
  }
  CHECK(rows_of(dir.path()).empty());
}

TEST_CASE("a line that is not JSON, not UTF-8, not a time or too long is a bad line") {
  struct Case {
    std::string line, part;
  };
  const std::vector<Case> cases = {
      {"{\"check\":", "not JSON"},
      {"{\"check\":\"a\"} x", "not JSON"},
      {line_with("check", "NaN"), "not JSON"},
      {line_with("check", "\"\xff\""), "not JSON"},
      {line_with("time", "\"yesterday\""), "`time`: \"yesterday\" is not a time"},
      {line_with("time", "\"2026-10-01T00:00:00.0000001Z\""), "finer than a microsecond"},
      {line_with("time", "\"2026-10-01T00:00:00\""), "offset"},
      {std::string(1, '\0'), "not JSON"},
      {line_with("check", "\"" + std::string(1'000'001, 'x') + "\""), "the line is longer than 1 MB"},
  };
  const TempDir dir;
  const auto store = open_store(dir.path());
  for (const auto& one : cases) {
    INFO(one.part);
    const auto fault = import_fault(*store, one.line + "\n");
    CHECK_THAT(fault, Catch::StartsWith("results.jsonl:1: ") && Catch::Contains(one.part));
  }
}

TEST_CASE("line ends of other systems, byte order marks and a missing last newline are read") {
  const TempDir dir;
  const auto store = open_store(dir.path());
  const auto one = format_result_line(success(1));
  const auto two = format_result_line(success(2));
  const std::string mark = "\xEF\xBB\xBF";
  CHECK(import_text(*store, mark + one + "\r\n" + mark + two).added == 2);
  CHECK(import_text(*store, one + "\n" + two + "\n").unchanged == 2);
  CHECK(import_text(*store, "").added == 0);
}

TEST_CASE("the same lines twice change nothing, in one file or in two") {
  const TempDir dir;
  const auto store = open_store(dir.path());
  const auto text = format_result_line(success(1)) + "\n" + format_result_line(failure(2)) + "\n";
  auto imported = import_text(*store, text + text);
  CHECK(imported.added == 2);
  CHECK(imported.unchanged == 2);
  imported = import_text(*store, text);
  CHECK(imported.added == 0);
  CHECK(imported.unchanged == 2);
  CHECK(export_text(*store) == text);
}

TEST_CASE("another content under a stored key is a bad line, and nothing of its file is kept") {
  const TempDir dir;
  const auto store = open_store(dir.path());
  const auto line = [](const Result& result) { return format_result_line(result) + "\n"; };
  import_text(*store, line(success(1)));
  auto other = success(1);
  other.row.duration = Micros{1};
  const std::string fault =
      "tasks-api in us-east-1 at 2026-10-01T00:00:01.000000Z is already stored with another `duration_ms`";
  CHECK(import_fault(*store, line(success(2)) + line(success(3)) + line(other)) == "results.jsonl:3: " + fault);
  CHECK(starts_of(dir.path()) == std::vector<double>{1});

  other.row.start = at(5);
  CHECK_THAT(import_fault(*store, line(success(4, {"new", "r"})) + line(success(5)) + line(other)),
             Catch::StartsWith("results.jsonl:3: ") && Catch::EndsWith("another `duration_ms`"));
  CHECK(starts_of(dir.path()) == std::vector<double>{1});
  CHECK(store->reader().series().value() == std::vector<SeriesKey>{kKey});
  // The series of the file that was not kept is made anew.
  CHECK(import_text(*store, line(success(4, {"new", "r"}))).added == 1);
  CHECK(starts_of(dir.path(), {"new", "r"}) == std::vector<double>{4});
}

TEST_CASE("each figure that differs is named") {
  struct Case {
    std::string name;
    std::function<void(ResultRow&)> change;
  };
  const std::vector<Case> cases = {
      {"success", [](ResultRow& row) { row.reason = Reason::none; }},
      {"status", [](ResultRow& row) { row.status = 500; }},
      {"reason", [](ResultRow& row) { row.reason = Reason::timeout; }},
      {"first_reason", [](ResultRow& row) { row.first_reason = Reason::timeout; }},
      {"phases_ms", [](ResultRow& row) { row.phases.tls = Micros{1}; }},
      {"measured_ms", [](ResultRow& row) { row.measured = Micros{1}; }},
      {"interval_ms", [](ResultRow& row) { row.interval = Micros{1}; }},
      {"attempts", [](ResultRow& row) { row.attempts = 3; }},
      {"origin", [](ResultRow& row) { row.origin = Origin::gate; }},
  };
  const TempDir dir;
  const auto store = open_store(dir.path());
  auto base = failure(1);
  base.row.attempts = 2;
  import_text(*store, format_result_line(base));
  for (const auto& one : cases) {
    auto other = base;
    one.change(other.row);
    CHECK_THAT(import_fault(*store, format_result_line(other)), Catch::EndsWith("another `" + one.name + "`"));
  }
}

TEST_CASE("export gives back what was imported, byte for byte, sorted by check, region and time") {
  Generator generator;
  std::vector<Result> results;
  for (int i = 0; i < 3000; ++i) results.push_back(generator.next());
  const auto text_of = [](const std::vector<Result>& all) {
    std::string text;
    for (const auto& result : all) text += format_result_line(result) + "\n";
    return text;
  };
  const TempDir dir;
  const auto store = open_store(dir.path());
  CHECK(import_text(*store, text_of(results)).added == 3000);
  std::ranges::sort(results, {}, [](const Result& result) { return std::tie(result.key, result.row.start); });
  CHECK(export_text(*store) == text_of(results));
  for (const auto& key : store->reader().series().value()) {
    std::vector<ResultRow> rows;
    for (const auto& result : results) {
      if (result.key == key) rows.push_back(result.row);
    }
    CHECK(rows_of(dir.path(), key) == rows);
  }
}

TEST_CASE("export writes the results that start in the period") {
  const TempDir dir;
  const auto store = open_store(dir.path());
  for (const double second : {1, 2, 3}) store->submit(success(second));
  REQUIRE(store->flush());
  CHECK(export_text(*store, {at(2), at(3)}) == format_result_line(success(2)) + "\n");
}

TEST_CASE("an output that fails is told") {
  const TempDir dir;
  const auto store = open_store(dir.path());
  store->submit(success(1));
  REQUIRE(store->flush());
  std::ostringstream out;
  out.setstate(std::ios::failbit);
  auto reader = store->reader();
  const auto count = export_jsonl(reader, kEver, out);
  REQUIRE_FALSE(count.has_value());
  CHECK(count.error().text() == "the results cannot be written out");
}
