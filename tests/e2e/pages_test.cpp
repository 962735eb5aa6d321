// The pages of a running agent's checks and journeys, and that what links to them is answered.

#include <algorithm>
#include <map>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/e2e/support.hpp"
#include "tests/harness/sink.hpp"
#include "tests/harness/taskapp.hpp"

using namespace nines::e2e;
using namespace nines::harness;
using Catch::Contains;

namespace {

std::string configuration(const TaskApp& app) {
  return fmt::format(R"(
services: [{{name: tasks, priority: P1, runbook_url: 'https://wiki.example/tasks'}}]
defaults: {{interval: 100ms, timeout: 100ms}}
checks:
  - {{name: api, service: tasks, target: '{0}/health'}}
  - {{name: 'Ünter/ ? #% <b>', service: tasks, target: '{0}/health', interval: 1s}}
  - {{name: later, service: tasks, target: '{0}/health', interval: 1h, formerly: [sooner]}}
journeys:
  - name: buy
    service: tasks
    base_url: '{0}'
    interval: 200ms
    timeout: 200ms
    steps:
      - {{name: look, get: /health, expect: {{status: 200}}}}
      - {{name: missing, get: /nowhere, expect: {{status: 200}}}}
objectives: [{{name: tasks-uptime, checks: [api], indicator: uptime, target: '99.9%'}}]
)",
                     app.url());
}

Reply page(const Agent& agent, const std::string& path) {
  const Reply reply = get(agent.url(path));
  CAPTURE(path, reply.body);
  CHECK(reply.headers.find("content-type")->second == "text/html; charset=utf-8");
  CHECK_THAT(reply.headers.find("content-security-policy")->second, Contains("default-src 'none'"));
  return reply;
}

}  // namespace

TEST_CASE("a check's and a journey's page tell how they are, why, and what is near") {
  const TaskApp app;
  const Agent agent(configuration(app));
  agent.await_state("api", "up");
  const Reply up = page(agent, "/checks/api");
  CHECK(up.status == 200);
  CHECK_THAT(up.body, Contains(" is up") && Contains("tasks (P1)") && Contains("https://wiki.example/tasks") &&
                          Contains("It was part of none."));

  app.faults(R"({"path": "/health", "status": 500})");
  agent.await_state("api", "critical");
  eventually([&] { return get(agent.url("/checks/api")).body.contains("href=\"/incidents/tasks-"); },
             "the outage is on the page");
  const Reply down = page(agent, "/checks/api");
  CHECK_THAT(down.body, Contains(" is critical") && Contains("answered 500") && Contains("failures in a row") &&
                            Contains("Last failure") && Contains("class=\"chart strip\""));
  app.clear_faults();

  agent.await_state("buy", "critical");
  const Reply journey = page(agent, "/journeys/buy");
  CHECK(journey.status == 200);
  CHECK_THAT(journey.body, Contains("Failing step: ") && Contains("missing") && Contains("class=\"chart waterfall\""));
}

TEST_CASE("an objective's page tells how it stands") {
  const TaskApp app;
  const Agent agent(configuration(app));
  agent.await_state("api", "up");
  CHECK(page(agent, "/objectives/tasks-uptime").status == 200);
  eventually(
      [&] { return get(agent.url("/objectives/tasks-uptime")).body.contains("Burn rate</h2><p class=\"small\""); },
      "the objective is evaluated", std::chrono::seconds(60));
  const Reply evaluated = page(agent, "/objectives/tasks-uptime");
  CHECK_THAT(evaluated.body, Contains("≥ 99.9%") && Contains("100.000% left") && Contains("There was none.") &&
                                 Contains("href=\"/checks/api\""));
  CHECK_THAT(get(agent.url("/")).body, Contains("href=\"/objectives/tasks-uptime\""));
  CHECK(page(agent, "/objectives/none").status == 404);
}

TEST_CASE("a page is found by any name a check may have, and what is none is a page that says so") {
  const TaskApp app;
  const Agent agent(configuration(app));
  const Reply odd = page(agent, "/checks/%C3%9Cnter%2F%20%3F%20%23%25%20%3Cb%3E");
  CHECK(odd.status == 200);
  CHECK_THAT(odd.body, Contains("Ünter/ ? #% &lt;b&gt;") && !Contains("<b>"));
  CHECK_THAT(get(agent.url("/")).body, Contains("href=\"/checks/%C3%9Cnter%2F%20%3F%20%23%25%20%3Cb%3E\""));
  CHECK_THAT(get(agent.url("/")).body, Contains("href=\"/journeys/buy\""));
  CHECK(page(agent, "/checks/later").status == 200);
  CHECK(page(agent, "/checks/sooner").status == 200);
  for (const char* path : {"/checks/none", "/journeys/none", "/checks/buy", "/journeys/api", "/checks/%3Cscript%3E"}) {
    const Reply none = page(agent, path);
    CAPTURE(path);
    CHECK(none.status == 404);
    CHECK_THAT(none.body, Contains("There is no such ") && !Contains("<script"));
  }
}

TEST_CASE("what an alert links to is there") {
  const TaskApp app;
  const Sink sink;
  const std::string base = "https://nines.example";
  const Agent agent(
      configuration(app) +
      fmt::format("alerting: {{webhooks: ['{}'], external_url: '{}', group_wait: 1s}}\n", sink.url("/hook"), base));
  app.faults(R"({"path": "/health", "status": 500})");
  // Its page, and the incident's, of every alert of a check or journey that comes.
  std::map<std::string, int> answered;
  eventually(
      [&] {
        for (const Sink::Taken& taken : sink.taken()) {
          for (const Json& alert : Json::parse(taken.body).at("alerts")) {
            const Json& annotations = alert.at("annotations");
            for (const char* link : {"page_url", "incident_url"}) {
              if (!annotations.contains(link)) continue;
              const std::string url = annotations.at(link).get<std::string>();
              REQUIRE(url.starts_with(base));
              const std::string path = url.substr(base.size());
              answered[path] = get(agent.url(path)).status;
            }
          }
        }
        const auto any = [&](const std::string& start) {
          return std::ranges::any_of(answered, [&](const auto& one) { return one.first.starts_with(start); });
        };
        return any("/checks/api") && any("/journeys/buy") && any("/incidents/tasks-") && any("/incidents/buy-");
      },
      "alerts link to checks, journeys and incidents", std::chrono::seconds(60));
  for (const auto& [path, status] : answered) {
    CAPTURE(path);
    CHECK(status == 200);
  }
}
