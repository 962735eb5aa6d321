#include <algorithm>

#include <catch2/catch.hpp>

#include "tests/sla/drawn.hpp"

namespace nines::sla {
namespace {

using drawn::in_minutes;
using drawn::kMinute;
using drawn::minute;
using drawn::Story;
using Kind = config::Quorum::Kind;

// Of regions that fail (x), are well (.) or say nothing (_).
struct QuorumRow {
  Kind kind;
  int number;
  const char* regions;
  char state;
};

const QuorumRow kQuorums[] = {
    {Kind::majority, 0, "x", 'd'},    {Kind::majority, 0, "x.", 'u'},  {Kind::majority, 0, "xx", 'd'},
    {Kind::majority, 0, "xx.", 'd'},  {Kind::majority, 0, "x..", 'u'}, {Kind::majority, 0, "xx..", 'u'},
    {Kind::majority, 0, "xxx.", 'd'}, {Kind::majority, 0, "x_", 'd'},  {Kind::majority, 0, "___", '?'},
    {Kind::any, 0, "x...", 'd'},      {Kind::any, 0, "....", 'u'},     {Kind::all, 0, "xxx.", 'u'},
    {Kind::all, 0, "xx_", 'd'},       {Kind::number, 2, "x..", 'u'},   {Kind::number, 2, "xx.", 'd'},
    {Kind::number, 3, "xx_", 'd'},    {Kind::number, 9, "xxx", 'd'},
};

Story story_of(const std::string& regions) {
  Story story;
  for (std::size_t i = 0; i < regions.size(); ++i) {
    story.draw("api", "region-" + std::to_string(i), std::string(10, regions[i]));
  }
  return story;
}

std::string ten_minutes_of(char state) {
  if (state == 'd') return "up 0 down 10 unknown 0 excluded 0";
  return state == 'u' ? "up 10 down 0 unknown 0 excluded 0" : "up 0 down 0 unknown 10 excluded 0";
}

}  // namespace

TEST_CASE("a check is down when the down regions reach the quorum of the known ones") {
  for (const auto& [kind, number, regions, state] : kQuorums) {
    Story story = story_of(regions);
    story.objective.quorum = {kind, number};
    CAPTURE(static_cast<int>(kind), number, regions);
    CHECK(in_minutes(story.net(0, 10)) == ten_minutes_of(state));
  }
}

TEST_CASE("fewer known regions than min_regions make the time unknown") {
  Story story = story_of("x__");
  CHECK(in_minutes(story.net(0, 10)) == ten_minutes_of('d'));
  SECTION("which defaults to the majority of the list of regions") {
    story.regions = {"region-0", "region-1", "region-2"};
    CHECK(in_minutes(story.net(0, 10)) == ten_minutes_of('?'));
    story.regions = {"region-0"};
    CHECK(in_minutes(story.net(0, 10)) == ten_minutes_of('d'));
  }
  SECTION("which the objective may set") {
    story.objective.min_regions = 2;
    CHECK(in_minutes(story.net(0, 10)) == ten_minutes_of('?'));
  }
}

TEST_CASE("combine any is down if any check is down, combine all if all are") {
  const struct {
    const char* checks;
    char any;
    char all;
  } rows[] = {{"..", 'u', 'u'}, {"x.", 'd', 'u'}, {"xx", 'd', 'd'},
              {"x_", 'd', '?'}, {"._", '?', 'u'}, {"__", '?', '?'}};
  for (const auto& [checks, any, all] : rows) {
    Story story;
    for (int i = 0; i < 2; ++i) story.draw("check-" + std::to_string(i), "eu", std::string(10, checks[i]));
    CAPTURE(checks);
    story.objective.combine = config::Combine::any;
    CHECK(in_minutes(story.net(0, 10)) == ten_minutes_of(any));
    story.objective.combine = config::Combine::all;
    CHECK(in_minutes(story.net(0, 10)) == ten_minutes_of(all));
  }
}

TEST_CASE("maintenance windows leave time out, whatever the state was") {
  Story story;
  story.draw("api", "eu", "..xxxx....");
  SECTION("overlaps count once") {
    story.window(3, 5);
    story.window(4, 7);
    CHECK(in_minutes(story.net(0, 10)) == "up 5 down 1 unknown 0 excluded 4");
    CHECK(in_minutes(story.figures(0, 10).uptime->gross) == "up 6 down 4 unknown 0 excluded 0");
  }
  SECTION("only windows of the check's service") {
    story.window(3, 5, "other");
    story.window(6, 7, "shop");
    CHECK(in_minutes(story.net(0, 10)) == "up 5 down 4 unknown 0 excluded 1");
  }
  SECTION("not those with excluded: false") {
    story.window(3, 5);
    story.history.maintenance.back().excluded = false;
    CHECK(in_minutes(story.net(0, 10)) == "up 6 down 4 unknown 0 excluded 0");
  }
  SECTION("the service in force then decides") {
    story.history.series[0].settings.push_back({minute(5), kMinute, kMinute * 5 / 2, 3, "moved", false});
    story.window(4, 7, "shop");
    CHECK(in_minutes(story.net(0, 10)) == "up 6 down 3 unknown 0 excluded 1");
  }
  SECTION("results that started inside still form runs and are left out of the samples") {
    story.window(3, 6);
    CHECK(in_minutes(story.net(0, 10)) == "up 6 down 1 unknown 0 excluded 3");
    story.objective.indicator = config::Indicator::error_rate;
    const auto errors = *story.figures(0, 10).error_rate;
    CHECK(errors.samples == 7);
    CHECK(errors.errors == 1);
  }
  SECTION("a check that leaves does not take the others with it") {
    story.draw("web", "eu", "..........").settings[0].service = "web";
    story.window(3, 7, "shop");
    CHECK(in_minutes(story.net(0, 10)) == "up 9 down 1 unknown 0 excluded 0");
  }
  SECTION("unknown time inside is excluded, also before the check takes part") {
    story.history.series[0].settings[0].from = minute(60);
    story.window(-5, 1);
    CHECK(in_minutes(story.net(-10, 2)) == "up 1 down 0 unknown 5 excluded 6");
  }
  SECTION("a window over some of the checks that take no part yet leaves the time unknown") {
    story.draw("web", "eu", "..........").settings[0].service = "web";
    story.window(-5, 0, "shop");
    CHECK(in_minutes(story.net(-10, 0)) == "up 0 down 0 unknown 10 excluded 0");
  }
}

TEST_CASE("an objective's hours exclude all other time") {
  Story story;
  story.draw("api", "eu", std::string(120, '.'));
  story.objective.hours = config::WeeklyHours{{{2, 30, 90}}, "Wed 00:30-01:30"};
  CHECK(in_minutes(story.net(0, 120)) == "up 60 down 0 unknown 0 excluded 60");
  story.objective.time_zone = "Europe/Berlin";  // 02:00 there
  CHECK(in_minutes(story.net(0, 120)) == "up 0 down 0 unknown 0 excluded 120");
  CHECK(story.figures(0, 120).why == "all of the period is excluded");
}

TEST_CASE("an outage is maximal down time without up between") {
  Story story;
  SECTION("unknown time does not split it and is not counted") {
    story.draw("api", "eu", ".xxx_____xx..");
    const auto uptime = *story.figures(0, 13).uptime;
    REQUIRE(uptime.outages.size() == 1);
    CHECK(uptime.outages[0].extent == Period{minute(1), minute(11)});
    CHECK(uptime.outages[0].length == kMinute * 13 / 2);
    CHECK(uptime.outages[0].reason == Reason::connect_refused);
    CHECK(uptime.outages[0].checks == std::vector<std::string>{"api"});
    CHECK(uptime.outages[0].regions == std::vector<std::string>{"eu"});
  }
  SECTION("excluded time does not split it either, even where it was up") {
    story.draw("api", "eu", ".xxx..xxx.");
    story.window(4, 6);
    const auto uptime = *story.figures(0, 10).uptime;
    REQUIRE(uptime.outages.size() == 1);
    CHECK(uptime.outages[0].length == kMinute * 6);
  }
  SECTION("it is whole where it crosses an edge") {
    story.draw("api", "eu", "..xxxxxx..");
    const auto outage = story.figures(4, 6).uptime->outages.at(0);
    CHECK(outage.length == kMinute * 6);
    CHECK(outage.inside == kMinute * 2);
    CHECK_FALSE(outage.open_before);
    CHECK_FALSE(outage.open_after);
  }
  SECTION("it says where more history could make it longer") {
    story.draw("api", "eu", "xxxx");
    const auto outage = story.figures_as_of(0, 10, 4).uptime->outages.at(0);
    CHECK(outage.open_before);
    CHECK(outage.open_after);
    CHECK(outage.ongoing);
    CHECK_FALSE(outage.ended());
  }
}

TEST_CASE("an outage that no up time follows is not known to have ended") {
  Story story;
  SECTION("unknown time after it leaves it out of MTTR") {
    story.draw("api", "eu", ".xxx..xxxx");
    const auto uptime = *story.figures(0, 30).uptime;
    REQUIRE(uptime.outages.size() == 2);
    CHECK(uptime.outages[0].ended());
    CHECK_FALSE(uptime.outages[1].ended());
    CHECK_FALSE(uptime.outages[1].ongoing);
    CHECK(uptime.mttr == kMinute * 3);
  }
  SECTION("data that resumes down makes it longer, and nothing that was said of it wrong") {
    story.draw("api", "eu", ".xxx________xxx");
    CHECK_FALSE(story.figures_as_of(0, 10, 11).uptime->mttr);
    CHECK_FALSE(story.figures_as_of(0, 20, 30).uptime->mttr);
  }
  SECTION("data that resumes up ends it at its last down moment") {
    story.draw("api", "eu", ".xxx________.");
    const auto uptime = *story.figures(0, 10).uptime;
    CHECK(uptime.outages.at(0).ended());
    CHECK(uptime.outages[0].extent.to == minute(5.5));
    CHECK(uptime.mttr == uptime.outages[0].length);
  }
  SECTION("up time that is excluded does not end it") {
    story.draw("api", "eu", ".xxx......");
    story.window(4, 20);
    CHECK_FALSE(story.figures(0, 20).uptime->outages.at(0).ended());
    CHECK_FALSE(story.figures(0, 20).uptime->mttr);
  }
}

TEST_CASE("MTTR is the mean of outages that ended in the period, MTBF up time over those that started") {
  Story story;
  story.draw("api", "eu", ".xxx....xxxx.....xxxxx");
  CHECK(story.figures(0, 20).uptime->mttr == Micros(kMinute * 7 / 2));  // the third ends later
  CHECK(story.figures(0, 20).uptime->mtbf == Micros(kMinute * 10 / 3));
  CHECK(story.figures(2, 8).uptime->mttr == kMinute * 3);
  CHECK_FALSE(story.figures(2, 8).uptime->mtbf);
  CHECK_FALSE(story.figures(5, 8).uptime->mttr);
  CHECK(story.figures(2, 4).uptime->mttr == kMinute * 3);  // its end is the period's
}

TEST_CASE("each region's own figures ignore the others") {
  Story story;
  story.draw("api", "eu", "xxxxx.....");
  story.draw("api", "us", "......____");
  const auto figures = story.figures(0, 10);
  REQUIRE(figures.regions.size() == 2);
  CHECK(figures.regions[0].region == "eu");
  CHECK(figures.regions[0].measured == Ratio{300'000'000, 600'000'000});
  CHECK(figures.regions[1].coverage == Ratio{450'000'000, 600'000'000});
  CHECK(figures.coverage == Ratio{600'000'000, 600'000'000});
}

TEST_CASE("coverage of counted figures sums over each check and region") {
  Story story;
  story.draw("api", "eu", "..........");
  story.draw("api", "us", ".....____.");
  story.objective.indicator = config::Indicator::error_rate;
  CHECK(story.figures(0, 10).coverage == Ratio{20 * 60'000'000LL - 150'000'000, 20 * 60'000'000LL});
  SECTION("a listed region without any result counts as unknown") {
    story.regions = {"eu", "us", "ap"};
    CHECK(story.figures(0, 10).coverage.whole == 30 * 60'000'000LL);
  }
  SECTION("excluded time is left out") {
    story.window(0, 4);
    CHECK(story.figures(0, 10).coverage.whole == 12 * 60'000'000LL);
  }
}

TEST_CASE("the order of results and series does not matter") {
  Story story;
  story.draw("api", "eu", "..xxx__x.");
  story.draw("api", "us", ".xxxx...a");
  const auto before = story.net(0, 9);
  for (Series& series : story.history.series) std::reverse(series.rows.begin(), series.rows.end());
  std::reverse(story.history.series.begin(), story.history.series.end());
  CHECK(story.net(0, 9) == before);
}

}  // namespace nines::sla
