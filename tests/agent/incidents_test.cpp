#include "agent/incidents/incidents.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "agent/objectives.hpp"
#include "base/json.hpp"
#include "tests/agent/support.hpp"

namespace nines::agent {
namespace {

using namespace std::chrono_literals;
using tests::at;

constexpr const char* kConfig = R"(
region: us-east-1
services: [{name: api, priority: P1, runbook_url: 'https://wiki.example/api'}]
checks:
  - {name: gateway, service: api, target: 'http://127.0.0.1/', interval: 10s}
  - {name: other, service: shop, target: 'http://127.0.0.1/', interval: 10s}
journeys:
  - {name: buy, service: api, base_url: 'http://127.0.0.1', interval: 10s, steps: [{name: login, post: /login}]}
objectives:
  - {name: uptime, service: api, indicator: uptime, target: '99.9%'}
  - {name: fast, service: api, checks: [gateway], indicator: latency, percentile: 95, target: '< 1s'}
  - {name: errors, service: api, checks: [gateway], indicator: error_rate, target: '< 1%'}
alerting: {external_url: 'https://nines.example'}
)";

constexpr double kOctober = 31 * 86'400;

// Ten minutes of results every ten seconds; gateway fails from second 100 to 160, and twice at 300.
struct Fixture {
  Fixture() {
    REQUIRE(store->record_settings(settings_of(*config, at(0))));
    for (int second = 0; second <= 600; second += 10) {
      const bool down = (second >= 100 && second < 160) || (second >= 300 && second < 320);
      add("gateway", second, !down);
      add("other", second, true);
      add("buy", second, second < 100 || second > 120, "login");
    }
    REQUIRE(store->flush());
  }
  void add(const std::string& check, double second, bool success, const std::string& step = {}) {
    Result result;
    result.key = {check, "us-east-1"};
    result.row.start = at(second);
    result.row.duration = 5ms;
    result.row.interval = 10s;
    if (!success) {
      result.row.reason = result.row.first_reason = Reason::connect_refused;
      result.evidence.message = "connection *refused*";
      result.evidence.address = "127.0.0.1:80";
      result.evidence.failed_step = step;
      result.evidence.trace_id = "0123456789abcdef0123456789abcdef";
    }
    REQUIRE(store->submit(std::move(result)));
  }
  IncidentStores stores() { return std::move(IncidentStores::open({dir.path().string()}).value()); }
  std::vector<reports::Incident> all(double from = 0, double to = 610, double as_of = 610) {
    IncidentStores own = stores();
    auto found = find_incidents(own, *config, {.period = {at(from), at(to)}, .as_of = at(as_of)});
    REQUIRE(found);
    return *found;
  }
  std::optional<reports::Incident> one(const std::string& id, double as_of = 610) {
    IncidentStores own = stores();
    auto found = find_incident(own, *config, id, at(as_of));
    REQUIRE(found);
    return *found;
  }

  harness::TempDir dir;
  std::shared_ptr<const config::Config> config = tests::config_of(kConfig);
  test::ManualClock clock{at(610)};
  std::unique_ptr<store::Store> store =
      std::move(store::Store::open({.data_dir = dir.path().string(), .clock = &clock}).value());
};

std::vector<std::string> told(const reports::Incident& incident) {
  std::vector<std::string> lines;
  for (const reports::IncidentEvent& event : incident.timeline) {
    lines.push_back(format_time(event.at, 0).substr(11, 8) + " " + event.text);
  }
  return lines;
}

}  // namespace

TEST_CASE("a confirmed outage of a service, and of a journey, is an incident; failures below the threshold are none") {
  Fixture f;
  const auto incidents = f.all();
  REQUIRE(incidents.size() == 2);
  const reports::Incident& api = incidents[0].journey ? incidents[1] : incidents[0];
  const reports::Incident& buy = incidents[0].journey ? incidents[0] : incidents[1];
  CHECK(api.id == "api-20261001T000140Z");
  CHECK(api.extent == Period{at(100), at(160)});
  CHECK(api.length == 60s);
  CHECK_FALSE(api.ongoing);
  CHECK(api.ended);
  CHECK(api.reason == Reason::connect_refused);
  CHECK(api.priority == "P1");
  CHECK(api.checks == std::vector<std::string>{"gateway"});
  CHECK(api.regions == std::vector<std::string>{"us-east-1"});
  CHECK(buy.id == "buy-20261001T000140Z");
  CHECK(buy.length == 30s);
  CHECK(f.all(200, 610).empty());
  CHECK(f.all(120, 130).size() == 2);
}

TEST_CASE("an incident tells its course, its alerts, what it cost and what there is to see") {
  Fixture f;
  REQUIRE(f.store->change_alerts(
      {.alerts =
           {{1, "check/gateway",
             R"({"alertname":"CheckFailing","check":"gateway","service":"api","severity":"warning","priority":"P2"})",
             "{}", "", at(120), at(160)},
            {2,
             "check/other",
             R"({"alertname":"CheckFailing","check":"other","service":"shop"})",
             "{}",
             "",
             at(120),
             {}},
            {3, "check/gateway", R"({"alertname":"CheckFailing","check":"gateway"})", "{}", "", at(5000), {}}},
       .told = {{1, "webhook/0123456789abcdef", at(121), at(161)}},
       .silences = {},
       .forget = {}}));
  const auto incident = f.one("api-20261001T000140Z");
  REQUIRE(incident);
  CHECK(told(*incident) == std::vector<std::string>{
                               "00:01:40 gateway in us-east-1 fails: connection refused",
                               "00:02:00 gateway in us-east-1 is in warning: 3 failures in a row",
                               "00:02:00 alert CheckFailing of gateway (warning, P2) is raised",
                               "00:02:01 alert CheckFailing of gateway (warning, P2) is sent (webhook)",
                               "00:02:20 gateway in us-east-1 is critical: 5 failures in a row",
                               "00:02:40 gateway in us-east-1 succeeds again",
                               "00:02:40 alert CheckFailing of gateway (warning, P2) is resolved",
                               "00:02:41 the end of alert CheckFailing of gateway (warning, P2) is sent (webhook)",
                           });
  REQUIRE(incident->costs.size() == 2);
  CHECK(incident->costs[0].objective == "uptime");
  CHECK(incident->costs[0].down == 60s);
  CHECK(incident->costs[0].period == "2026-10");
  CHECK(incident->costs[0].ratio().value() == Approx(60 / (0.001 * kOctober)).epsilon(1e-6));
  CHECK(incident->costs[1].objective == "errors");
  CHECK_FALSE(incident->costs[1].time);
  CHECK(incident->costs[1].bad == 6);
  CHECK(incident->costs[1].allowed == Approx(0.61));
  REQUIRE(incident->evidence.size() == 5);
  CHECK(incident->evidence[0].message == "connection *refused*");
  CHECK(incident->links.front() == std::pair<std::string, std::string>{"Runbook", "https://wiki.example/api"});
  CHECK(incident->links.back().second == "https://nines.example/checks/gateway");

  const Json json = parse_json(reports::incident_json(*incident)).value();
  CHECK(json.at("schema") == "nines.incident/v1");
  CHECK(json.at("id") == "api-20261001T000140Z");
  CHECK(json.at("down_seconds") == 60);
  CHECK(json.at("timeline").size() == 8);
  const std::string markdown = reports::incident_markdown(*incident);
  CHECK_THAT(markdown,
             Catch::StartsWith("# Incident api-20261001T000140Z\n") &&
                 Catch::Contains("| 2026-10-01T00:01:40Z | gateway in us-east-1 fails: connection refused |") &&
                 Catch::Contains("connection \\*refused\\*") &&
                 Catch::Contains("1 min of down time: 2.241% of the 44 min 38 s that 2026-10 allows"));
  const std::string text = reports::incident_text(*incident);
  CHECK_THAT(text, Catch::Contains("2026-10-01T00:02:20Z  gateway in us-east-1 is critical: 5 failures in a row") &&
                       Catch::Contains("trace 0123456789abcdef0123456789abcdef"));
}

TEST_CASE("a journey's incident names the step that failed") {
  Fixture f;
  const auto incident = f.one("buy-20261001T000140Z");
  REQUIRE(incident);
  CHECK(incident->evidence.front().failed_step == "login");
  CHECK(incident->costs.empty());
}

TEST_CASE("an incident that lasts is shown as such") {
  Fixture f;
  for (int second = 620; second <= 660; second += 10) f.add("other", second, false);
  REQUIRE(f.store->flush());
  const auto incidents = f.all(500, 665, 665);
  REQUIRE(incidents.size() == 1);
  CHECK(incidents.front().ongoing);
  CHECK_FALSE(incidents.front().ended);
  CHECK_THAT(reports::incidents_text(incidents), Catch::Contains("ongoing"));
  CHECK(parse_json(reports::incidents_json(incidents))->at("incidents")[0].at("to").is_null());
}

TEST_CASE("what is no incident's id finds none") {
  Fixture f;
  CHECK(f.one("api-20261001T000141Z")->id == "api-20261001T000140Z");  // it holds that moment
  for (const char* id : {"", "x", "api-20261001T000139Z", "api-20261001T000240Z", "shop-20261001T000140Z",
                         "api-20261301T000140Z", "api-99991001T000140Z", "api-20261001X000140Z"}) {
    CAPTURE(id);
    CHECK_FALSE(f.one(id));
  }
}

}  // namespace nines::agent
