#include <csignal>
#include <cstdint>
#include <utility>

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/store/support.hpp"

using namespace nines;
using namespace nines::store;
using namespace nines::store::tests;

namespace {

constexpr std::uint64_t kRound = 50;

enum class Acknowledge { flushed, counted };

// Writes results without end, and tells the pipe after each round how many are durable.
[[noreturn]] void write_for_ever(const std::string& data_dir, int pipe, Acknowledge how) {
  auto store = Store::open({.data_dir = data_dir});
  if (!store) _exit(1);
  for (std::uint64_t sent = 0;;) {
    for (std::uint64_t i = 0; i < kRound; ++i) {
      auto result = success(static_cast<double>(sent++));
      (*store)->submit(std::move(result), {"tasks-api", 1, 0, static_cast<int>(sent), at(0), at(0)});
    }
    if (how == Acknowledge::flushed && !(*store)->flush()) _exit(2);
    const std::uint64_t durable = how == Acknowledge::flushed ? sent : (*store)->stats().written;
    if (write(pipe, &durable, sizeof durable) != sizeof durable) _exit(3);
  }
}

// Starts a writer, kills it after `rounds` acknowledgements and gives the last number it acknowledged.
std::uint64_t write_and_kill(const std::string& data_dir, int rounds, Acknowledge how) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    close(ends[0]);
    write_for_ever(data_dir, ends[1], how);
  }
  close(ends[1]);
  std::uint64_t durable = 0;
  for (int round = 0; round < rounds || durable < kRound; ++round) {
    REQUIRE(read(ends[0], &durable, sizeof durable) == sizeof durable);
  }
  kill(child, SIGKILL);
  for (std::uint64_t more = 0; read(ends[0], &more, sizeof more) == sizeof more;) durable = more;
  close(ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  return durable;
}

}  // namespace

TEST_CASE("kill -9 loses no result that was acknowledged, and stores none twice") {
  const auto how = GENERATE(Acknowledge::flushed, Acknowledge::counted);
  const int rounds = GENERATE(1, 7, 23);
  const TempDir dir;
  const auto durable = write_and_kill(dir.path(), rounds, how);
  const auto store = open_store(dir.path());
  const auto starts = starts_of(dir.path());
  REQUIRE(starts.size() >= durable);
  for (std::size_t i = 0; i < starts.size(); ++i) REQUIRE(starts[i] == static_cast<double>(i));
  CHECK(query(dir.path(), "PRAGMA integrity_check") == "ok");
  const auto health = store->reader().health().value();
  REQUIRE(health.size() == 1);
  CHECK(static_cast<std::size_t>(health[0].successes) == starts.size());
}
