#include "probes/async/gate.hpp"

#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "probes/async/scope.hpp"
#include "probes/descriptors.hpp"

namespace nines::probes::test {

namespace {

struct Visits {
  explicit Visits(Loop& loop, std::size_t permits) : gate(loop, permits), go(loop) {}
  Gate gate;
  Event go;  // lets the first visitor leave
  std::vector<std::string> entered;
  std::size_t inside = 0;
  std::size_t most = 0;
};

Task<void> visit(Visits* visits, Loop* loop, std::string name, bool waits_inside, Stop stop) {
  const Gate::Permit permit = co_await visits->gate.enter(stop);
  if (!permit) {
    visits->entered.push_back(name + " gave up");
    co_return;
  }
  visits->entered.push_back(name);
  visits->most = std::max(visits->most, ++visits->inside);
  if (waits_inside) {
    co_await visits->go.wait(stop);
  } else {
    co_await sleep(*loop, std::chrono::milliseconds(1), stop);
  }
  --visits->inside;
}

Task<void> queue_up(Visits* visits, Loop* loop) {
  StopSource impatient;
  Scope scope(*loop);
  scope.spawn(visit(visits, loop, "a", true, {}));
  scope.spawn(visit(visits, loop, "b", false, {}));
  scope.spawn(visit(visits, loop, "c", false, impatient.stop()));
  scope.spawn(visit(visits, loop, "d", false, {}));
  CHECK(visits->gate.waiting() == 3);
  impatient.request_stop();
  visits->go.set();
  co_await scope.join();
  scope.spawn(visit(visits, loop, "e", false, {}));
  co_await scope.join();
}

}  // namespace

TEST_CASE("a gate lets in as many as it has permits for, in the order they came, and forgets who gave up") {
  Loop loop;
  Visits visits(loop, 1);
  loop.run(queue_up(&visits, &loop));
  CHECK(visits.most == 1);
  CHECK(visits.gate.waiting() == 0);
  REQUIRE(visits.entered.size() == 5);
  CHECK(visits.entered[0] == "a");
  std::erase(visits.entered, "c gave up");
  CHECK(visits.entered == std::vector<std::string>{"a", "b", "d", "e"});
}

TEST_CASE("runs at once are reckoned from the descriptors, with some kept back") {
  CHECK(runs_within(0) == 1);
  CHECK(runs_within(8) == 1);
  CHECK(runs_within(1'024) == 192);
  CHECK(runs_within(4'096) == 768);
  CHECK(runs_within(1'048'576) == 261'844);
  CHECK(runs_at_once() >= 1);
}

}  // namespace nines::probes::test
