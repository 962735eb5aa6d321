#include "sla/health.hpp"

#include <string_view>

#include <catch2/catch.hpp>

#include "tests/sla/drawn.hpp"

namespace nines::sla {
namespace {

// The states after each result, by their first letter.
std::string states(std::string_view picture, const config::Thresholds& thresholds = {}) {
  drawn::Story story;
  Health health;
  std::string seen;
  for (const ResultRow& row : story.draw("api", "eu", picture).rows) {
    advance(health, row, thresholds);
    seen += state_name(health.state)[0];
  }
  return seen;
}

}  // namespace

TEST_CASE("a third failure in a row turns the check to warning, a fifth to critical, a success back to up") {
  CHECK(states(".xxxxxx.") == "uuuwwccu");
  CHECK(states("xx.xxx") == "uuuuuw");
  CHECK(states("xxx.xxxxx.") == "uuwuuuwwcu");
}

TEST_CASE("recovery asks for that many successes in a row") {
  const config::Thresholds thresholds{3, 5, 2};
  CHECK(states("xxx.x..", thresholds) == "uuwwwwu");
  CHECK(states("xxxxx.xxx..", thresholds) == "uuwwccccccu");
}

TEST_CASE("a fault of the agent changes nothing") {
  CHECK(states("xxaax") == "uuuuw");
  CHECK(states("a") == "u");  // unknown
  Health health;
  drawn::Story story;
  CHECK_FALSE(advance(health, story.draw("api", "eu", "a").rows[0], {}));
  CHECK(health == Health{});
}

TEST_CASE("since is the start of the result that changed the state") {
  drawn::Story story;
  Health health;
  for (const ResultRow& row : story.draw("api", "eu", ".xxxx").rows) advance(health, row, {});
  CHECK(health.since == drawn::minute(3));
  CHECK(health.last_result == drawn::minute(4));
  CHECK(health.failures == 4);
}

TEST_CASE("a stale check shows unknown and keeps its counters") {
  const Health health{State::warning, 4, 0, drawn::minute(4), drawn::minute(3)};
  CHECK(shown(health, drawn::minute(6), drawn::kMinute * 5 / 2) == State::warning);
  CHECK(shown(health, drawn::minute(6.5), drawn::kMinute * 5 / 2) == State::unknown);
  CHECK(shown(Health{}, drawn::minute(0), drawn::kMinute) == State::unknown);
}

}  // namespace nines::sla
