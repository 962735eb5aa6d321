#include "agent/alerts/plan.hpp"

#include <catch2/catch.hpp>

#include "tests/agent/support.hpp"

namespace nines::agent {
namespace {

using namespace std::chrono_literals;
using tests::at;

const std::string kMe = "me";

struct Case {
  std::string identity = "check/x";
  std::string severity = "critical";
  double starts = 0;
  std::optional<double> ends{};
  std::optional<Told> told = Told{};  // none: not to be told when it is over
  std::string service = "api";
};

Alerts alerts_of(const std::vector<Case>& cases) {
  Alerts alerts;
  std::int64_t id = 0;
  for (const Case& one : cases) {
    Alert alert{
        .id = ++id,
        .identity = one.identity,
        .labels = {{"alertname", "A"}, {"check", one.identity}, {"service", one.service}, {"severity", one.severity}},
        .annotations = {{"summary", "s"}},
        .url = "u",
        .starts = at(one.starts),
        .ends = std::nullopt,
        .told = {}};
    if (one.ends) alert.ends = at(*one.ends);
    if (one.told) alert.told[kMe] = *one.told;
    alerts.emplace(id, std::move(alert));
  }
  return alerts;
}

// When what is posted ends, in seconds, in order; nothing: no posting.
std::optional<std::vector<double>> ends_of(const std::optional<Posting>& posting) {
  if (!posting) return std::nullopt;
  std::vector<double> ends;
  for (const PostedAlert& alert : posting->alerts) ends.push_back(seconds(*alert.ends_at - at(0)));
  return ends;
}

}  // namespace

TEST_CASE("what Alertmanager is told of one alert") {
  struct Row {
    const char* what;
    Case alert;
    double now;
    bool resend;
    std::optional<std::vector<double>> ends;  // of what is posted; none: nothing is
    std::optional<Told> then;                 // none: nothing new
  };
  const Told none{};
  const auto told = [](double firing, std::optional<double> resolved = {}) {
    return Told{at(firing), resolved ? std::optional(at(*resolved)) : std::nullopt};
  };
  const double valid = seconds(kValid);
  const std::vector<Row> rows{
      {"it is new", {.told = none}, 10, false, {{10 + valid}}, told(10)},
      {"it fires, for a receiver that came later", {.told = {}}, 10, false, {{10 + valid}}, told(10)},
      {"it is known", {.told = told(10)}, 20, false, {}, {}},
      {"it is said again", {.told = told(10)}, 40, true, {{40 + valid}}, {}},
      {"it is over", {.ends = 50, .told = told(10)}, 51, false, {{50}}, told(10, 51)},
      {"its end is known", {.ends = 50, .told = told(10, 51)}, 60, false, {}, {}},
      {"its end is said again", {.ends = 50, .told = told(10, 51)}, 80, true, {{50}}, {}},
      {"its end was long ago", {.ends = 50, .told = told(10, 51)}, 950, true, {}, {}},
      {"it was over before it could be told", {.ends = 50, .told = none}, 60, false, {{60 + valid}}, told(60)},
      {"and stays so for a minute", {.ends = 50, .told = told(60)}, 119, true, {}, {}},
      {"and is resolved then", {.ends = 50, .told = told(60)}, 120, true, {{50}}, told(60, 120)},
      {"it was over a day ago", {.ends = 50, .told = none}, 86'450, false, {{}}, Told{{}, at(86'450)}},
      {"which is never said again", {.ends = 50, .told = Told{{}, at(60)}}, 70, true, {}, {}},
      {"it was over before the receiver came", {.ends = 50, .told = {}}, 60, true, {}, {}},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    const auto posting = plan_posting(alerts_of({row.alert}), kMe, at(row.now), row.resend);
    CHECK(ends_of(posting) == row.ends);
    if (!posting) continue;
    if (!row.then) {
      CHECK(posting->then.empty());
      CHECK(posting->news == 0);
    } else {
      CHECK(posting->then == Tellings{{1, *row.then}});
      CHECK(posting->news == static_cast<int>(posting->alerts.size()));
    }
  }
}

TEST_CASE("of alerts with the same labels Alertmanager is told of the youngest alone") {
  const Told none{};
  const auto posting = plan_posting(alerts_of({{.starts = 0, .ends = 10, .told = none}, {.starts = 20, .told = none}}),
                                    kMe, at(30), false);
  REQUIRE(posting);
  REQUIRE(posting->alerts.size() == 1);
  CHECK(posting->alerts[0].starts_at == at(20));
  CHECK(posting->then == Tellings{{2, {at(30), {}}}, {1, {{}, at(30)}}});
  CHECK(posting->news == 1);
}

TEST_CASE("a warning that became critical is told as resolved beside it") {
  const auto posting =
      plan_posting(alerts_of({{.severity = "warning", .starts = 0, .ends = 20, .told = Told{at(1), {}}},
                              {.severity = "critical", .starts = 20}}),
                   kMe, at(20), false);
  REQUIRE(posting);
  CHECK(ends_of(posting) == std::vector{20 + seconds(kValid), 20.0});
  CHECK(posting->news == 2);
}

TEST_CASE("a warning that became critical before it could be told is not told late, but one of an outage before is") {
  const Told none{};
  const auto replaced = plan_posting(alerts_of({{.severity = "warning", .starts = 0, .ends = 20, .told = none},
                                                {.severity = "critical", .starts = 20, .told = none}}),
                                     kMe, at(30), false);
  REQUIRE(replaced);
  REQUIRE(replaced->alerts.size() == 1);
  CHECK(replaced->alerts[0].starts_at == at(20));
  CHECK(replaced->then == Tellings{{2, {at(30), {}}}, {1, {{}, at(30)}}});
  const auto before = plan_posting(alerts_of({{.severity = "critical", .starts = 0, .ends = 20, .told = none},
                                              {.severity = "warning", .starts = 21, .told = none}}),
                                   kMe, at(30), false);
  REQUIRE(before);
  CHECK(before->alerts.size() == 2);
}

TEST_CASE("a message is due some seconds after its first news, and not within the interval after the one before") {
  struct Row {
    const char* what;
    std::vector<Case> alerts;
    double now;
    std::optional<double> due;      // seconds from now to the next; none: it is due now or never
    std::vector<std::size_t> told;  // ids in the message that is due
  };
  const Told none{};
  const std::vector<Row> rows{
      {"nothing is wrong", {}, 100, {}, {}},
      {"it is too fresh", {{.starts = 95, .told = none}}, 100, 5, {}},
      {"it has waited", {{.starts = 90, .told = none}}, 100, {}, {1}},
      {"a second one goes with the first",
       {{.starts = 90, .told = none}, {.identity = "check/y", .starts = 99, .told = none}},
       100,
       {},
       {1, 2}},
      {"it is known", {{.starts = 10, .told = Told{at(20), {}}}}, 100, {}, {}},
      {"a second one comes within the interval",
       {{.starts = 10, .told = Told{at(70), {}}}, {.identity = "check/y", .starts = 80, .told = none}},
       100,
       30,
       {}},
      {"a second one comes after it",
       {{.starts = 10, .told = Told{at(40), {}}}, {.identity = "check/y", .starts = 80, .told = none}},
       100,
       {},
       {2}},
      {"it is over", {{.starts = 10, .ends = 85, .told = Told{at(20), {}}}}, 100, {}, {1}},
      {"it was over before it could be told", {{.starts = 10, .ends = 15, .told = none}}, 100, {}, {1}},
      {"it was over before the receiver came", {{.starts = 10, .ends = 15, .told = {}}}, 100, {}, {}},
      {"the clock was set back",
       {{.starts = 10, .told = Told{at(5000), {}}}, {.identity = "check/y", .starts = 80, .told = none}},
       100,
       60,
       {}},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    const Messages messages = plan_messages(alerts_of(row.alerts), kMe, at(100), 10s, 60s);
    CHECK(messages.due.size() == (row.told.empty() ? 0 : 1));
    CHECK(messages.next.has_value() == row.due.has_value());
    if (row.due && messages.next) CHECK(*messages.next == at(row.now + *row.due));
    if (messages.due.size() != 1) continue;
    std::vector<std::size_t> told;
    for (const auto& [id, state] : messages.due[0].then) told.push_back(static_cast<std::size_t>(id));
    CHECK(told == row.told);
  }
}

TEST_CASE("a message tells all that fires of its service, and what is over by what it became last") {
  const Alerts alerts = alerts_of({
      {.identity = "check/old", .starts = 0, .told = Told{at(10), {}}},
      {.identity = "check/x", .severity = "warning", .starts = 10, .ends = 20},
      {.identity = "check/x", .severity = "critical", .starts = 20},
      {.identity = "check/y", .severity = "warning", .starts = 10, .ends = 20, .told = Told{at(15), {}}},
      {.identity = "check/y", .severity = "critical", .starts = 20, .ends = 30},
      {.identity = "check/z", .starts = 1, .service = "shop"},
  });
  const Messages messages = plan_messages(alerts, kMe, at(1000), 10s, 60s);
  REQUIRE(messages.due.size() == 2);
  const auto ids = [](const std::vector<Alert>& some) {
    std::vector<std::int64_t> all;
    for (const Alert& alert : some) all.push_back(alert.id);
    return all;
  };
  const Message& message = messages.due[0];
  CHECK(message.service == "api");
  CHECK(ids(message.firing) == std::vector<std::int64_t>{1, 3});
  CHECK(ids(message.resolved) == std::vector<std::int64_t>{5});
  CHECK(ids(message.replaced) == std::vector<std::int64_t>{2, 4});
  CHECK(message.then.size() == 4);
  CHECK(messages.due[1].service == "shop");

  // Told once.
  Alerts after = alerts;
  for (const Message& one : messages.due) {
    for (const auto& [id, told] : one.then) after.at(id).told[kMe] = told;
  }
  const Messages again = plan_messages(after, kMe, at(2000), 10s, 60s);
  CHECK(again.due.empty());
  CHECK_FALSE(again.next);
}

}  // namespace nines::agent
