#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <uv.h>

#include "probes/async/event.hpp"
#include "probes/async/loop.hpp"
#include "probes/async/scope.hpp"
#include "probes/async/stop.hpp"
#include "probes/async/task.hpp"

using namespace std::chrono_literals;

namespace nines::probes {
namespace {

Task<int> number(int value) {
  co_return value;
}
Task<int> nested(int depth) {
  if (depth == 0) co_return 0;
  co_return 1 + co_await nested(depth - 1);
}
Task<int> awaits_in_a_row(int count) {
  int sum = 0;
  for (int i = 0; i < count; ++i) sum += co_await number(1);
  co_return sum;
}
Task<void> fails() {
  throw std::runtime_error("broken");
  co_return;
}

TEST_CASE("a task gives its value to the one that awaits it") {
  Loop loop;
  CHECK(loop.run(number(42)) == 42);
  CHECK(loop.close() == 0);
}

TEST_CASE("a hundred thousand nested awaits, and a million in a row, do not grow the stack") {
  Loop loop;
  CHECK(loop.run(nested(100'000)) == 100'000);
  CHECK(loop.run(awaits_in_a_row(1'000'000)) == 1'000'000);
}

TEST_CASE("an exception leaves through the co_await") {
  Loop loop;
  CHECK_THROWS_WITH(loop.run(fails()), "broken");
  auto catches = []() -> Task<std::string> {
    try {
      co_await fails();
    } catch (const std::runtime_error& error) {
      co_return error.what();
    }
    co_return "nothing";
  };
  CHECK(loop.run(catches()) == "broken");
}

TEST_CASE("a task that is never awaited never starts and frees what it was given") {
  const auto watched = std::make_shared<int>(1);
  bool started = false;
  {
    auto work = [](std::shared_ptr<int>, bool* flag) -> Task<void> {
      *flag = true;
      co_return;
    };
    Task<void> task = work(watched, &started);
    CHECK(watched.use_count() == 2);
    Task<void> moved = std::move(task);
  }
  CHECK_FALSE(started);
  CHECK(watched.use_count() == 1);
}

TEST_CASE("a task's result may be move-only") {
  Loop loop;
  auto makes = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(7); };
  CHECK(*loop.run(makes()) == 7);
}

TEST_CASE("sleep is never early") {
  Loop loop;
  auto naps = [](Loop* on) -> Task<bool> {
    for (const auto nap : {0us, 100us, 900us, 1000us, 1100us, 5300us}) {
      const std::uint64_t before = Loop::now_ns();
      if (co_await sleep(*on, nap, {}) != StopCause::none) co_return false;
      if (Loop::now_ns() - before < static_cast<std::uint64_t>(std::chrono::nanoseconds(nap).count())) co_return false;
    }
    co_return true;
  };
  CHECK(loop.run(naps(&loop)));
}

TEST_CASE("sleepers wake in the order of their times, however many share the loop's timer") {
  Loop loop;
  std::vector<int> order;
  auto one = [](Loop* on, std::uint64_t at, int id, std::vector<int>* out) -> Task<void> {
    co_await sleep_until(*on, at, {});
    out->push_back(id);
  };
  auto all = [&](Loop* on) -> Task<void> {
    Scope scope(*on);
    const std::uint64_t base = Loop::now_ns();
    for (const int id : {3, 1, 4, 0, 2})
      scope.spawn(one(on, base + static_cast<std::uint64_t>(id) * 2'000'000, id, &order));
    co_await scope.join();
  };
  loop.run(all(&loop));
  CHECK(order == std::vector<int>{0, 1, 2, 3, 4});
}

TEST_CASE("work posted by other threads runs on the loop's thread, all of it") {
  Loop loop;
  constexpr int kThreads = 4;
  constexpr int kEach = 2'000;
  int done = 0;
  bool elsewhere = false;
  const auto mine = std::this_thread::get_id();
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        loop.post([&] {
          if (std::this_thread::get_id() != mine) elsewhere = true;
          if (++done == kThreads * kEach) loop.stop();
        });
      }
    });
  }
  loop.run();
  for (auto& thread : threads) thread.join();
  CHECK(done == kThreads * kEach);
  CHECK_FALSE(elsewhere);
  CHECK(loop.close() == 0);
}

TEST_CASE("work posted after close is dropped") {
  Loop loop;
  CHECK(loop.close() == 0);
  loop.post([] { FAIL("ran"); });
}

TEST_CASE("close tells of a handle that somebody left open") {
  auto* loop = new Loop;  // cannot be freed: the handle refers to it
  static uv_timer_t timer;
  uv_timer_init(loop->uv(), &timer);
  CHECK(loop->close() == UV_EBUSY);
  uv_close(reinterpret_cast<uv_handle_t*>(&timer), nullptr);
  uv_run(loop->uv(), UV_RUN_NOWAIT);
  CHECK(uv_loop_close(loop->uv()) == 0);
  delete loop;
}

// Waits for something that never comes and says why it ended.
Task<StopCause> waits(Loop* loop, Stop stop) {
  Event never(*loop);
  co_return co_await never.wait(stop);
}

TEST_CASE("a deadline ends what waits and is told as a deadline") {
  Loop loop;
  auto run = [](Loop* on) -> Task<void> {
    StopSource agent;
    DeadlineScope scope(*on, 1ms, agent.stop());
    CHECK(scope.stop().cause() == StopCause::none);
    CHECK(co_await waits(on, scope.stop()) == StopCause::deadline);
    CHECK(scope.expired());
    CHECK(scope.stop().cause() == StopCause::deadline);
    CHECK(agent.stop().cause() == StopCause::none);
    CHECK(Loop::now_ns() >= scope.own_deadline());
  };
  loop.run(run(&loop));
}

TEST_CASE("a shutdown passes through nested scopes and is told apart from a deadline") {
  Loop loop;
  auto run = [](Loop* on) -> Task<void> {
    StopSource agent;
    DeadlineScope journey(*on, 1h, agent.stop());
    DeadlineScope step(*on, 1h, journey.stop());
    on->post([&] { agent.request_stop(); });
    CHECK(co_await waits(on, step.stop()) == StopCause::shutdown);
    CHECK(journey.stop().cause() == StopCause::shutdown);
    CHECK_FALSE(step.expired());
    CHECK_FALSE(journey.expired());
    DeadlineScope late(*on, 1h, step.stop());
    CHECK(late.stop().cause() == StopCause::shutdown);
    CHECK(co_await sleep(*on, 1h, late.stop()) == StopCause::shutdown);
  };
  loop.run(run(&loop));
}

TEST_CASE("of two nested deadlines the earlier one fires, and one can tell which") {
  Loop loop;
  auto run = [](Loop* on) -> Task<void> {
    {
      DeadlineScope journey(*on, 1h, {});
      DeadlineScope step(*on, 1ms, journey.stop());
      CHECK(step.stop().deadline() == step.own_deadline());
      CHECK(co_await waits(on, step.stop()) == StopCause::deadline);
      CHECK(step.expired());
      CHECK(journey.stop().cause() == StopCause::none);
    }
    {
      DeadlineScope journey(*on, 1ms, {});
      DeadlineScope step(*on, 1h, journey.stop());
      CHECK(step.stop().deadline() == journey.own_deadline());
      CHECK(co_await waits(on, step.stop()) == StopCause::deadline);
      CHECK_FALSE(step.expired());
      CHECK(journey.expired());
    }
    DeadlineScope none_left(*on, 0s, {});
    CHECK(none_left.expired());
    CHECK(co_await waits(on, none_left.stop()) == StopCause::deadline);
  };
  loop.run(run(&loop));
}

TEST_CASE("an event that was set wins over a stop that came with it") {
  Loop loop;
  auto run = [](Loop* on) -> Task<void> {
    StopSource source;
    Event event(*on);
    on->post([&] {
      event.set();
      source.request_stop();
    });
    CHECK(co_await event.wait(source.stop()) == StopCause::none);
    event.reset();
    CHECK(co_await event.wait(source.stop()) == StopCause::shutdown);
    on->post([&] { event.set(); });
    CHECK(co_await event.wait() == StopCause::none);
    StopSource other;
    Event second(*on);
    on->post([&] {
      other.request_stop();
      second.set();
    });
    CHECK(co_await second.wait(other.stop()) == StopCause::none);
  };
  loop.run(run(&loop));
  CHECK(loop.close() == 0);
}

TEST_CASE("ten thousand deadlines are made, some fire, all are freed") {
  Loop loop;
  int fired = 0;
  auto one = [](Loop* on, int index, int* count) -> Task<void> {
    DeadlineScope scope(*on, index % 2 == 0 ? std::chrono::nanoseconds(1ms) : std::chrono::nanoseconds(1h), {});
    if (index % 2 == 0) {
      if (co_await waits(on, scope.stop()) == StopCause::deadline) ++*count;
    } else {
      co_await sleep(*on, 1us, scope.stop());
    }
  };
  auto all = [&](Loop* on) -> Task<void> {
    Scope scope(*on);
    for (int i = 0; i < 10'000; ++i) scope.spawn(one(on, i, &fired));
    CHECK(scope.alive() == 10'000);
    co_await scope.join();
    CHECK(scope.alive() == 0);
  };
  loop.run(all(&loop));
  CHECK(fired == 5'000);
  CHECK(loop.close() == 0);
}

TEST_CASE("a scope's stop ends its tasks and join waits for the last") {
  Loop loop;
  std::vector<StopCause> causes;
  auto child = [](Loop* on, std::vector<StopCause>* out, Stop stop) -> Task<void> {
    out->push_back(co_await waits(on, stop));
    co_await sleep(*on, 2ms, {});  // cleaning up takes time
    out->push_back(StopCause::none);
  };
  auto run = [&](Loop* on) -> Task<void> {
    Scope scope(*on);
    for (int i = 0; i < 3; ++i) scope.spawn(child(on, &causes, scope.stop()));
    scope.request_stop();
    CHECK(causes.empty());  // never resumed from inside request_stop
    co_await scope.join();
  };
  loop.run(run(&loop));
  CHECK(causes.size() == 6);
  CHECK(std::count(causes.begin(), causes.end(), StopCause::shutdown) == 3);
}

TEST_CASE("join gives the first exception of a child, after all have ended") {
  Loop loop;
  int ended = 0;
  auto slow = [](Loop* on, int* count) -> Task<void> {
    co_await sleep(*on, 1ms, {});
    ++*count;
  };
  auto run = [&](Loop* on) -> Task<void> {
    Scope scope(*on);
    scope.spawn(fails());
    scope.spawn(slow(on, &ended));
    co_await scope.join();
  };
  CHECK_THROWS_WITH(loop.run(run(&loop)), "broken");
  CHECK(ended == 1);
}

TEST_CASE("a task may spawn more tasks on its scope while join waits") {
  Loop loop;
  int ended = 0;
  struct Tree {
    static Task<void> node(Loop* on, Scope* scope, int depth, int* count) {
      co_await sleep(*on, 10us, {});
      if (depth > 0) {
        scope->spawn(node(on, scope, depth - 1, count));
        scope->spawn(node(on, scope, depth - 1, count));
      }
      ++*count;
    }
  };
  auto run = [&](Loop* on) -> Task<void> {
    Scope scope(*on);
    scope.spawn(Tree::node(on, &scope, 6, &ended));
    co_await scope.join();
  };
  loop.run(run(&loop));
  CHECK(ended == 127);
}

}  // namespace
}  // namespace nines::probes
