#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <set>

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "store/schema.hpp"
#include "tests/store/faulty_files.hpp"
#include "tests/store/support.hpp"

using namespace nines;
using namespace nines::store;
using namespace nines::store::tests;

namespace {

using std::chrono::days;

constexpr double kDay = 86'400;
const SeriesKey kOld{"old", "eu"};

// Runs `work` in a process of its own that kills itself ahead of the nth change of a file (0: never), and gives what it
// wrote to the pipe.
std::string run_and_kill(int nth, const std::function<void(int pipe)>& work) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    close(ends[0]);
    std::atomic<int> seen = 0;
    FaultyFiles::watch([&] {
      if (++seen == nth) kill(getpid(), SIGKILL);
    });
    work(ends[1]);
    _exit(0);
  }
  close(ends[1]);
  std::string told;
  char byte = 0;
  while (read(ends[0], &byte, 1) == 1) told.push_back(byte);
  close(ends[0]);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  if (nth == 0) REQUIRE((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  return told;
}

int changes_of_a_file(const std::function<void(int pipe)>& work) {
  const auto told = run_and_kill(0, [&](int pipe) {
    std::atomic<int> changes = 0;
    FaultyFiles::watch([&] { ++changes; });
    work(pipe);
    FaultyFiles::watch({});
    const auto text = "=" + std::to_string(changes.load());
    if (write(pipe, text.data(), text.size()) < 0) _exit(1);
  });
  return std::stoi(told.substr(told.rfind('=') + 1));
}

void tell(int pipe, char what) {
  if (write(pipe, &what, 1) != 1) _exit(1);
}

// Results that the store holds before: old failures with much evidence, and two hours that are over.
void make_template(const std::string& data_dir) {
  const SetClock clock(at(0));
  const auto store = open_at(data_dir, clock);
  for (int i = 0; i < 1200; ++i) {
    auto result = failure(30.0 * i, Reason::http_status, kOld);
    result.evidence.body = std::string(4000, 'x');
    store->submit(result);
  }
  store->submit(success(40'000, kOld));
  for (int i = 0; i < 240; ++i) store->submit(success(60 * kDay + 30.0 * i));
  REQUIRE(store->flush());
}

// Late and new results, an import, sealing, retention and giving space back; tells after each what is durable now.
void work_on(const std::string& data_dir, int pipe) {
  SetClock clock(at(60 * kDay + 7200));
  const auto store = open_at(data_dir, clock);
  for (int i = 0; i < 60; ++i) store->submit(success(60 * kDay + 7200 + 30.0 * i));
  if (!store->flush()) _exit(1);
  tell(pipe, 'a');
  clock.set(at(60 * kDay + 9000));
  if (!store->tidy()) _exit(1);
  for (int i = 0; i < 60; ++i) store->submit(success(60 * kDay + 15 + 30.0 * i));  // late
  if (!store->flush()) _exit(1);
  tell(pipe, 'b');
  int next = 0;
  const auto imported = store->import([&]() -> Expected<std::optional<Result>> {
    return next < 200 ? std::optional(success(59 * kDay + 30.0 * next++)) : std::nullopt;
  });
  if (!imported) _exit(1);
  tell(pipe, 'c');
  store->set_retention({.results = days(30)});
  if (!store->tidy()) _exit(1);
  tell(pipe, 'd');
}

// Starts that have to be there.
std::vector<double> wanted(const std::string& told) {
  std::set<double> starts;
  const auto add = [&](double first, int count) {
    for (int i = 0; i < count; ++i) starts.insert(first + 30.0 * i);
  };
  add(60 * kDay, 240);
  if (told.contains('a')) add(60 * kDay + 7200, 60);
  if (told.contains('b')) add(60 * kDay + 15, 60);
  if (told.contains('c')) add(59 * kDay, 200);
  return {starts.begin(), starts.end()};
}

void copy_store(const TempDir& from, const TempDir& to) {
  std::filesystem::copy(from.path(), to.path(), std::filesystem::copy_options::recursive);
}

}  // namespace

TEST_CASE("killed at any point of writing, importing, sealing, deleting and giving back, the store is whole") {
  const FaultyFiles files;
  FaultyFiles::watch([] {});
  const TempDir made;
  make_template(made.path());
  const TempDir counted;
  copy_store(made, counted);
  const int all = changes_of_a_file([&](int pipe) { work_on(counted.path(), pipe); });
  REQUIRE(all > 100);
  REQUIRE(rows_of(counted.path(), kOld).empty());
  const auto pages = [](const TempDir& dir) { return std::stoi(query(dir.path(), "PRAGMA page_count")); };
  REQUIRE(pages(counted) < pages(made));

  constexpr int kKills = 200;
  std::string seen;
  for (int i = 0; i < kKills; ++i) {
    const int nth = 1 + i * (all - 1) / (kKills - 1);
    const TempDir dir;
    copy_store(made, dir);
    const auto told = run_and_kill(nth, [&](int pipe) { work_on(dir.path(), pipe); });
    seen += told;
    INFO("killed ahead of change " << nth << " of " << all << ", was told " << told);
    const SetClock clock(at(61 * kDay));
    const auto store = open_at(dir.path(), clock);
    REQUIRE(faults_of(dir.path()).empty());
    const auto starts = starts_of(dir.path());
    REQUIRE(std::ranges::adjacent_find(starts) == starts.end());
    REQUIRE(std::ranges::includes(starts, wanted(told)));
    // What is not acknowledged is there whole or not at all.
    const auto imported = std::ranges::count_if(starts, [](double start) { return start < 60 * kDay; });
    REQUIRE((imported == 0 || imported == 200));
    tidy(*store);
    REQUIRE(starts_of(dir.path()) == starts);
    REQUIRE(faults_of(dir.path()).empty());
  }
  for (const char phase : {'a', 'b', 'c'}) CHECK(std::ranges::count(seen, phase) > 0);
  FaultyFiles::watch({});
}

TEST_CASE("killed at any point of a migration, the store is of one version or the other and loses nothing") {
  const FaultyFiles files;
  FaultyFiles::watch([] {});
  const TempDir made;
  {
    // As it was before results were sealed.
    auto connection = open_for_writing(made.file(kFileName), migrations().first(2));
    REQUIRE(connection.has_value());
    REQUIRE(connection->execute("INSERT INTO series VALUES (1, 'tasks-api', 'us-east-1')"));
    for (int i = 0; i < 300; ++i) {
      const auto start = std::to_string(at(30.0 * i).time_since_epoch().count());
      REQUIRE(connection->execute("INSERT INTO result VALUES (1, " + start +
                                  ", 12345, -1, 0, 0, 0, 0, 0, 0, 200, 0, 0, 1, 0)"));
    }
  }
  const auto migrate = [](const TempDir& dir) {
    return [&dir](int) {
      if (!open_for_writing(dir.file(kFileName))) _exit(1);
    };
  };
  const TempDir counted;
  copy_store(made, counted);
  const int all = changes_of_a_file(migrate(counted));
  REQUIRE(all > 10);
  for (int nth = 1; nth <= all; ++nth) {
    const TempDir dir;
    copy_store(made, dir);
    run_and_kill(nth, migrate(dir));
    INFO("killed ahead of change " << nth << " of " << all);
    const SetClock clock(at(kDay));
    const auto store = open_at(dir.path(), clock);
    tidy(*store);
    REQUIRE(faults_of(dir.path()).empty());
    const auto starts = starts_of(dir.path());
    REQUIRE(starts.size() == 300);
    for (std::size_t i = 0; i < starts.size(); ++i) REQUIRE(starts[i] == 30.0 * static_cast<double>(i));
  }
  FaultyFiles::watch({});
}
