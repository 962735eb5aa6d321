// What gates leave in a store, beside an agent that has it open.

#include "store/gates.hpp"

#include <catch2/catch.hpp>

#include "store/store.hpp"
#include "tests/store/support.hpp"

using namespace nines;
using namespace nines::store;
using tests::at;

namespace {

GateEntry entry(const std::string& id, const std::string& phase, int began) {
  return {id, "v2", phase, at(began), at(began + 1), "pass", "{}", "[1]"};
}

}  // namespace

TEST_CASE("gates are written and read beside an agent that holds the store") {
  const tests::TempDir directory;
  const std::string dir = directory.file("data");
  CHECK_FALSE(GateBook::open_existing(dir));
  const auto agent = Store::open({.data_dir = dir});
  REQUIRE(agent);
  auto book = GateBook::open(dir);
  REQUIRE(book);
  for (const GateEntry& one : {entry("a", "baseline", 0), entry("b", "verify", 10), entry("c", "verify", 20)}) {
    REQUIRE(book->put(one));
  }
  CHECK(**book->gate("b") == entry("b", "verify", 10));
  CHECK_FALSE(*book->gate("d"));
  CHECK((**book->latest("v2", "verify")).id == "c");
  CHECK((**book->latest("v2", "baseline")).inputs == "[1]");
  CHECK_FALSE(*book->latest("v3", "verify"));
  CHECK((**book->last_ended("verify")).id == "c");
  const auto last = book->gates(2);
  REQUIRE(last->size() == 2);
  CHECK(last->front().id == "c");
  CHECK(last->front().inputs.empty());
}

TEST_CASE("a gate's results enter no figures, and of two at one time the first is kept") {
  const tests::TempDir directory;
  const std::string dir = directory.file("data");
  const auto agent = Store::open({.data_dir = dir});
  REQUIRE(agent);
  Result own{{"web", "r"}, {}, {}};
  own.row.start = at(0);
  own.row.duration = std::chrono::milliseconds(12);
  REQUIRE((*agent)->submit(own));
  REQUIRE((*agent)->flush());
  Result probed = own;
  probed.row.origin = Origin::gate;
  Result later = probed;
  later.row.start = at(1);
  auto book = GateBook::open(dir);
  REQUIRE(book->add_results(std::vector{probed, later}));
  auto reader = (*agent)->reader();
  CHECK(reader.rows({"web", "r"}, {at(0), at(10)})->size() == 1);
  CHECK(reader.extent({"web", "r"})->value().to == at(1));
}

TEST_CASE("marks of deployments are kept in order of time") {
  const tests::TempDir directory;
  auto book = GateBook::open(directory.file("data"));
  REQUIRE(book);
  const DeploymentMark second{"api", "2", "1", at(10)};
  const DeploymentMark first{"api", "1", "", at(0)};
  REQUIRE(book->mark(second));
  REQUIRE(book->mark(first));
  CHECK(*book->marks() == std::vector{first, second});
}
