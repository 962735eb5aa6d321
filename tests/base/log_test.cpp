#include "base/log.hpp"

#include <cmath>
#include <memory>
#include <thread>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <re2/re2.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/json.hpp"
#include "base/redact.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

namespace nines {
namespace {

// Puts a file in memory in the place of stderr.
class CapturedStderr {
 public:
  CapturedStderr() : file_(::memfd_create("stderr", 0)), original_(::dup(STDERR_FILENO)) {
    ::dup2(file_, STDERR_FILENO);
  }
  ~CapturedStderr() {
    ::dup2(original_, STDERR_FILENO);
    ::close(original_);
    ::close(file_);
  }
  CapturedStderr(const CapturedStderr&) = delete;
  CapturedStderr& operator=(const CapturedStderr&) = delete;

  std::string text() const {
    std::string text(static_cast<std::size_t>(::lseek(file_, 0, SEEK_CUR)), '\0');
    const ssize_t got = ::pread(file_, text.data(), text.size(), 0);
    REQUIRE(got == static_cast<ssize_t>(text.size()));
    return text;
  }

  // Every line without its end.
  std::vector<std::string> lines() const {
    const std::string all = text();
    std::vector<std::string> lines;
    for (const auto line : split(all, '\n')) lines.emplace_back(line);
    REQUIRE(lines.back().empty());
    lines.pop_back();
    return lines;
  }

 private:
  int file_;
  int original_;
};

// First: it tells of the state before init.
TEST_CASE("before the log is set up, warnings go out as text") {
  const CapturedStderr captured;
  log::info("not yet");
  log::warning("no configuration", {{"path", "nines.yml"}});
  CHECK(RE2::FullMatch(captured.text(),
                       R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARNING no configuration path=nines.yml\n)"));
}

TEST_CASE("a log line is one JSON object with the contract's members in order") {
  log::init({.level = log::Level::info, .format = log::Format::json, .region = "eu-west-1", .instance = "agent-1"});
  const CapturedStderr captured;
  log::warning("disk \"full\"\n", {{"free_bytes", 12},
                                   {"ratio", 0.5},
                                   {"path", "/var/lib/nines"},
                                   {"retrying", true},
                                   {"trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"}});
  const auto lines = captured.lines();
  REQUIRE(lines.size() == 1);
  auto line = parse_json(lines.front());
  REQUIRE(line);
  const std::string timestamp = (*line)["timestamp"];
  CHECK(parse_time(timestamp));
  CHECK(timestamp.size() == std::string_view("2026-10-01T00:00:00.000Z").size());
  (*line)["timestamp"] = "T";
  CHECK(dump_json(*line) ==
        R"({"timestamp":"T","level":"WARNING","service":"nines","instance":"agent-1","region":"eu-west-1",)"
        R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","correlation_id":"","message":"disk \"full\"\n",)"
        R"("details":{"free_bytes":12,"ratio":0.5,"path":"/var/lib/nines","retrying":true}})");
}

TEST_CASE("the five levels have their names, and those under the chosen one stay silent") {
  log::init({.level = log::Level::debug, .format = log::Format::json, .region = "", .instance = "i"});
  {
    const CapturedStderr captured;
    log::debug("1");
    log::info("2");
    log::warning("3");
    log::error("4");
    log::critical("5");
    std::vector<std::string> names;
    for (const auto& line : captured.lines()) names.push_back((*parse_json(line))["level"]);
    CHECK(names == std::vector<std::string>{"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"});
  }
  log::init({.level = log::Level::error, .format = log::Format::json, .region = "", .instance = "i"});
  const CapturedStderr captured;
  CHECK_FALSE(log::enabled(log::Level::warning));
  CHECK(log::enabled(log::Level::error));
  log::warning("silent");
  CHECK(captured.text().empty());
}

TEST_CASE("an instance without a name is called after its host") {
  log::init({.level = log::Level::info, .format = log::Format::json, .region = "", .instance = ""});
  const CapturedStderr captured;
  log::info("hello");
  CHECK_FALSE((*parse_json(captured.lines().at(0)))["instance"].get<std::string>().empty());
}

TEST_CASE("text for people is one line, with values quoted where they are not one word") {
  log::init({.level = log::Level::info, .format = log::Format::text, .region = "r", .instance = "i"});
  const CapturedStderr captured;
  log::info("check \n failed", {{"check", "tasks-api"},
                                {"why", "no \"answer\""},
                                {"empty", ""},
                                {"attempt", 2},
                                {"final", false},
                                {"line", "a\nb"}});
  const auto lines = captured.lines();
  REQUIRE(lines.size() == 1);
  CHECK_THAT(lines[0],
             Catch::EndsWith(
                 R"(Z INFO  check \n failed check=tasks-api why="no \"answer\"" attempt=2 final=false line="a\nb")"));
}

TEST_CASE("no secret and no personal data is in the log, wherever it was put") {
  const auto before = redactor();
  set_redactor(std::make_shared<Redactor>(std::vector{Secret("hunter2")}));
  for (const auto format : {log::Format::json, log::Format::text}) {
    log::init({.level = log::Level::info, .format = format, .region = "r", .instance = "i"});
    const CapturedStderr captured;
    log::error("login of jane@example.com with hunter2", {{"card", "4111 1111 1111 1111"},
                                                          {"phone", "+1 555 123 4567"},
                                                          {"ssn", "123-45-6789"},
                                                          {"correlation_id", "hunter2"},
                                                          {"authorization", "Basic aHVudGVyMg=="}});
    const std::string text = captured.text();
    CAPTURE(text);
    for (const auto* leak : {"hunter2", "jane", "4111", "555", "6789", "aHVudGVyMg"}) {
      CHECK_THAT(text, !Catch::Contains(leak));
    }
    for (const auto* shown : {"<secret>", "<email>", "<card>", "<phone>", "<ssn>"}) {
      CHECK_THAT(text, Catch::Contains(shown));
    }
  }
  set_redactor(before);
}

TEST_CASE("values that JSON cannot hold do not lose the line") {
  log::init({.level = log::Level::info, .format = log::Format::json, .region = "r", .instance = "i"});
  const CapturedStderr captured;
  log::info("bytes \xff", {{"nan", std::nan("")}, {"raw", "\xc3("}});
  const auto line = parse_json(captured.lines().at(0));
  REQUIRE(line);
  CHECK((*line)["message"] == "bytes \xef\xbf\xbd");
  CHECK((*line)["details"]["nan"].is_null());
}

TEST_CASE("lines of several threads do not mix") {
  log::init({.level = log::Level::info, .format = log::Format::json, .region = "r", .instance = "i"});
  const CapturedStderr captured;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([i] {
        for (int n = 0; n < 100; ++n) log::info(std::string(200, static_cast<char>('a' + i)), {{"n", n}});
      });
    }
  }
  const auto lines = captured.lines();
  CHECK(lines.size() == 400);
  for (const auto& line : lines) REQUIRE(parse_json(line));
}

}  // namespace
}  // namespace nines
