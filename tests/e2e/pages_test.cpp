// The pages of a running agent's checks and journeys, and that what links to them is answered.

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/e2e/support.hpp"
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
objectives: [{{name: tasks-uptime, service: tasks, indicator: uptime, target: '99.9%'}}]
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
