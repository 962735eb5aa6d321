#include <catch2/catch.hpp>

#include "tests/sla/drawn.hpp"

namespace nines::sla {
namespace {

using drawn::in_minutes;
using drawn::kMinute;
using drawn::minute;
using drawn::Story;

struct Drawing {
  const char* rule;
  const char* picture;
  double to;
  const char* expected;
};

const Drawing kDrawings[] = {
    {"a success speaks for the time to the next result", "....", 4, "up 4 down 0 unknown 0 excluded 0"},
    {"the last result speaks for stale_after and no longer", "..", 6, "up 3.5 down 0 unknown 2.5 excluded 0"},
    {"a missing result within stale_after leaves no gap", "._..", 4, "up 4 down 0 unknown 0 excluded 0"},
    {"time in no span is unknown", ".____.", 6, "up 3.5 down 0 unknown 2.5 excluded 0"},
    {"a blip shorter than confirm_after costs no uptime", "..xx..", 6, "up 6 down 0 unknown 0 excluded 0"},
    {"a confirmed run is down from its first failure on", "..xxx.", 6, "up 3 down 3 unknown 0 excluded 0"},
    {"an unknown gap does not end a failure run", ".x____xx.", 9, "up 2 down 4.5 unknown 2.5 excluded 0"},
    {"any success ends a failure run", ".xx.x.", 6, "up 6 down 0 unknown 0 excluded 0"},
    {"a void ends the span before it and speaks for nothing", "..a..", 5, "up 4 down 0 unknown 1 excluded 0"},
    {"a void does not end a failure run", ".xaxx.", 6, "up 2 down 3 unknown 1 excluded 0"},
    {"a void does not count towards confirmation", ".xaax.", 6, "up 4 down 0 unknown 2 excluded 0"},
    {"a retried success is up", "..rr..", 6, "up 6 down 0 unknown 0 excluded 0"},
};

}  // namespace

TEST_CASE("results speak for spans, and confirmed failure runs are down") {
  for (const Drawing& drawing : kDrawings) {
    DYNAMIC_SECTION(drawing.rule) {
      Story story;
      story.draw("api", "eu", drawing.picture);
      CHECK(in_minutes(story.net(0, drawing.to)) == drawing.expected);
    }
  }
}

TEST_CASE("a slow result speaks for at least its own duration") {
  Story story;
  story.draw("api", "eu", ".").rows[0].duration = kMinute * 4;
  CHECK(in_minutes(story.net(0, 6)) == "up 4 down 0 unknown 2 excluded 0");
}

TEST_CASE("no span crosses a step of the region's clock") {
  Story story;
  story.draw("api", "eu", "....");
  story.history.clock_steps = {{"eu", minute(1.25)}, {"us", minute(2.5)}};
  CHECK(in_minutes(story.net(0, 4)) == "up 3.25 down 0 unknown 0.75 excluded 0");
}

TEST_CASE("a run that crosses an edge is judged whole and only its part inside is counted") {
  Story story;
  story.draw("api", "eu", "..xxx...");
  CHECK(in_minutes(story.net(0, 3)) == "up 2 down 1 unknown 0 excluded 0");
  CHECK(in_minutes(story.net(4, 8)) == "up 3 down 1 unknown 0 excluded 0");
}

TEST_CASE("spans of a running period are cut at as_of") {
  Story story;
  story.draw("api", "eu", "..");
  CHECK(in_minutes(story.figures_as_of(0, 60, 2).uptime->net) == "up 2 down 0 unknown 0 excluded 0");
}

TEST_CASE("strict uptime takes first attempts and every blip") {
  Story story;
  story.draw("api", "eu", "..rx..");
  const Evaluation figures = story.figures(0, 6);
  CHECK(in_minutes(figures.uptime->net) == "up 6 down 0 unknown 0 excluded 0");
  CHECK(in_minutes(figures.uptime->strict) == "up 4 down 2 unknown 0 excluded 0");
  CHECK(figures.verdict == Verdict::met);
  CHECK(figures.why == "met, but strict uptime, which counts every failed first attempt, misses the target: 66.666%");
}

TEST_CASE("results made by hand or by the gate enter no figure") {
  Story story;
  Series& series = story.draw("api", "eu", "..xxx.");
  for (ResultRow& row : series.rows) row.origin = row.success() ? Origin::scheduled : Origin::manual;
  CHECK(in_minutes(story.net(0, 6)) == "up 4.5 down 0 unknown 1.5 excluded 0");
}

TEST_CASE("failures while every uplink check is in a confirmed run are void") {
  Story story;
  story.draw("api", "eu", "..xxxxxxxx.");
  story.uplink("ping", "eu", "...xxxx....");
  SECTION("from one interval before the first failure to the end of the run") {
    CHECK(in_minutes(story.net(0, 11)) == "up 3 down 3 unknown 5 excluded 0");
  }
  SECTION("not while another uplink check is well") {
    story.uplink("pong", "eu", "...........");
    CHECK(in_minutes(story.net(0, 11)) == "up 3 down 8 unknown 0 excluded 0");
  }
  SECTION("not in another region") {
    story.history.series.back().key.region = "us";
    CHECK(in_minutes(story.net(0, 11)) == "up 3 down 8 unknown 0 excluded 0");
  }
  SECTION("an uplink check that has left the configuration does not matter") {
    story.uplink("pong", "eu", "...........").settings.push_back({minute(1), kMinute, kMinute, 3, "", true});
    CHECK(in_minutes(story.net(0, 11)) == "up 3 down 3 unknown 5 excluded 0");
  }
}

TEST_CASE("figures use the settings in force at each result") {
  Story story;
  Series& series = story.draw("api", "eu", "..xx.._____");
  SECTION("stale_after") {
    series.settings.push_back({minute(5), kMinute, kMinute * 4, 3, "shop", false});
    CHECK(in_minutes(story.net(0, 11)) == "up 9 down 0 unknown 2 excluded 0");
  }
  SECTION("the warning threshold confirms a run as soon as one of its results reaches it") {
    series.settings.push_back({minute(3), kMinute, kMinute * 5 / 2, 2, "shop", false});
    CHECK(in_minutes(story.net(0, 6)) == "up 4 down 2 unknown 0 excluded 0");
  }
  SECTION("the objective's confirm_after wins") {
    story.objective.confirm_after = 2;
    CHECK(in_minutes(story.net(0, 6)) == "up 4 down 2 unknown 0 excluded 0");
  }
}

TEST_CASE("results from before the first load") {
  Story story;
  Series& series = story.draw("api", "eu", "..");
  series.settings[0].from = minute(60);
  SECTION("use the earliest settings known") {
    CHECK(in_minutes(story.net(0, 4)) == "up 3.5 down 0 unknown 0.5 excluded 0");
  }
  SECTION("or their own interval") {
    for (ResultRow& row : series.rows) row.interval = kMinute / 2;
    CHECK(in_minutes(story.net(0, 4)) == "up 2.25 down 0 unknown 1.75 excluded 0");
  }
  SECTION("while a stale_after set by hand stays") {
    series.settings[0].stale_after = kMinute;
    for (ResultRow& row : series.rows) row.interval = kMinute / 2;
    CHECK(in_minutes(story.net(0, 4)) == "up 2 down 0 unknown 2 excluded 0");
  }
}

TEST_CASE("a check takes part from its first load or first result to its removal") {
  Story story;
  story.draw("api", "eu", "..........");
  Series& late = story.draw("late", "eu", "_____.....");
  SECTION("first result") {
    late.settings[0].from = minute(7);
    CHECK(in_minutes(story.net(0, 10)) == "up 10 down 0 unknown 0 excluded 0");
  }
  SECTION("first load") {
    late.settings[0].from = minute(3);
    CHECK(in_minutes(story.net(0, 10)) == "up 8 down 0 unknown 2 excluded 0");
  }
  SECTION("a first result that is stored but not at hand") {
    late.settings[0].from = minute(7);
    late.first_result = minute(-600);
    CHECK(in_minutes(story.net(0, 10)) == "up 5 down 0 unknown 5 excluded 0");
  }
  SECTION("removal") {
    late.rows.clear();
    late.settings.push_back({minute(2), kMinute, kMinute, 3, "shop", true});
    CHECK(in_minutes(story.net(0, 10)) == "up 8 down 0 unknown 2 excluded 0");
  }
  SECTION("when none takes part the time is unknown") {
    story.history.series[0].settings.push_back({minute(4), kMinute, kMinute, 3, "shop", true});
    late.settings[0].from = minute(7);
    CHECK(in_minutes(story.net(0, 10)) == "up 9 down 0 unknown 1 excluded 0");
  }
}

}  // namespace nines::sla
