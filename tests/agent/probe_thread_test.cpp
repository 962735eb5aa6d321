#include "agent/probe_thread.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/agent/silent_port.hpp"
#include "tests/agent/support.hpp"
#include "tests/harness/scratch.hpp"

namespace nines::agent {

using namespace std::chrono_literals;
using harness::eventually;

namespace {

using Steady = std::chrono::steady_clock;

// What a probe thread told of one check.
struct Told {
  std::vector<Steady::time_point> turns;  // when each run was due
  std::vector<RunReport> reports;
  std::uint64_t skipped = 0;
  int skips = 0;
};

class Recorder final : public RunListener {
 public:
  void started(const config::Schedule& schedule, std::chrono::nanoseconds lateness) override {
    const auto turn = Steady::now() - lateness;
    const std::lock_guard lock(mutex_);
    told_[schedule.name].turns.push_back(turn);
  }
  void skipped(const config::Schedule& schedule, std::uint64_t turns) override {
    const std::lock_guard lock(mutex_);
    told_[schedule.name].skipped += turns;
    ++told_[schedule.name].skips;
  }
  void finished(RunReport report) override {
    const std::lock_guard lock(mutex_);
    told_[report.schedule->name].reports.push_back(std::move(report));
  }

  Told of(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return told_[name];
  }

 private:
  std::mutex mutex_;
  std::map<std::string, Told> told_;
};

config::Check check_of(const std::string& name, int port, Micros interval, Micros timeout) {
  const auto base =
      tests::config_of(fmt::format("checks: [{{name: {}, service: api, target: 'http://127.0.0.1:{}/'}}]", name, port));
  config::Check check = base->checks.front();
  check.schedule.interval = interval;
  check.schedule.timeout = timeout;
  return check;
}

std::shared_ptr<const config::Config> config_with(std::vector<config::Check> checks) {
  auto config = std::make_shared<config::Config>();
  config->checks = std::move(checks);
  return config;
}

constexpr std::size_t kRoom = 100;

class BegunThread : public ProbeThread {
 public:
  template <class... Arguments>
  explicit BegunThread(Arguments&&... arguments) : ProbeThread(std::forward<Arguments>(arguments)...) {
    begin();
  }
};

bool every(const config::Schedule&) {
  return true;
}

}  // namespace

TEST_CASE("turns keep a fixed rate: what a run takes does not push the next one back") {
  const tests::SilentPort silent;
  const auto config = config_with({check_of("slow", silent.port(), 60ms, 40ms)});
  Recorder recorder;
  BegunThread thread(config, every, recorder, system_clock(), kRoom);
  constexpr std::size_t kTurns = 25;
  eventually([&] { return recorder.of("slow").turns.size() >= kTurns; }, "25 turns");
  thread.request_stop();
  thread.join();

  const Told told = recorder.of("slow");
  REQUIRE(told.reports.front().result.row.reason == Reason::http_timeout);
  // The moment of a turn is seen a little late; the least late of the last ones tells. Runs that pushed their
  // successors back would have added 25 x 40 ms by now.
  Steady::duration error = Steady::duration::max();
  for (std::size_t i = kTurns - 5; i < kTurns; ++i) {
    const auto since = told.turns[i] - told.turns[0];
    error = std::min<Steady::duration>(error, since - 60ms * i - 60ms * told.skipped);
  }
  CHECK(error < 60ms);
}

TEST_CASE("a run longer than its interval skips turns, counts them, and delays no other check") {
  const tests::SilentPort silent;
  const auto config = config_with(
      {check_of("slow", silent.port(), 100ms, 350ms), check_of("quick", harness::free_port(), 100ms, 100ms)});
  Recorder recorder;
  BegunThread thread(config, every, recorder, system_clock(), kRoom);
  eventually([&] { return recorder.of("slow").skips >= 3; }, "turns are skipped three times");
  const Told slow = recorder.of("slow");
  eventually([&] { return recorder.of("quick").turns.size() >= 2 * slow.reports.size(); },
             "the quick check runs more often than the slow one");
  thread.request_stop();
  thread.join();

  // 350 ms cover at least three turns of 100 ms after the one they belong to.
  CHECK(slow.skipped >= 3 * static_cast<std::uint64_t>(slow.skips));
  // Started and skipped turns are all turns there were.
  const auto passed = slow.turns.back() - slow.turns.front();
  const auto turns = static_cast<std::uint64_t>((passed + 50ms) / 100ms);
  CHECK(slow.turns.size() - 1 <= turns);
  CHECK(turns <= slow.turns.size() - 1 + slow.skipped);
  for (const RunReport& report : recorder.of("quick").reports) {
    if (!report.interrupted) CHECK(report.result.row.reason == Reason::connect_refused);
  }
}

TEST_CASE("with descriptors for one run, runs wait for one another, and none fails for it") {
  const tests::SilentPort silent;
  const auto config =
      config_with({check_of("one", silent.port(), 100ms, 60ms), check_of("two", silent.port(), 100ms, 60ms),
                   check_of("three", silent.port(), 100ms, 60ms)});
  Recorder recorder;
  BegunThread thread(config, every, recorder, system_clock(), 1);
  const std::vector<std::string> names = {"one", "two", "three"};
  eventually(
      [&] {
        return std::ranges::all_of(names, [&](const auto& name) { return recorder.of(name).reports.size() >= 3; });
      },
      "each check has run three times");
  thread.request_stop();
  thread.join();

  std::vector<std::pair<Time, Time>> runs;
  for (const std::string& name : names) {
    for (const RunReport& report : recorder.of(name).reports) {
      if (report.interrupted) continue;
      const ResultRow& row = report.result.row;
      CHECK(row.reason == Reason::http_timeout);
      runs.emplace_back(row.start, row.start + row.duration);
    }
  }
  std::ranges::sort(runs);
  for (std::size_t i = 1; i < runs.size(); ++i) CHECK(runs[i - 1].second <= runs[i].first + Micros(1000));
}

TEST_CASE("a stop cuts a run that would take a minute and marks it as interrupted") {
  const tests::SilentPort silent;
  const auto config = config_with({check_of("slow", silent.port(), 50ms, 60s)});
  Recorder recorder;
  BegunThread thread(config, every, recorder, system_clock(), kRoom);
  eventually([&] { return !recorder.of("slow").turns.empty() && silent.connected(); }, "the run is going on");
  const auto asked = Steady::now();
  thread.request_stop();
  thread.join();
  CHECK(Steady::now() - asked < 10s);
  const Told told = recorder.of("slow");
  REQUIRE(told.reports.size() == 1);
  CHECK(told.reports.front().interrupted);
  CHECK(told.reports.front().result.row.reason == Reason::agent_shutdown);
}

TEST_CASE("a run that ended by itself is not marked as interrupted") {
  const auto config = config_with({check_of("refused", harness::free_port(), 20ms, 20ms)});
  Recorder recorder;
  BegunThread thread(config, every, recorder, system_clock(), kRoom);
  eventually([&] { return recorder.of("refused").reports.size() >= 3; }, "three runs");
  CHECK_FALSE(recorder.of("refused").reports.front().interrupted);
}

TEST_CASE("with nothing to run the thread waits for its stop, and ends") {
  Recorder recorder;
  SECTION("nothing is configured") {
    BegunThread thread(config_with({}), every, recorder, system_clock(), kRoom);
    thread.request_stop();
    thread.join();
  }
  SECTION("everything is another thread's") {
    const auto config = config_with({check_of("other", harness::free_port(), 10ms, 10ms)});
    BegunThread thread(config, [](const config::Schedule&) { return false; }, recorder, system_clock(), kRoom);
    thread.request_stop();
    thread.join();
    CHECK(recorder.of("other").turns.empty());
  }
  SECTION("the destructor asks and waits") {
    const BegunThread thread(config_with({}), every, recorder, system_clock(), kRoom);
  }
}

TEST_CASE("two threads share a configuration: each runs what it picks") {
  const int port = harness::free_port();
  const auto config = config_with({check_of("one", port, 20ms, 20ms), check_of("two", port, 20ms, 20ms)});
  Recorder first;
  Recorder second;
  const BegunThread thread(
      config, [](const auto& schedule) { return schedule.name == "one"; }, first, system_clock(), kRoom);
  const BegunThread other(
      config, [](const auto& schedule) { return schedule.name == "two"; }, second, system_clock(), kRoom);
  eventually([&] { return !first.of("one").reports.empty() && !second.of("two").reports.empty(); }, "both run");
  CHECK(first.of("two").turns.empty());
  CHECK(second.of("one").turns.empty());
}

}  // namespace nines::agent
