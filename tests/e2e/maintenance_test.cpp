// Maintenance windows of a running agent: by the command beside it, and over HTTP.

#include <csignal>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/e2e/support.hpp"
#include "tests/harness/taskapp.hpp"

using namespace nines::e2e;
using namespace nines::harness;
using Catch::Contains;

namespace {

std::string one_check(const TaskApp& app, const std::string& more = {}) {
  return fmt::format(R"(
services: [{{name: tasks}}]
defaults: {{interval: 100ms, timeout: 100ms}}
checks: [{{name: api, service: tasks, target: '{}/health'}}]
)",
                     app.url()) +
         more;
}

bool in_maintenance(const Agent& agent) {
  return agent.metric("nines_check_state", {"check=\"api\"", "state=\"maintenance\""}) == 1.0;
}

Json windows(const Agent& agent) {
  const Reply reply = get(agent.url("/api/v1/maintenance"));
  REQUIRE(reply.status == 200);
  return Json::parse(reply.body)["windows"];
}

const std::vector<std::string> kWho{"--reason", "upgrade", "--author", "ops"};

Finished maintenance(const Agent& agent, std::vector<std::string> words, const std::vector<std::string>& more = {}) {
  words.insert(words.begin(), "maintenance");
  words.insert(words.end(), {"-c", agent.config()});
  words.insert(words.end(), kWho.begin(), kWho.end());
  words.insert(words.end(), more.begin(), more.end());
  ProcessOptions options;
  options.environment = {{"DATA", agent.data_dir()}};
  return run_nines(words, options);
}

}  // namespace

TEST_CASE("a window that is entered beside a running agent is in force without a restart, until it is removed") {
  const TaskApp app;
  Agent agent(one_check(app));
  eventually([&] { return agent.metric("nines_check_state", {"state=\"up\""}) == 1.0; }, "the check is up");
  CHECK_FALSE(in_maintenance(agent));
  const Finished added = maintenance(agent, {"add", "--service", "tasks", "--for", "2h"});
  INFO(added.errors);
  REQUIRE(added.status == 0);
  eventually([&] { return in_maintenance(agent); }, "the check is in maintenance");
  CHECK(windows(agent)[0]["state"] == "running");
  CHECK(windows(agent)[0]["source"] == "command");

  agent.process().signal(SIGKILL);
  agent.process().wait();
  agent.start();
  eventually([&] { return in_maintenance(agent); }, "it is after a restart too");

  REQUIRE(maintenance(agent, {"remove", "1"}).status == 0);
  eventually([&] { return !in_maintenance(agent); }, "the check is in maintenance no more");
  CHECK(windows(agent)[0]["removed"]["author"] == "ops");
  CHECK(agent.metric("nines_store_writes_total", {"result=\"failure\""}) == 0.0);
}

TEST_CASE("a reload enters and ends the windows of nines.yml, and leaves those of others alone") {
  const TaskApp app;
  Agent agent(one_check(app, "maintenance: [{schedule: '00:00-24:00', reason: all day, author: ann}]\n"));
  eventually([&] { return in_maintenance(agent); }, "the check is in maintenance");
  REQUIRE(maintenance(agent, {"add", "--from", "2124-01-01", "--for", "2h"}).status == 0);
  std::string text = read_file(agent.config());
  text.resize(text.find("maintenance:"));
  std::filesystem::remove(agent.config());
  std::ofstream(agent.config()) << text;
  REQUIRE(post(agent.url("/-/reload"), "").status == 200);
  CHECK_FALSE(in_maintenance(agent));
  const Json all = windows(agent);
  REQUIRE(all.size() == 2);
  CHECK(all[0]["source"] == "configuration");
  CHECK(all[0]["removed"]["reason"] == "taken out of nines.yml");
  CHECK(all[1]["state"] == "ahead");
}

TEST_CASE("windows are entered and removed over HTTP, at once, by whoever says so in JSON from this machine") {
  const TaskApp app;
  const Agent agent(one_check(app));
  const std::string url = agent.url("/api/v1/maintenance");
  const std::string window = R"({"service":"tasks","for":"1h","reason":"upgrade","author":"ops"})";
  const Reply made = post(url, window);
  INFO(made.body);
  REQUIRE(made.status == 201);
  CHECK(in_maintenance(agent));
  CHECK(Json::parse(made.body)["effect"] == "it is left out of the figures while it lasts");

  struct Case {
    std::string path, body;
    Headers headers;
    int status;
    const char* detail;
  };
  const std::string json = "application/json";
  const Case refused[] = {
      {"", window, {{"Content-Type", "text/plain"}}, 415, "expected application/json"},
      {"", window, {{"Content-Type", "application/x-www-form-urlencoded"}}, 415, "expected application/json"},
      {"", window, {{"Content-Type", json}, {"Host", "evil.example"}}, 403, "no loopback address"},
      {"", "{", {{"Content-Type", json}}, 400, "is no JSON"},
      {"", "[]", {{"Content-Type", json}}, 400, "no JSON object"},
      {"", R"({"fro":"x"})", {{"Content-Type", json}}, 400, "unknown member `fro`"},
      {"", R"({"reason":1})", {{"Content-Type", json}}, 400, "`reason` is no text"},
      {"", R"({"for":"1h","reason":"r"})", {{"Content-Type", json}}, 422, "`author` is not given"},
      {"", R"({"for":"1h","reason":"r","author":"a","service":"x"})", {{"Content-Type", json}}, 422, "unknown service"},
      {"/remove", R"({"id":9,"reason":"r","author":"a"})", {{"Content-Type", json}}, 404, "no maintenance window 9"},
      {"/remove", R"({"id":"1","reason":"r","author":"a"})", {{"Content-Type", json}}, 400, "no whole number"},
  };
  for (const Case& one : refused) {
    const Reply reply = request("POST", url + one.path, one.body, one.headers);
    CAPTURE(one.path, one.body, reply.body);
    CHECK(reply.status == one.status);
    CHECK(reply.headers.find("content-type")->second == "application/problem+json");
    const Json problem = Json::parse(reply.body);
    CHECK(problem["status"] == one.status);
    CHECK_THAT(problem["detail"].get<std::string>(), Contains(one.detail));
  }
  CHECK(windows(agent).size() == 1);

  CHECK(post(url + "/remove", R"({"id":1,"reason":"done","author":"ops"})").status == 200);
  CHECK_FALSE(in_maintenance(agent));
  CHECK(post(url + "/remove", R"({"id":1,"reason":"done","author":"ops"})").status == 409);
}

TEST_CASE("the command does all of it over HTTP with --agent, and lists page by page") {
  const TaskApp app;
  const Agent agent(one_check(app));
  const std::vector<std::string> to{"--agent", agent.url("/")};
  const auto run = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "maintenance");
    words.insert(words.end(), to.begin(), to.end());
    return run_nines(words);
  };
  CHECK(run({"list"}).output == "no maintenance windows\n");
  const Finished added = run({"add", "--for", "1h", "--reason", "upgrade", "--author", "ops", "--not-excluded"});
  INFO(added.errors);
  REQUIRE(added.status == 0);
  CHECK_THAT(added.output, Contains("it excludes nothing from the figures"));
  CHECK_THAT(run({"list"}).output, Contains("all services  running  upgrade (ops), not excluded"));
  const Finished wrong = run({"add", "--for", "1h", "--service", "x", "--reason", "upgrade", "--author", "ops"});
  CHECK(wrong.status == 2);
  CHECK_THAT(wrong.errors, Contains("unknown service `x`"));
  CHECK(run({"remove", "1", "--reason", "done", "--author", "ops"}).status == 0);

  for (int i = 0; i < 3; ++i) REQUIRE(run({"add", "--for", "1h", "--reason", "r", "--author", "a"}).status == 0);
  const Json page = Json::parse(get(agent.url("/api/v1/maintenance?limit=3")).body);
  CHECK(page["windows"].size() == 3);
  CHECK(page["next"] == 3);
  CHECK(Json::parse(get(agent.url("/api/v1/maintenance?limit=3&after=3")).body)["windows"].size() == 1);
  CHECK(get(agent.url("/api/v1/maintenance?limit=0")).status == 400);
  CHECK(get(agent.url("/api/v1/maintenance?after=x")).status == 400);
}

TEST_CASE("an agent that listens for others changes nothing for whoever reaches it") {
  const TaskApp app;
  const Agent agent(one_check(app, "listen: 0.0.0.0:0\n"));
  const std::string url =
      "http://127.0.0.1" + agent.address().substr(agent.address().rfind(':')) + "/api/v1/maintenance";
  const Reply reply = post(url, R"({"for":"1h","reason":"r","author":"a"})");
  CHECK(reply.status == 403);
  CHECK_THAT(reply.body, Contains("the agent listens on 0.0.0.0"));
  CHECK(get(url).status == 200);
  // The command needs no HTTP.
  CHECK(maintenance(agent, {"add", "--for", "1h"}).status == 0);
}
