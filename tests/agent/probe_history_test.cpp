#include "agent/probe_history.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace nines::agent {
namespace {

void add(ProbeHistory& history, bool success, int times = 1) {
  for (int i = 0; i < times; ++i) history.add("module", "target", "text", success);
}

std::string ids(const ProbeHistory& history) {
  std::string all;
  for (const auto& entry : history.entries()) {
    all += fmt::format("{}{}{}", all.empty() ? "" : " ", entry->id, entry->success ? "" : "!");
  }
  return all;
}

}  // namespace

TEST_CASE("the history keeps the latest probes, newest first") {
  ProbeHistory history(3);
  CHECK(history.entries().empty());
  add(history, true, 4);
  CHECK(ids(history) == "3 2 1");
  CHECK(history.find(0) == nullptr);
  CHECK(history.find(3)->id == 3);
}

TEST_CASE("failures that fall out of the history are kept, as many as it holds") {
  ProbeHistory history(3);
  add(history, true, 3);
  add(history, false, 3);
  CHECK(ids(history) == "5! 4! 3!");
  add(history, false, 3);
  CHECK(ids(history) == "8! 7! 6! 5! 4! 3!");
  add(history, false, 3);
  CHECK(ids(history) == "11! 10! 9! 8! 7! 6!");
  add(history, true, 3);
  CHECK(ids(history) == "14 13 12 11! 10! 9!");
  add(history, true, 3);
  CHECK(ids(history) == "17 16 15 11! 10! 9!");
}

TEST_CASE("a probe is found by its number while the history has it") {
  ProbeHistory history(2);
  history.add("m", "t", "first", true);
  history.add("m", "t", "second", false);
  CHECK(history.find(0)->text == "first");
  CHECK(history.find(1)->text == "second");
  CHECK(history.find(5) == nullptr);
}

TEST_CASE("the latest probe of a target is found, of one module or of any") {
  ProbeHistory history(3);
  history.add("module-1", "target-1", "one", true);
  history.add("module-2", "target-1", "two", true);
  history.add("module-1", "target-2", "three", true);
  CHECK(history.latest("target-1", "module-1")->text == "one");
  CHECK(history.latest("target-1", "")->text == "two");
  CHECK(history.latest("target-1", "module-5") == nullptr);
  CHECK(history.latest("target-3", "") == nullptr);
}

TEST_CASE("a smaller limit takes effect at once, and 0 keeps nothing") {
  ProbeHistory history(4);
  add(history, false);
  add(history, true, 3);
  history.set_limit(2);
  CHECK(ids(history) == "3 2 0!");
  history.set_limit(0);
  add(history, false);
  CHECK(ids(history).empty());
}

TEST_CASE("a probe's text is cut to what the history holds of each") {
  ProbeHistory history(1);
  history.add("m", "t", std::string(1'000'000, 'x'), true);
  CHECK(history.entries().front()->text.size() <= ProbeHistory::kMaxText + std::string("…").size());
}

}  // namespace nines::agent
