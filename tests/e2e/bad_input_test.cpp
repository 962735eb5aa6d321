// What the program says when it is given something it cannot work with.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/e2e/support.hpp"

using namespace nines;
using namespace nines::e2e;
using namespace nines::harness;
using Catch::Contains;

namespace {

constexpr const char* kCheck =
    "checks: [{name: a, service: s, target: 'http://127.0.0.1:9/', interval: 1h, timeout: 1s}]\n";

// Starts an agent that must end by itself.
Finished refused(const TempDir& directory, const std::string& configuration) {
  const auto file = directory.write("nines.yml", configuration);
  return run_nines({"agent", "-c", file.string()});
}

void check_one_sentence(const Finished& finished, int status) {
  INFO(finished.errors);
  CHECK(finished.status == status);
  CHECK(finished.output.empty());
  CHECK(std::ranges::count(finished.errors, '\n') == 1);
}

// PRAGMA user_version, big-endian at offset 60 of an SQLite file.
void set_store_version(const std::filesystem::path& file, char version) {
  std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
  out.seekp(60);
  out.write(std::string{0, 0, 0, version}.data(), 4);
  REQUIRE(out.flush());
}

std::map<std::string, std::string> contents(const std::filesystem::path& directory) {
  std::map<std::string, std::string> all;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    all[entry.path().filename().string()] = read_file(entry.path());
  }
  return all;
}

}  // namespace

TEST_CASE("a second agent on the same port says which, and ends with 4") {
  const Agent first(kCheck);
  const TempDir directory;
  const Finished second = refused(directory, fmt::format("listen: {}\ndata_dir: {}\n{}", first.address(),
                                                         (directory.path() / "data").string(), kCheck));
  check_one_sentence(second, 4);
  CHECK_THAT(second.errors, Contains("cannot listen on " + first.address() + ": Address already in use"));
  CHECK(get(first.url("/-/ready")).status == 200);
}

TEST_CASE("a second agent over the same store says which, and ends with 4") {
  const Agent first(kCheck);
  const TempDir directory;
  const Finished second =
      refused(directory, fmt::format("listen: 127.0.0.1:0\ndata_dir: {}\n{}", first.data_dir(), kCheck));
  check_one_sentence(second, 4);
  CHECK_THAT(second.errors, Contains(first.data_dir()));
  CHECK(get(first.url("/-/ready")).status == 200);
}

TEST_CASE("a missing secret is named with its place, and the exit code is 2") {
  const TempDir directory;
  const std::string configuration = fmt::format(R"(data_dir: {}
journeys:
  - name: j
    base_url: http://127.0.0.1:9
    secrets: {{password: {{env: NINES_TEST_UNSET_SECRET}}}}
    steps: [{{name: one, get: '/{{{{ password }}}}'}}]
)",
                                                (directory.path() / "data").string());
  const Finished agent = refused(directory, configuration);
  check_one_sentence(agent, 2);
  CHECK_THAT(agent.errors, Contains("nines.yml:5:") && Contains("NINES_TEST_UNSET_SECRET"));
  CHECK_FALSE(std::filesystem::exists(directory.path() / "data"));
}

TEST_CASE("every fault is told at once with its place, by every command, with exit code 2") {
  const TempDir directory;
  const std::string file = directory
                               .write("nines.yml",
                                      "regoin: eu\nlisten: 9999\nchecks:\n"
                                      "  - {name: a, target: 'ftp://example.com', interval: 30}\n"
                                      "  - {name: b, target: 'http://127.0.0.1:9/', http: {method: GET, header: {}}}\n"
                                      "objectives: [{name: o, checks: [c], indicator: uptime, target: '99.9%'}]\n")
                               .string();
  const std::string command = GENERATE("agent", "check", "validate", "report", "export");
  const Finished finished = run_nines({command, "-c", file});
  INFO(finished.errors);
  CHECK(finished.status == 2);
  CHECK(finished.output.empty());
  for (const char* fault : {":1:1: unknown key `regoin`: did you mean `region`?", ":2:9: `listen`",
                            ":4:23: ", ":4:54: ", "`header`", ":6:33: unknown check `c`"}) {
    CHECK_THAT(finished.errors, Contains(fault));
  }
}

TEST_CASE("a wrong jq program is told with its place before anything starts") {
  const TempDir directory;
  const Finished agent = refused(
      directory, fmt::format("data_dir: {}\nchecks:\n  - {{name: a, target: 'http://127.0.0.1:9/', version: '.a |'}}\n",
                             (directory.path() / "data").string()));
  INFO(agent.errors);
  CHECK(agent.status == 2);
  CHECK_THAT(agent.errors, Contains("nines.yml:3:"));
  CHECK_FALSE(std::filesystem::exists(directory.path() / "data"));
}

TEST_CASE("a store of a newer version is refused with 4 and left as it was") {
  Agent agent(kCheck);
  agent.process().signal(SIGTERM);
  REQUIRE(agent.process().wait() == 0);
  std::filesystem::path file;
  for (const auto& entry : std::filesystem::directory_iterator(agent.data_dir())) {
    if (read_file(entry.path()).starts_with("SQLite format 3")) file = entry.path();
  }
  REQUIRE_FALSE(file.empty());
  set_store_version(file, 77);
  const auto before = contents(agent.data_dir());

  for (const char* command : {"agent", "export"}) {
    const Finished finished = agent.run(command);
    check_one_sentence(finished, 4);
    CHECK_THAT(finished.errors, Contains("nines.db is from a newer version of nines"));
  }
  CHECK(contents(agent.data_dir()) == before);
}

TEST_CASE("a data directory that cannot be made is told, with exit code 4") {
  const TempDir directory;
  const auto taken = directory.write("taken", "a file");
  const std::string configuration =
      fmt::format("listen: 127.0.0.1:0\ndata_dir: {}\n{}", (taken / "data").string(), kCheck);
  const Finished agent = refused(directory, configuration);
  check_one_sentence(agent, 4);
  CHECK_THAT(agent.errors, Contains(taken.string()));
  CHECK(read_file(taken) == "a file");
}

TEST_CASE("wrong usage ends with 2") {
  const auto arguments = GENERATE(values<std::vector<std::string>>({{},
                                                                    {"agnet"},
                                                                    {"report", "--month", "2026-13", "-c", "none.yml"},
                                                                    {"agent", "-c", "there-is-no-such-file.yml"},
                                                                    {"agent", "--log-level", "loud"},
                                                                    {"check", "gopher://127.0.0.1/"}}));
  const Finished finished = run_nines(arguments);
  INFO(finished.errors);
  CHECK(finished.status == 2);
  CHECK_FALSE(finished.errors.empty());
}
