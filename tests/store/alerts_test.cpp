#include <catch2/catch.hpp>

#include "tests/store/support.hpp"

using namespace nines;
using namespace nines::store;
using namespace nines::store::tests;

namespace {

AlertEntry alert(std::int64_t id, std::optional<Time> ends = {}) {
  return {id, "check/" + std::to_string(id), R"({"alertname":"A"})", "{}", "http://127.0.0.1/", at(1), ends};
}

}  // namespace

TEST_CASE("alerts, what was told of them and silences are on the disk when the call returns") {
  const TempDir dir;
  const auto store = open_store(dir.path());
  const AlertTold told{1, "webhook/x", at(3), {}};
  const SilenceEntry silence{"alertmanager/x", "api/2026-10-04", "id-1", at(100)};
  REQUIRE(store->change_alerts({.alerts = {alert(1), alert(2)}, .told = {told}, .silences = {silence}, .forget = {}}));
  auto reader = store->reader();
  CHECK(reader.alerts().value() == std::vector{alert(1), alert(2)});
  CHECK(reader.alerts_told().value() == std::vector{told});
  CHECK(reader.silences().value() == std::vector{silence});
}

TEST_CASE("a change replaces what was there of the same alert, receiver or window") {
  const TempDir dir;
  {
    const auto store = open_store(dir.path());
    REQUIRE(store->change_alerts({.alerts = {alert(1)},
                                  .told = {{1, "a", {}, {}}, {1, "b", {}, {}}},
                                  .silences = {{"am", "w", "id-1", at(100)}, {"am", "v", "id-2", at(100)}},
                                  .forget = {}}));
    REQUIRE(store->change_alerts({.alerts = {alert(1, at(9))},
                                  .told = {{1, "a", at(3), at(4)}},
                                  .silences = {{"am", "w", "id-3", at(200)}, {"am", "v", "", {}}},
                                  .forget = {}}));
  }
  const auto store = open_store(dir.path());
  auto reader = store->reader();
  CHECK(reader.alerts().value() == std::vector{alert(1, at(9))});
  CHECK(reader.alerts_told().value() == std::vector<AlertTold>{{1, "a", at(3), at(4)}, {1, "b", {}, {}}});
  CHECK(reader.silences().value() == std::vector<SilenceEntry>{{"am", "w", "id-3", at(200)}});
}

TEST_CASE("alerts that ended before a moment are forgotten with what was told of them") {
  const TempDir dir;
  const auto store = open_store(dir.path());
  REQUIRE(store->change_alerts({.alerts = {alert(1, at(10)), alert(2, at(20)), alert(3)},
                                .told = {{1, "a", at(3), at(10)}, {2, "a", at(3), at(20)}, {3, "a", at(3), {}}},
                                .silences = {},
                                .forget = {}}));
  REQUIRE(store->change_alerts({.alerts = {}, .told = {}, .silences = {}, .forget = at(20)}));
  auto reader = store->reader();
  CHECK(reader.alerts().value() == std::vector{alert(2, at(20)), alert(3)});
  CHECK(reader.alerts_told()->size() == 2);
}
