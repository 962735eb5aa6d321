// From a failing service to what its people are told, through a real Alertmanager and without one.

#include <algorithm>
#include <fstream>
#include <set>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/e2e/support.hpp"
#include "tests/harness/alertmanager.hpp"
#include "tests/harness/sink.hpp"
#include "tests/harness/taskapp.hpp"

using namespace nines;
using namespace nines::e2e;
using namespace nines::harness;
using namespace std::chrono_literals;

namespace {

// Passes all on at once, each alert by itself.
std::string routing(const Sink& sink) {
  return fmt::format(R"(
route:
  receiver: hook
  group_by: ['...']
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: hook
    webhook_configs: [{{url: '{}', send_resolved: true}}]
)",
                     sink.url("/hook"));
}

std::string watching(const TaskApp& app, const std::string& alerting) {
  return fmt::format(R"(
region: us-east-1
services: [{{name: tasks, priority: P1, runbook_url: 'https://wiki.example/tasks', labels: {{team: platform}}}}]
checks:
  - {{name: health, service: tasks, target: '{}/health', interval: 200ms, timeout: 200ms, thresholds: {{critical: 5}}}}
alerting: {}
)",
                     app.url(), alerting);
}

// Every alert in every message that was taken, as "status severity".
std::vector<std::string> told(const Sink& sink) {
  std::vector<std::string> all;
  for (const Sink::Taken& taken : sink.taken()) {
    if (taken.status != 200) continue;
    for (const Json& alert : Json::parse(taken.body).at("alerts")) {
      all.push_back(alert.at("status").get<std::string>() + " " + alert.at("labels").at("severity").get<std::string>());
    }
  }
  return all;
}

bool contains(const std::vector<std::string>& all, const std::string& one) {
  return std::ranges::find(all, one) != all.end();
}

void await_told(const Sink& sink, const std::string& what) {
  eventually([&] { return contains(told(sink), what); }, "a receiver is told: " + what, 120s);
}

Json alerts_at(const Alertmanager& alertmanager) {
  const Reply reply = get(alertmanager.url("/api/v2/alerts"));
  return reply.status == 200 ? Json::parse(reply.body) : Json::array();
}

// Waits until Alertmanager has one alert, of that severity.
Json await_alert(const Alertmanager& alertmanager, const std::string& severity) {
  Json alerts;
  eventually(
      [&] {
        alerts = alerts_at(alertmanager);
        return alerts.size() == 1 && alerts[0].at("labels").at("severity") == severity;
      },
      "Alertmanager has one alert: " + severity, 120s);
  return alerts[0];
}

// Its nines.yml with another text in place of one, from now on.
void reconfigure(Agent& agent, const std::string& what, const std::string& with) {
  std::string text = read_file(agent.config());
  const auto place = text.find(what);
  REQUIRE(place != std::string::npos);
  std::ofstream(agent.config(), std::ios::trunc) << text.replace(place, what.size(), with);
  agent.process().signal(SIGHUP);
}

void kill_now(Agent& agent) {
  agent.process().signal(SIGKILL);
  REQUIRE(agent.process().wait() == 128 + SIGKILL);
}

}  // namespace

TEST_CASE("a failing service is told through Alertmanager: warning, critical, silenced, resolved") {
  TaskApp app;
  const Sink sink;
  const Alertmanager alertmanager(routing(sink));
  std::string configuration = watching(
      app, fmt::format("{{alertmanagers: ['{}'], external_url: 'https://nines.example'}}", alertmanager.url()));
  configuration.replace(configuration.find("critical: 5"), 11, "critical: 1000");
  Agent agent(configuration);
  agent.await_state("health", "up");
  app.stop();
  await_told(sink, "firing warning");
  CHECK(await_alert(alertmanager, "warning").at("labels").at("priority") == "P1");
  reconfigure(agent, "critical: 1000", "critical: 5");
  await_told(sink, "firing critical");
  const Json alert = await_alert(alertmanager, "critical");
  CHECK(alert.at("labels") == Json{{"alertname", "CheckFailing"},
                                   {"service", "tasks"},
                                   {"check", "health"},
                                   {"region", "us-east-1"},
                                   {"severity", "critical"},
                                   {"priority", "P1"},
                                   {"team", "platform"}});
  CHECK(alert.at("annotations").at("runbook_url") == "https://wiki.example/tasks");
  CHECK_THAT(alert.at("annotations").at("description").get<std::string>(), Catch::Contains("connect_refused"));
  CHECK(alert.at("generatorURL") == "https://nines.example/checks/health");
  await_told(sink, "resolved warning");

  const std::string silence = fmt::format(
      R"({{"matchers":[{{"name":"service","value":"tasks","isRegex":false}}],"startsAt":"2020-01-01T00:00:00Z",)"
      R"("endsAt":"2099-01-01T00:00:00Z","createdBy":"ops","comment":"known"}})");
  const Reply silenced = post(alertmanager.url("/api/v2/silences"), silence);
  REQUIRE(silenced.status == 200);
  eventually([&] { return alerts_at(alertmanager)[0].at("status").at("state") == "suppressed"; },
             "the alert is silenced");
  REQUIRE(del(alertmanager.url("/api/v2/silence/" + Json::parse(silenced.body).at("silenceID").get<std::string>()))
              .status == 200);

  app.start();
  await_told(sink, "resolved critical");
  eventually([&] { return alerts_at(alertmanager).empty(); }, "Alertmanager has no alert any more");
  CHECK(agent.metric("nines_alerts_sent_total", {R"(result="success")"}) == 4);
  CHECK(agent.metric("nines_alerts_sent_total", {R"(result="failure")"}) == 0);
}

TEST_CASE("an Alertmanager that is killed and comes back has missed nothing, and another was told meanwhile") {
  TaskApp app;
  const Sink sink;
  const Sink other_sink;
  Alertmanager alertmanager(routing(sink));
  const Alertmanager other(routing(other_sink));
  const Agent agent(watching(app, fmt::format("{{alertmanagers: ['{}', '{}']}}", alertmanager.url(), other.url())));
  agent.await_state("health", "up");
  alertmanager.kill();
  app.stop();
  await_told(other_sink, "firing critical");
  alertmanager.start();
  await_told(sink, "firing critical");
  app.start();
  await_told(sink, "resolved critical");
  CHECK(*agent.metric("nines_alerts_sent_total", {R"(result="success")"}) >= 4);
  CHECK(*agent.metric("nines_alerts_sent_total", {R"(result="failure")"}) >= 1);
}

TEST_CASE("after kill -9 of the agent Alertmanager has the same alert, tells it once, and is told its end") {
  TaskApp app;
  const Sink sink;
  const Alertmanager alertmanager(routing(sink));
  Agent agent(watching(app, fmt::format("{{alertmanagers: ['{}']}}", alertmanager.url())));
  agent.await_state("health", "up");
  app.stop();
  const Json before = await_alert(alertmanager, "critical");
  await_told(sink, "firing critical");
  kill_now(agent);
  agent.start();
  const double failed = *agent.metric("nines_check_consecutive_failures");
  eventually([&] { return *agent.metric("nines_check_consecutive_failures") >= failed + 5; }, "the agent goes on");
  const Json after = await_alert(alertmanager, "critical");
  CHECK(after.at("startsAt") == before.at("startsAt"));
  CHECK(after.at("fingerprint") == before.at("fingerprint"));
  kill_now(agent);
  app.start();
  agent.start();
  await_told(sink, "resolved critical");
  CHECK(std::ranges::count(told(sink), "firing critical") == 1);
  CHECK(std::ranges::count(told(sink), "resolved critical") == 1);
}

TEST_CASE("after kill -9 of the agent a webhook is told nothing twice, and misses nothing") {
  TaskApp app;
  const Sink hook;
  Agent agent(
      watching(app, fmt::format("{{webhooks: ['{}'], group_wait: 1s, group_interval: 1s}}", hook.url("/hook"))));
  agent.await_state("health", "up");
  app.stop();
  await_told(hook, "firing critical");
  // What is counted is noted in the store.
  eventually(
      [&] {
        return *agent.metric("nines_alerts_sent_total", {R"(result="success")"}) ==
               static_cast<double>(told(hook).size());
      },
      "what the webhook was told is noted");
  kill_now(agent);
  SECTION("it fires still") {
    agent.start();
    const double failed = *agent.metric("nines_check_consecutive_failures");
    eventually([&] { return *agent.metric("nines_check_consecutive_failures") >= failed + 15; }, "the agent goes on");
    app.start();
  }
  SECTION("it was over before the agent came back") {
    app.start();
    agent.start();
  }
  await_told(hook, "resolved critical");
  CHECK(std::ranges::count(told(hook), "firing critical") == 1);
  CHECK(std::ranges::count(told(hook), "resolved critical") == 1);
}

TEST_CASE("without an Alertmanager, a webhook and Slack get one message a service, again when they refuse it") {
  TaskApp app;
  Sink hook;
  const Sink slack;
  const std::string secret = "T000-B000-sesame";
  const Agent agent(fmt::format(R"(
region: us-east-1
services: [{{name: tasks, priority: P2}}]
checks:
  - {{name: health, service: tasks, target: '{0}/health', interval: 200ms, timeout: 200ms}}
  - {{name: ready, service: tasks, target: '{0}/health/readiness', interval: 200ms, timeout: 200ms}}
alerting:
  webhooks: ['{1}']
  slack: ['{2}']
  group_wait: 5s
  group_interval: 1s
)",
                                app.url(), hook.url("/hook"), slack.url("/services/" + secret)));
  agent.await_state("health", "up");
  agent.await_state("ready", "up");
  hook.answer(503);
  app.stop();
  agent.await_state("health", "critical");
  agent.await_state("ready", "critical");
  eventually([&] { return hook.taken().size() >= 2; }, "the webhook was asked again", 60s);
  hook.answer(200);
  await_told(hook, "firing critical");
  eventually([&] { return !slack.taken().empty(); }, "Slack has a message", 60s);

  std::set<std::string> checks;
  Json message;
  for (const Sink::Taken& taken : hook.taken()) {
    if (taken.status == 200) message = Json::parse(taken.body);
  }
  for (const Json& alert : message.at("alerts")) {
    if (alert.at("status") == "firing") checks.insert(alert.at("labels").at("check").get<std::string>());
  }
  CHECK(checks == std::set<std::string>{"health", "ready"});
  CHECK(message.at("version") == "4");
  CHECK(message.at("groupLabels") == Json{{"service", "tasks"}});
  CHECK_THAT(Json::parse(slack.taken().back().body).at("text").get<std::string>(), Catch::Contains("tasks"));

  app.start();
  await_told(hook, "resolved critical");
  eventually(
      [&] {
        return Json::parse(slack.taken().back().body).at("text").get<std::string>().starts_with("[RESOLVED] tasks");
      },
      "Slack is told the end", 60s);
  CHECK(*agent.metric("nines_alerts_sent_total", {R"(result="failure")"}) >= 2);
  std::string everything = get(agent.url("/metrics")).body + get(agent.url("/config")).body;
  for (const Json& line : agent.log()) everything += line.dump();
  CHECK_THAT(everything, !Catch::Contains(secret));
}

TEST_CASE("a reload keeps the alerts that fire, and a receiver that comes with it is told of them") {
  TaskApp app;
  const Sink first;
  const Sink second;
  const std::string hooks = "{{webhooks: [{}], group_wait: 1s, group_interval: 1s}}";
  Agent agent(watching(app, fmt::format(fmt::runtime(hooks), "'" + first.url("/a") + "'")));
  agent.await_state("health", "up");
  app.stop();
  await_told(first, "firing critical");
  const std::string one = "'" + first.url("/a") + "'";
  reconfigure(agent, one, one + ", '" + second.url("/b") + "'");
  await_told(second, "firing critical");
  app.start();
  await_told(first, "resolved critical");
  await_told(second, "resolved critical");
  CHECK(std::ranges::count(told(first), "firing critical") == 1);
  CHECK(std::ranges::count(told(second), "firing critical") == 1);
}
