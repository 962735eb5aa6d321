// The store beside a running agent: copied, and checked.

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/e2e/support.hpp"

using namespace nines;
using namespace nines::e2e;
using namespace nines::harness;

namespace {

// Nobody listens there: every run is a failure with evidence.
constexpr const char* kConfiguration = R"(
region: us-east-1
data_dir: ${DATA}
defaults: {interval: 100ms, timeout: 100ms}
checks:
  - {name: closed, service: shop, target: 'http://127.0.0.1:9/'}
)";

std::string month_of_results() {
  std::string lines;
  for (int i = 0; i < 3000; ++i) {
    lines += fmt::format(
        R"({{"check":"api","region":"us-east-1","time":"2026-10-{:02}T{:02}:{:02}:00Z","success":true,"duration_ms":{}}})"
        "\n",
        1 + i / 1440, i / 60 % 24, i % 60, 10 + i % 7);
  }
  return lines;
}

}  // namespace

TEST_CASE("a backup is made beside a running agent and holds what was stored before it") {
  const Agent agent(kConfiguration);
  eventually([&] { return agent.metric("nines_store_writes_total", {R"(result="success")"}).value_or(0) >= 5; },
             "the agent stores results");
  const TempDir elsewhere;
  const auto copy = (elsewhere.path() / "nines.db").string();
  const auto made = agent.run("backup", {copy});
  INFO(made.errors);
  REQUIRE(made.status == 0);
  CHECK_THAT(made.output, Catch::StartsWith(copy + ": "));
  const auto exported = run_nines({"export", "--data-dir", elsewhere.path().string()});
  CHECK(json_lines(exported.output).size() >= 5);

  const auto again = agent.run("backup", {copy});
  CHECK(again.status == 4);
  CHECK_THAT(again.errors, Catch::Contains("is there already: expected a name for a new file"));
  const auto live = run_nines({"store", "check", "--data-dir", agent.data_dir()});
  CHECK(live.status == 0);
  CHECK_THAT(live.output, Catch::Contains("no fault"));
}

TEST_CASE("store check tells of a flipped bit, and exports what is imported and sealed byte for byte") {
  const TempDir directory;
  const auto data_dir = (directory.path() / "data").string();
  const auto lines = directory.write("results.jsonl", month_of_results()).string();
  REQUIRE(run_nines({"import", lines, "--data-dir", data_dir}).status == 0);
  const auto exported = run_nines({"export", "--data-dir", data_dir}).output;
  const auto whole = run_nines({"store", "check", "--data-dir", data_dir});
  CHECK(whole.status == 0);
  CHECK(whole.output == data_dir + "/nines.db: 3000 results, 50 sealed hours, no fault\n");

  // The same into an empty store.
  const auto second = (directory.path() / "second").string();
  REQUIRE(run_nines({"import", directory.write("exported.jsonl", exported).string(), "--data-dir", second}).status ==
          0);
  CHECK(run_nines({"export", "--data-dir", second}).output == exported);

  // Behind the schema, until one that is of a chunk; what is 0 is most likely no page in use.
  const auto file = data_dir + "/nines.db";
  std::string bytes;
  {
    std::ifstream in(file, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(in), {});
  }
  const auto flipped = (directory.path() / "flipped.db").string();
  int found = 0;
  for (std::size_t at = 16384; found == 0 && at < bytes.size(); at += 509) {
    auto changed = bytes;
    if (changed[at] == 0) continue;
    changed[at] = static_cast<char>(changed[at] ^ 4);
    std::ofstream(flipped, std::ios::binary) << changed;
    const auto checked = run_nines({"store", "check", flipped});
    CHECK((checked.status == 0 || checked.status == 1 || checked.status == 4));
    found += checked.status == 1 ? 1 : 0;
  }
  CHECK(found > 0);
  const auto none = run_nines({"store", "check", (directory.path() / "none.db").string()});
  CHECK(none.status == 4);
  CHECK_THAT(none.errors, Catch::Contains("holds no store (no none.db)"));
}
