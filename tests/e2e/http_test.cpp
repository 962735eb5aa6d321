// The agent's own endpoints, and clients that are slow, silent or wrong.

#include <memory>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/version.hpp"
#include "tests/e2e/socket.hpp"
#include "tests/e2e/support.hpp"
#include "tests/harness/taskapp.hpp"

using namespace nines;
using namespace nines::e2e;
using namespace nines::harness;
using Catch::Contains;

namespace {

constexpr const char* kIdle =
    "checks: [{name: a, service: s, target: 'http://127.0.0.1:9/', interval: 1h, timeout: 1s}]\n";

}  // namespace

TEST_CASE("the agent tells its own health on every documented path") {
  const Agent agent(kIdle);
  for (const auto& [path, status] : std::map<std::string, std::string>{{"/health", "healthy"},
                                                                       {"/health/liveness", "alive"},
                                                                       {"/health/readiness", "ready"},
                                                                       {"/health/db", "healthy"},
                                                                       {"/health/dependencies", "healthy"}}) {
    INFO(path);
    eventually([&] { return get(agent.url(path)).status == 200; }, path + " answers 200");
    const Reply reply = get(agent.url(path));
    CHECK_THAT(reply.headers.find("content-type")->second, Catch::StartsWith("application/json"));
    const Json body = Json::parse(reply.body);
    CHECK(body.at("status") == status);
    CHECK(body.at("service") == "nines");
    CHECK(body.at("version") == std::string(kVersion));
    CHECK(body.at("databases").at("sqlite").at("available") == true);
    CHECK(body.at("timestamp").get<std::string>().ends_with("Z"));
  }
  for (const char* path : {"/-/healthy", "/-/ready"}) CHECK(get(agent.url(path)).status == 200);
  CHECK(get(agent.url("/no/such/page")).status == 404);
}

TEST_CASE("the page names every check and journey with its state, and takes nothing from outside") {
  TaskApp app;
  app.faults(R"({"path": "/health/db", "status": 503})");
  const Agent agent(fmt::format(R"(
defaults: {{interval: 200ms, timeout: 200ms}}
checks:
  - {{name: good-one, service: tasks, target: '{0}/health'}}
  - {{name: bad-one, service: tasks, target: '{0}/health/db'}}
  - {{name: '<script>', service: tasks, target: '{0}/health'}}
)",
                                app.url()));
  agent.await_state("good-one", "up");
  agent.await_state("bad-one", "critical");
  const Reply page = get(agent.url("/"));
  CHECK(page.status == 200);
  CHECK_THAT(page.headers.find("content-type")->second, Catch::StartsWith("text/html"));
  CHECK_THAT(page.headers.find("content-security-policy")->second, Contains("default-src 'none'"));
  CHECK_THAT(page.body, Contains("good-one") && Contains("bad-one") && Contains("critical"));
  CHECK_THAT(page.body, Contains("&lt;script&gt;") && !Contains("<script"));
}

TEST_CASE("clients that stall do not hold up others") {
  const Agent agent(kIdle);
  std::vector<std::unique_ptr<Socket>> slow;
  for (const char* begin : {"", "G", "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: "}) {
    slow.push_back(std::make_unique<Socket>(agent.address()));
    slow.back()->send(begin);
  }
  const Reply others = request("GET", agent.url("/metrics"), {}, {}, std::chrono::seconds(30));
  CHECK(others.status == 200);
  // Nor are they cut off at once: who goes on is served.
  slow.back()->send("1\r\n\r\n");
  CHECK_THAT(slow.back()->receive("\r\n"), Catch::StartsWith("HTTP/1.1 200"));
}

TEST_CASE("a request that the agent does not take is answered at once") {
  const Agent agent(kIdle);
  const auto [head, status] = GENERATE(table<std::string, std::string>({
      {"POST / HTTP/1.1\r\nHost: a\r\n\r\n", "405"},
      {"POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "405"},
      {"DELETE /metrics HTTP/1.1\r\nHost: a\r\n\r\n", "405"},
      {"nonsense\r\n\r\n", "400"},
      {"GET /metrics HTTP/9.9\r\nHost: a\r\n\r\n", "400"},
  }));
  INFO(head);
  const Socket client(agent.address());
  client.send(head);
  CHECK_THAT(client.receive("\r\n"), Catch::StartsWith("HTTP/1.1 " + status));
  CHECK(get(agent.url("/-/healthy")).status == 200);
}
