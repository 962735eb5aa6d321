// The gate of a running agent: by the command, over HTTP, and what it exports.

#include <string>

#include <catch2/catch.hpp>

#include "tests/e2e/gate_support.hpp"

using namespace nines::e2e;
using namespace nines::harness;
using Catch::Contains;

namespace {

// A check every 300 ms, so that a baseline comes soon.
std::string often(const TaskApp& app) {
  return gate_config(app, {}, "300ms");
}

void await_results(const Agent& agent, double count) {
  eventually(
      [&] { return agent.metric("nines_check_results_total", {"check=\"ready\"", "result=\"success\""}) >= count; },
      "the agent has results", std::chrono::minutes(1));
}

Json body_of(const Reply& reply) {
  return Json::parse(reply.body);
}

}  // namespace

TEST_CASE("an agent's own results are the baseline of its gates") {
  const TaskApp app;
  const GateStore store(app);
  const Agent agent(store.yaml);
  const Finished taken = gate({"baseline", "--agent", agent.url(), "--deployment", "v2", "--lookback", "1h"});
  CAPTURE(taken.output, taken.errors);
  REQUIRE(taken.status == 0);
  CHECK_THAT(taken.output, !Contains("measured"));
  const Finished passed = gate({"verify", "--agent", agent.url(), "--deployment", "v2", "--for", "6s", "--every",
                                "20ms", "--min-samples", "5", "--format", "json"});
  CAPTURE(passed.output, passed.errors);
  CHECK(passed.status == 0);
  const Json document = Json::parse(passed.output);
  CHECK(document.at("checks").at(0).at("baseline_samples") >= 120);
  CHECK(document.at("checks").at(0).at("samples") >= 5);
  CHECK(document.at("not_judged").size() == 3);
  CHECK(agent.metric("nines_gate_verdict", {"deployment=\"v2\"", "verdict=\"rollback\""}) == 0);

  app.faults(R"({"status": 503})");
  const Finished rolled_back = gate({"verify", "--agent", agent.url(), "--deployment", "v2"});
  CAPTURE(rolled_back.output, rolled_back.errors);
  CHECK(rolled_back.status == 1);
  CHECK_THAT(rolled_back.output, Contains("gate of v2: roll back"));
  CHECK(agent.metric("nines_gate_verdict", {"deployment=\"v2\"", "verdict=\"rollback\""}) == 1);

  // None of its results is the agent's own.
  long by_gate = 0;
  for (const Json& line : agent.exported("ready")) by_gate += line.value("origin", "") == "gate" ? 1 : 0;
  CHECK(by_gate >= 15);
}

TEST_CASE("over HTTP a gate is asked again until it has a verdict") {
  const TaskApp app;
  const GateStore store(app);
  const Agent agent(store.yaml);
  const auto ask = [&](const std::string& body) { return post(agent.url("/api/v1/gates"), body); };
  const auto settled = [&](const std::string& body) {
    Reply reply;
    eventually([&] { return (reply = ask(body)).status != 503; }, "the gate ends", std::chrono::minutes(1));
    return reply;
  };
  const std::string verify =
      R"({"deployment": "v/2", "phase": "verify", "for": "6s", "every": "20ms", "min_samples": 5})";
  const Reply none = settled(verify);
  CHECK(none.status == 422);
  CHECK_THAT(none.body, Contains("there is no baseline of v/2"));

  CHECK(settled(R"({"deployment": "v/2", "phase": "baseline"})").status == 200);
  const Reply running = ask(verify);
  CHECK(running.status == 503);
  CHECK(running.headers.count("retry-after") == 1);
  CHECK(body_of(running).at("verdict") == "running");
  const std::string id = body_of(running).at("id");
  CHECK(body_of(ask(verify)).at("id") == id);
  const Reply passed = settled(verify);
  CHECK(passed.status == 200);
  CHECK(body_of(passed).at("id") == id);
  for (const std::string& name : {id, std::string("v%2F2")}) {
    const Reply shown = get(agent.url("/api/v1/gates/" + name));
    CHECK(shown.status == 200);
    CHECK(body_of(shown).at("verdict") == "pass");
  }
  CHECK(body_of(get(agent.url("/api/v1/gates"))).at("gates").size() == 3);

  app.faults(R"({"status": 500})");
  const std::string again = R"({"deployment": "v/2", "for": "1s", "every": "20ms", "again": )";
  CHECK(ask(again + "true}").status == 503);
  CHECK(settled(again + "false}").status == 409);
}

TEST_CASE("Flagger's webhook is understood") {
  const TaskApp app;
  const Agent agent(often(app));
  const Reply asked = post(agent.url("/api/v1/gates"), R"({"name": "tasks", "namespace": "shop", "phase": "Progressing",
      "checksum": "85d557f47b", "metadata": {"phase": "baseline", "services": "tasks", "silence": "0s"}})");
  CHECK(asked.status == 503);
  CHECK(body_of(asked).at("deployment") == "shop/tasks@85d557f47b");
  CHECK(body_of(asked).at("phase") == "baseline");
}

TEST_CASE("requests that cannot be honoured are refused as RFC 9457 has it") {
  const TaskApp app;
  const Agent agent(often(app));
  const auto [body, status, detail] = GENERATE(table<std::string, int, std::string>({
      {"{", 400, "the body is no JSON"},
      {"[]", 400, "expected a JSON object"},
      {"{}", 400, "`deployment` is missing"},
      {R"({"deployment": "v2", "phase": "after"})", 400, "`phase` is \"after\": expected \"baseline\" or \"verify\""},
      {R"({"deployment": "v2", "for": 6})", 400, "`for` is 6: expected a duration such as 6m"},
      {R"({"deployment": "v2", "every": "1us"})", 400, "expected at least 10ms"},
      {R"({"deployment": "v2", "forr": "6m"})", 400, "there is no member `forr`"},
      {R"({"deployment": "v2", "services": ["shop"]})", 400, "there is no check of a service \"shop\""},
  }));
  const Reply refused = post(agent.url("/api/v1/gates"), body);
  CHECK(refused.status == status);
  CHECK(refused.headers.find("content-type")->second == "application/problem+json");
  CHECK_THAT(body_of(refused).at("detail").get<std::string>(), Contains(detail));
}

TEST_CASE("a gate is started by JSON only, and only where loopback alone can ask") {
  const TaskApp app;
  const std::string body = R"({"deployment": "v2"})";
  {
    const Agent agent(often(app));
    CHECK(post(agent.url("/api/v1/gates"), body, {{"Content-Type", "text/plain"}}).status == 415);
    CHECK(get(agent.url("/api/v1/gates/none")).status == 404);
    CHECK(request("DELETE", agent.url("/api/v1/gates/none")).status == 405);
  }
  const Agent open("listen: 0.0.0.0:0\n" + often(app));
  const std::string port = open.address().substr(open.address().rfind(':'));
  CHECK(post("http://127.0.0.1" + port + "/api/v1/gates", body).status == 403);
}

TEST_CASE("a version that changes marks a deployment by itself") {
  const TaskApp app;
  Agent agent(often(app));
  const auto version = [&](const std::string& name) {
    return agent.metric("nines_deployment_info", {"service=\"tasks\"", "version=\"" + name + "\""}) == 1;
  };
  eventually([&] { return version("1.0.0"); }, "the first version is known");
  app.faults(R"({"version": "2.0.0"})");
  eventually([&] { return version("2.0.0"); }, "the next one marks a deployment");
  CHECK_FALSE(version("1.0.0"));
  eventually(
      [&] {
        return gate({"status", "--agent", agent.url()}).output.contains("tasks is version 2.0.0 (before: 1.0.0)");
      },
      "it is stored and shown");

  // A baseline is cut there: none of the results before counts.
  await_results(agent, 20);
  const Json list = body_of(get(agent.url("/api/v1/gates")));
  CHECK(list.at("deployments").at(1).at("previous") == "1.0.0");
  agent.process().signal(SIGTERM);
  CHECK(agent.process().wait() == 0);
  agent.start();
  CHECK(version("2.0.0"));
}
