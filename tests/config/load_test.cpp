#include "config/load.hpp"

#include <catch2/catch.hpp>

#include "tests/config/support.hpp"

namespace nines::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

bool holds(const std::vector<Secret>& secrets, const std::string& value) {
  for (const Secret& secret : secrets) {
    if (secret.reveal() == value) return true;
  }
  return false;
}

Config contract() {
  auto result = load(test_folder("good") + "/contract.yml", test_environment());
  REQUIRE(result.has_value());
  CHECK(result->warnings.empty());
  return std::move(result->config);
}

TEST_CASE("the contract's example gives what it says") {
  const Config config = contract();
  CHECK(config.region == "us-east-1");
  CHECK(config.environment == "production");
  CHECK(config.application_names);
  REQUIRE(config.checks.size() == 3);  // one comes from checks.d
  CHECK(config.checks[2].schedule.name == "from-include");

  const Check& check = *config.check("gateway-readiness");
  CHECK(check.schedule.interval == seconds(15));
  CHECK(check.schedule.timeout == seconds(5));  // its module's
  CHECK(check.schedule.stale_after == milliseconds(37500));
  CHECK(check.schedule.thresholds == Thresholds{3, 5, 1});
  CHECK(check.module->http.valid_status_codes == std::vector{200});
  REQUIRE(check.module->http.fail_if_body_not_matches_regexp.size() == 1);
  CHECK(check.retries.attempts == 2);
  CHECK(check.version.text == ".version");
  CHECK(check.schedule.at.line == 23);

  CHECK(config.service("api-gateway")->priority == "P1");
  REQUIRE(config.service("task-service") != nullptr);  // only named by a journey
  CHECK(config.service("uplink") != nullptr);          // a check's own name
}

TEST_CASE("a customer's contract has its objectives, recipients and credits") {
  const Config config = contract();
  REQUIRE(config.contracts.size() == 1);
  const Contract& acme = config.contracts[0];
  CHECK(acme.name == "acme");
  CHECK(acme.customer == "ACME GmbH");
  CHECK(acme.objectives == std::vector<std::string>{"system-uptime", "task-creation"});
  CHECK(acme.recipients == std::vector<std::string>{"sla@acme.example"});
  REQUIRE(acme.credits.size() == 1);
  CHECK(acme.credits[0].objective == "system-uptime");
  REQUIRE(acme.credits[0].tiers.size() == 2);
  CHECK(acme.credits[0].tiers[0].below == Decimal(999, 3));
  CHECK(acme.credits[0].tiers[0].percent == Decimal(1, 1));
  CHECK(acme.credits[0].tiers[1].below == Decimal(99, 2));
  CHECK(acme.credits[0].tiers[1].percent == Decimal(25, 2));
}

TEST_CASE("limits of a query are read in the query's unit") {
  struct Case {
    const char* keys;
    Unit unit;
    Decimal target;
    Decimal critical;
  };
  const Case cases[] = {
      {"target: '> 80%', critical: '< 60%'", Unit::ratio, {8, 1}, {6, 1}},
      {"unit: ratio, target: '> 80%', critical: '< 60.5%'", Unit::ratio, {8, 1}, {605, 3}},
      {"unit: percent, target: '< 70%', critical: '> 90%'", Unit::percent, {70, 0}, {90, 0}},
      {"target: '< 100ms', critical: '> 250ms'", Unit::seconds, {1, 1}, {25, 2}},
      {"unit: milliseconds, target: '<= 100us', critical: '> 1s'", Unit::milliseconds, {1, 1}, {1000, 0}},
      {"target: '>= -3', critical: '< -12.5'", Unit::number, {-3, 0}, {-125, 1}},
      {"unit: number, target: '< 100', critical: '>= 100'", Unit::number, {100, 0}, {100, 0}},
  };
  for (const Case& one : cases) {
    CAPTURE(one.keys);
    const auto loaded = load_text(
        "checks: [{name: a, target: 'http://a.example/'}]\nprometheus: 'http://127.0.0.1:9090'\n"
        "objectives: [{name: q, indicator: prometheus, query: up, " +
            std::string(one.keys) + "}]\n",
        "nines.yml", test_environment());
    REQUIRE(loaded.has_value());
    const Objective& objective = loaded->config.objectives.at(0);
    CHECK(objective.indicator == Indicator::prometheus);
    CHECK(objective.query == "up");
    CHECK(objective.unit == one.unit);
    CHECK(objective.target.value == one.target);
    CHECK(objective.critical->value == one.critical);
    CHECK(objective.checks.empty());
    CHECK(objective.regions.empty());
  }
}

TEST_CASE("the contract's journey is read whole") {
  const Config config = contract();
  REQUIRE(config.journey("create-task") != nullptr);
  const Journey& journey = *config.journey("create-task");
  CHECK(journey.metric == "task_creation_duration_seconds");
  CHECK(journey.finally_timeout == seconds(10));
  REQUIRE(journey.secrets.size() == 2);
  CHECK(journey.secrets[1].second.reveal() == "file-token");
  CHECK(holds(config.secrets, "file-token"));
  CHECK(holds(config.secrets, "secret-TASKS_PASSWORD"));

  REQUIRE(journey.steps.size() == 3);
  const Step& create = journey.steps[1];
  CHECK(create.method == "POST");
  CHECK(create.url == "/api/v1/tasks");
  CHECK(create.measure);
  CHECK(create.expect.status == std::vector{200, 201});
  REQUIRE(create.expect.jq.size() == 2);
  CHECK(create.expect.jq[1].text == ".id | length > 0");
  CHECK(create.expect.duration->holds(milliseconds(1999)));
  CHECK_FALSE(create.expect.duration->holds(seconds(2)));
  REQUIRE(create.captures.size() == 1);
  CHECK(create.captures[0].name == "task_id");
  CHECK(create.captures[0].argument == ".id");
  REQUIRE(create.json->members.size() == 1);
  CHECK(create.json->members[0].first == "title");
  CHECK(create.json->members[0].second.text == "{{ title }}");

  const Step& visible = journey.steps[2];
  REQUIRE(visible.until.has_value());
  CHECK(visible.every == milliseconds(200));
  CHECK(visible.within == seconds(5));
  REQUIRE(journey.finally.size() == 1);
  CHECK(journey.finally[0].when == "task_id");
  CHECK(journey.finally[0].method == "DELETE");
}

TEST_CASE("objectives know what they cover") {
  const Config config = contract();
  REQUIRE(config.objectives.size() == 5);
  CHECK(config.objectives[0].checks == std::vector<std::string>{"gateway-readiness"});
  CHECK(config.objectives[0].target.value == Decimal(999, 3));
  CHECK(config.objectives[0].regions == config.regions);
  CHECK(config.objectives[1].service == "api-gateway");  // that of its only check
  CHECK(config.objectives[1].target.value == Decimal(500'000, 0));
  CHECK(config.objectives[1].percentile == Decimal(95, 0));
  CHECK(config.objectives[2].target.op == Comparison::less);
  CHECK(config.objectives[3].journeys == std::vector<std::string>{"create-task"});
  CHECK(config.objectives[4].checks.empty());
  REQUIRE(config.maintenance.size() == 2);
  CHECK(config.maintenance[0].once->length() == std::chrono::hours(2));
  CHECK(config.maintenance[1].weekly->spans.size() == 1);
}

TEST_CASE("other spellings mean what they say") {
  auto result = load(test_folder("good") + "/spellings.yml", test_environment());
  REQUIRE(result.has_value());
  const Config& config = result->config;
  CHECK(config.region == "eu");
  CHECK(config.listen_host == "0.0.0.0");
  CHECK(config.listen_port == 8080);
  REQUIRE(result->warnings.size() == 2);  // certificates not verified, not on loopback
  CHECK(config.check("second")->schedule.interval == std::chrono::minutes(1));
  CHECK(config.check("second")->target == "http://example.com");
  CHECK(config.check("second")->module->http.client.basic_auth->password.reveal() == "file-token");
  REQUIRE(config.check("many@[::1]:8080") != nullptr);
  CHECK(config.check("many@a.example:443")->target == "https://a.example/");
  CHECK(config.check("many@b.example:81")->schedule.service == "many");

  const HttpModule& http = config.modules.at("full")->http;
  CHECK_FALSE(http.follow_redirects);
  CHECK_FALSE(http.dial.ip_protocol_fallback);
  CHECK(http.dial.preferred_ip_protocol == IpProtocol::ip4);
  CHECK(http.body == R"({"price": "${5}"})");
  CHECK(http.body_size_limit == 1 << 20);
  CHECK(holds(config.secrets, "secret-A_TOKEN"));
}

TEST_CASE("a password in the token's URL is a secret, as it is written and as it is meant") {
  const Config config = loaded(
      "modules: {m: {prober: http, http: {oauth2: {client_id: c, token_url: "
      "'https://ann:hush%20url@login.example/t'}}}}");
  CHECK(holds(config.secrets, "hush url"));
  CHECK(holds(config.secrets, "hush%20url"));
  CHECK_FALSE(holds(config.secrets, "ann"));
}

TEST_CASE("a check's key wins over its module's, and that over defaults") {
  const auto timeout = [](const std::string& defaults, const std::string& module, const std::string& check) {
    const Config config = loaded("defaults: {interval: 20s" + defaults + "}\nmodules: {m: {prober: http" + module +
                                 "}}\nchecks: [{name: a, target: x, module: m" + check + "}]\n");
    return config.checks.at(0).schedule.timeout;
  };
  CHECK(timeout("", "", "") == seconds(10));
  CHECK(timeout(", timeout: 4s", "", "") == seconds(4));
  CHECK(timeout(", timeout: 4s", ", timeout: 3s", "") == seconds(3));
  CHECK(timeout(", timeout: 4s", ", timeout: 3s", ", timeout: 2s") == seconds(2));
  CHECK(timeout("", "", ", interval: 6s") == seconds(6));
}

TEST_CASE("finally's budget is what the interval leaves, at most ten seconds") {
  const auto budget = [](const std::string& times) {
    return loaded("journeys: [{name: a, base_url: 'http://x', " + times +
                  ", steps: [{name: s, get: /}], finally: [{name: f, get: /}]}]")
        .journeys.at(0)
        .finally_timeout;
  };
  CHECK(budget("interval: 1m, timeout: 30s") == seconds(10));
  CHECK(budget("interval: 30s, timeout: 26s") == seconds(4));
  CHECK(budget("interval: 30s, timeout: 10s, finally_timeout: 20s") == seconds(20));
}

TEST_CASE("a JSON body keeps YAML's types") {
  const Config config = loaded(
      "journeys: [{name: a, base_url: 'http://x', steps: [{name: s, post: /, json: "
      "[null, true, 12, -1.5e1, '12', 007, 0x1f, text, 99999999999999999999, {k: ''}]}]}]");
  const auto& items = config.journeys.at(0).steps.at(0).json->items;
  using Kind = JsonTemplate::Kind;
  const std::vector<Kind> kinds = {Kind::null, Kind::boolean, Kind::integer, Kind::number, Kind::text,
                                   Kind::text, Kind::text,    Kind::text,    Kind::number, Kind::object};
  REQUIRE(items.size() == kinds.size());
  for (std::size_t i = 0; i < kinds.size(); ++i) CHECK(items[i].kind == kinds[i]);
  CHECK(items[3].number == -15.0);
}

TEST_CASE("aliases may repeat much, but not without bound") {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) text += (j == 0 ? "" : ", ") + before;
    text += "]\n";
  }
  CHECK(faults(text).find("aliases repeat more than 4000000 values") != std::string::npos);
}

TEST_CASE("deep nesting is a fault, not a crash") {
  CHECK(faults("checks: " + std::string(100'000, '[')).find("not valid YAML") != std::string::npos);
}

TEST_CASE("the configuration of one URL has one check") {
  const auto config = for_target("example.com/health");
  REQUIRE(config.has_value());
  REQUIRE(config->checks.size() == 1);
  CHECK(config->checks[0].target == "http://example.com/health");
  CHECK(config->checks[0].schedule.timeout == seconds(10));
  CHECK(config->checks[0].module->http.method == "GET");
  CHECK(config->service(config->checks[0].schedule.service) != nullptr);
  CHECK_FALSE(for_target("gopher://example.com").has_value());
}

TEST_CASE("schedules come in file order, checks first") {
  const Config config = loaded(
      "journeys: [{name: j, steps: [{name: s, get: 'http://x/'}]}]\nchecks: [{name: b, target: x}, {name: a, target: "
      "y}]");
  const auto schedules = config.schedules();
  REQUIRE(schedules.size() == 3);
  CHECK(schedules[0]->name == "b");
  CHECK(schedules[1]->name == "a");
  CHECK(schedules[2]->name == "j");
}

TEST_CASE("a secret in the configuration is never in a fault") {
  const std::string said = faults(
      "modules: {m: {prober: http, http: {basic_auth: {username: u, password: hunter22, pasword: x}}}}\n"
      "checks: [{name: a, target: 'https://u:hunter22@x/', module: m}]");
  CHECK_FALSE(said.empty());
  CHECK(said.find("hunter22") == std::string::npos);
}

TEST_CASE("only addresses of this machine's own are loopback") {
  const std::pair<const char*, bool> cases[] = {{"127.0.0.1:9", true},         {"127.9.9.9:9", true},
                                                {"'[::1]:9'", true},           {"localhost:9", true},
                                                {"127.evil.example:9", false}, {"0.0.0.0:9", false}};
  for (const auto& [listen, quiet] : cases) {
    CAPTURE(listen);
    const auto config =
        load_text(std::string("checks: [{name: a, service: s, target: 'http://h/'}]\nlisten: ") + listen, "nines.yml",
                  test_environment());
    REQUIRE(config.has_value());
    CHECK(config->warnings.empty() == quiet);
  }
}

TEST_CASE("aliases repeat only so many bytes of text") {
  std::string text = "checks: [{name: a, service: s, target: 'http://h/'}]\nmodules:\n";
  text += "  m0: {prober: http, http: {body: &b '" + std::string(2 << 20, 'x') + "'}}\n";
  for (int i = 1; i < 40; ++i) text += "  m" + std::to_string(i) + ": {prober: http, http: {body: *b}}\n";
  CHECK(faults(text).contains("aliases repeat more than 67108864 bytes of text: expected less"));
}

}  // namespace
}  // namespace nines::config
