#include "base/log.hpp"

#include <array>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <thread>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <fmt/format.h>
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

constexpr std::chrono::seconds kEnough{30};

// Puts a pipe in the place of stderr, which is read only when a test wants it to be.
class PipedStderr {
 public:
  PipedStderr() : original_(::dup(STDERR_FILENO)) {
    REQUIRE(::pipe2(ends_.data(), O_CLOEXEC) == 0);
    ::dup2(ends_[1], STDERR_FILENO);
    ::close(ends_[1]);
  }
  ~PipedStderr() {
    ::dup2(original_, STDERR_FILENO);
    ::close(original_);
    close_reader();
  }
  PipedStderr(const PipedStderr&) = delete;

  void close_reader() {
    ::close(ends_[0]);
    ends_[0] = -1;
  }

  // Every line without its end, up to one that contains `last`.
  std::vector<std::string> lines_to(std::string_view last) const {
    std::vector<std::string> lines;
    std::string rest;
    std::vector<char> block(1 << 16);
    while (lines.empty() || !lines.back().contains(last)) {
      const std::size_t end = rest.find('\n');
      if (end != std::string::npos) {
        lines.push_back(rest.substr(0, end));
        rest.erase(0, end + 1);
        continue;
      }
      const ssize_t got = ::read(ends_[0], block.data(), block.size());
      REQUIRE(got > 0);
      rest.append(block.data(), static_cast<std::size_t>(got));
    }
    return lines;
  }

 private:
  std::array<int, 2> ends_{};
  int original_;
};

constexpr auto kJson = log::Format::json;

int number_of(const std::string& line) {
  const auto parsed = parse_json(line);
  REQUIRE(parsed);
  return (*parsed)["details"].value("n", -1);
}

// Puts a file in memory in the place of stderr.
class CapturedStderr {
 public:
  CapturedStderr() : file_(::memfd_create("stderr", 0)), original_(::dup(STDERR_FILENO)) {
    ::dup2(file_, STDERR_FILENO);
  }
  ~CapturedStderr() {
    log::flush(kEnough);
    ::dup2(original_, STDERR_FILENO);
    ::close(original_);
    ::close(file_);
  }
  CapturedStderr(const CapturedStderr&) = delete;
  CapturedStderr& operator=(const CapturedStderr&) = delete;

  std::string text() const {
    log::flush(kEnough);
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

TEST_CASE("a pipe that nobody reads stops nobody, and what was dropped is counted and told") {
  log::init({.level = log::Level::info, .format = kJson, .region = "r", .instance = "i"});
  constexpr int kLines = 100'000;
  const PipedStderr piped;
  for (int n = 0; n < kLines; ++n) log::info("line", {{"n", n}});
  log::flush(std::chrono::milliseconds(1));  // returns

  const std::vector<std::string> waited = piped.lines_to("dropped");
  log::info("read again", {{"n", kLines}});
  const std::vector<std::string> later = piped.lines_to("read again");
  CHECK(later.size() == 1);
  const auto shown = static_cast<int>(waited.size()) - 1;
  CHECK(shown >= 8192);
  for (int n = 0; n < shown; ++n) REQUIRE(number_of(waited[static_cast<std::size_t>(n)]) == n);
  const auto notice = parse_json(waited.back());
  REQUIRE(notice);
  CHECK((*notice)["level"] == "WARNING");
  CHECK((*notice)["message"] == fmt::format("{} log lines were dropped", kLines - shown));
}

TEST_CASE("lines that wait are bounded in bytes too") {
  log::init({.level = log::Level::info, .format = kJson, .region = "r", .instance = "i"});
  const PipedStderr piped;
  const std::string large(1'000'000, 'x');
  for (int n = 0; n < 30; ++n) log::info(large, {{"n", n}});
  const auto lines = piped.lines_to("dropped");
  CHECK(lines.size() >= 8);
  CHECK(lines.size() <= 11);  // 8 MB, one that is being written, and the notice
  for (std::size_t n = 0; n + 1 < lines.size(); ++n) REQUIRE(number_of(lines[n]) == static_cast<int>(n));
}

TEST_CASE("what is logged where it was dropped is told of before what comes after it") {
  log::init({.level = log::Level::info, .format = log::Format::text, .region = "r", .instance = "i"});
  const PipedStderr piped;
  const std::string large(3'000'000, 'x');
  for (int n = 0; n < 5; ++n) log::info(large);
  auto lines = piped.lines_to("dropped");
  CHECK_THAT(lines.back(), Catch::Contains(" log line"));
  log::info("after it");
  lines = piped.lines_to("after it");
  CHECK(lines.size() == 1);
}

TEST_CASE("the log ends whatever stderr does, and starts again") {
  const log::Options options{.level = log::Level::info, .format = kJson, .region = "r", .instance = "i"};
  log::init(options);
  {
    const PipedStderr piped;
    for (int n = 0; n < 2000; ++n) log::info(std::string(200, 'x'), {{"n", n}});
    log::shutdown(std::chrono::milliseconds(1));
    log::info("too late");  // the pipe is full
  }
  {
    const CapturedStderr captured;
    log::info("at once");
    CHECK_THAT(captured.text(), Catch::Contains("at once"));
  }
  log::init(options);
  const CapturedStderr captured;
  log::info("again");
  CHECK(captured.lines().size() == 1);
}

TEST_CASE("shutdown writes what waits") {
  log::init({.level = log::Level::info, .format = kJson, .region = "r", .instance = "i"});
  const CapturedStderr captured;
  for (int n = 0; n < 3000; ++n) log::info("line", {{"n", n}});
  log::shutdown(kEnough);
  CHECK(captured.lines().size() == 3000);
}

TEST_CASE("a pipe whose reader is gone loses lines and nothing else") {
  log::init({.level = log::Level::info, .format = kJson, .region = "r", .instance = "i"});
  {
    PipedStderr piped;
    piped.close_reader();
    for (int n = 0; n < 100; ++n) log::info("line", {{"n", n}});
    log::flush(kEnough);
  }
  const CapturedStderr captured;
  log::info("here again");
  CHECK(captured.lines().size() == 1);
}

TEST_CASE("the thread that writes takes no signals") {
  log::init({.level = log::Level::info, .format = kJson, .region = "r", .instance = "i"});
  std::size_t threads = 0;
  std::size_t without_signals = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    if (task.path().filename() == std::to_string(::getpid())) continue;
    std::ifstream status(task.path() / "status");
    const std::string text(std::istreambuf_iterator<char>(status), {});
    ++threads;
    std::string blocked;
    REQUIRE(RE2::PartialMatch(text, R"(SigBlk:\s*([0-9a-f]+))", &blocked));
    const auto mask = std::stoull(blocked, nullptr, 16);
    const auto bit = [mask](int signal) { return (mask >> static_cast<unsigned>(signal - 1)) & 1U; };
    if (bit(SIGTERM) != 0 && bit(SIGINT) != 0 && bit(SIGPIPE) != 0 && bit(SIGHUP) != 0) ++without_signals;
  }
  CHECK(threads >= 1);
  CHECK(without_signals >= 1);
}

}  // namespace
}  // namespace nines
