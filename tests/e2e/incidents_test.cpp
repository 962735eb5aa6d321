// Incidents of a running agent: its pages, its API, and what is written about them beside it and over HTTP.

#include <future>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/e2e/support.hpp"
#include "tests/harness/taskapp.hpp"

using namespace nines::e2e;
using namespace nines::harness;
using Catch::Contains;

namespace {

std::string configuration(const TaskApp& app, const std::string& more = {}) {
  return fmt::format(R"(
services: [{{name: tasks, priority: P1, runbook_url: 'https://wiki.example/tasks'}}]
defaults: {{interval: 100ms, timeout: 100ms}}
checks: [{{name: api, service: tasks, target: '{}/health'}}]
objectives: [{{name: tasks-uptime, service: tasks, indicator: uptime, target: '99.9%'}}]
)",
                     app.url()) +
         more;
}

constexpr const char* kApi = "/api/v1/incidents";

Json list(const Agent& agent, const std::string& query = {}) {
  const Reply reply = get(agent.url(kApi + query));
  INFO(reply.body);
  REQUIRE(reply.status == 200);
  CHECK(reply.headers.find("content-type")->second == "application/json");
  return Json::parse(reply.body);
}

// An outage that is confirmed, and where `over`, one that success has followed.
std::string outage(const TaskApp& app, const Agent& agent, bool over) {
  eventually([&] { return agent.metric("nines_check_state", {"state=\"up\""}) == 1.0; }, "the check is up");
  app.faults(R"({"path": "/health", "status": 500})");
  eventually([&] { return agent.metric("nines_check_state", {"state=\"critical\""}) == 1.0; }, "the check is critical");
  if (over) {
    app.clear_faults();
    eventually([&] { return agent.metric("nines_check_state", {"state=\"up\""}) == 1.0; }, "the check is up again");
  }
  std::string id;
  eventually(
      [&] {
        const Json incidents = list(agent)["incidents"];
        if (incidents.empty() || incidents[0]["ended"] != over) return false;
        id = incidents[0]["id"].get<std::string>();
        return true;
      },
      "the incident is told");
  return id;
}

Finished incident(const Agent& agent, std::vector<std::string> words) {
  words.insert(words.begin(), "incident");
  words.insert(words.end(), {"-c", agent.config()});
  ProcessOptions options;
  options.environment = {{"DATA", agent.data_dir()}};
  return run_nines(words, options);
}

}  // namespace

TEST_CASE("an outage is an incident on the pages, in the API and for the command, with what is written about it") {
  const TaskApp app;
  const Agent agent(configuration(app));
  CHECK_THAT(get(agent.url("/incidents")).body, Contains("There was no incident"));
  const std::string id = outage(app, agent, false);
  CHECK_THAT(get(agent.url("/incidents")).body, Contains("An incident is going on: ") && Contains(id));

  // By the command, into the store that the agent has open.
  const Finished noted = incident(agent, {"note", id, "--text", "paged <b>at once</b>", "--author", "ann"});
  INFO(noted.errors);
  REQUIRE(noted.status == 0);
  CHECK_THAT(noted.output, Contains("note of " + id + ": paged <b>at once</b> (ann)"));
  REQUIRE(incident(agent, {"cause", id, "--text", "a fault", "--author", "ann"}).status == 0);

  const Reply page = get(agent.url("/incidents/" + id));
  CHECK(page.status == 200);
  CHECK_THAT(page.headers.find("content-security-policy")->second, Contains("default-src 'none'"));
  CHECK_THAT(page.body, Contains("paged &lt;b&gt;at once&lt;/b&gt;") && Contains("a fault") &&
                            Contains("is critical: 5 failures in a row") && Contains("tasks-uptime") &&
                            Contains("https://wiki.example/tasks"));
  const Reply one = get(agent.url(std::string(kApi) + "/" + id));
  REQUIRE(one.status == 200);
  const Json json = Json::parse(one.body);
  CHECK(json["schema"] == "nines.incident/v1");
  CHECK(json["ongoing"] == true);
  CHECK(json["cause"]["text"] == "a fault");
  CHECK(json["notes"].size() == 2);
  CHECK(json["evidence"][0]["check"] == "api");
  CHECK(json["objectives"][0]["objective"] == "tasks-uptime");
  CHECK(list(agent)["incidents"][0]["cause"]["text"] == "a fault");

  const Finished markdown = incident(agent, {"show", id, "--format", "md"});
  CHECK(markdown.status == 0);
  CHECK_THAT(markdown.output, Contains("## Cause and notes") && Contains("**Cause:** a fault"));
  CHECK_THAT(incident(agent, {"list"}).output, Contains("ongoing") && Contains("cause: a fault"));
  CHECK(agent.metric("nines_store_writes_total", {"result=\"failure\""}) == 0.0);
}

TEST_CASE("notes are written over HTTP by whoever says so in JSON from this machine") {
  const TaskApp app;
  const Agent agent(configuration(app));
  const std::string id = outage(app, agent, true);
  const std::string url = agent.url(std::string(kApi) + "/notes");
  const std::string body = Json{{"incident", id}, {"text", "of bob@example.com"}, {"author", "ann"}}.dump();
  const Reply made = post(url, body);
  INFO(made.body);
  REQUIRE(made.status == 201);
  CHECK(Json::parse(made.body)["text"] == "of <email>");
  const std::string json = "application/json";
  struct Case {
    std::string body;
    Headers headers;
    int status;
    const char* detail;
  };
  const Case refused[] = {
      {body, {{"Content-Type", "text/plain"}}, 415, "expected application/json"},
      {body, {{"Content-Type", json}, {"Host", "evil.example"}}, 403, "no loopback address"},
      {"{", {{"Content-Type", json}}, 400, "is no JSON"},
      {R"({"incident":"x-20261001T000000Z","text":"t","author":"a"})", {{"Content-Type", json}}, 404, "no incident"},
      {Json{{"incident", id}, {"text", "t"}}.dump(), {{"Content-Type", json}}, 422, "`author` is not given"},
  };
  for (const Case& one : refused) {
    const Reply reply = request("POST", url, one.body, one.headers);
    CAPTURE(one.body, reply.body);
    CHECK(reply.status == one.status);
    CHECK(reply.headers.find("content-type")->second == "application/problem+json");
    CHECK_THAT(Json::parse(reply.body)["detail"].get<std::string>(), Contains(one.detail));
  }
  CHECK(get(url).status == 405);

  const Finished asked =
      run_nines({"incident", "cause", id, "--agent", agent.url(), "--text", "a fault", "--author", "b"});
  INFO(asked.errors);
  CHECK(asked.status == 0);
  const Finished none =
      run_nines({"incident", "note", "x-20261001T000000Z", "--agent", agent.url(), "--text", "t", "--author", "b"});
  CHECK(none.status == 2);
  CHECK_THAT(none.errors, Contains("there is no incident"));
  CHECK(Json::parse(get(agent.url(std::string(kApi) + "/" + id)).body)["notes"].size() == 2);
}

TEST_CASE("an agent that listens for others takes no notes over HTTP, and shows its incidents") {
  const TaskApp app;
  const Agent agent(configuration(app, "listen: 0.0.0.0:0\n"));
  const std::string base = "http://127.0.0.1" + agent.address().substr(agent.address().rfind(':'));
  const Reply reply = post(base + kApi + "/notes", R"({"incident":"x","text":"t","author":"a"})");
  CHECK(reply.status == 403);
  CHECK_THAT(reply.body, Contains("the agent listens on 0.0.0.0"));
  CHECK(get(base + "/incidents").status == 200);
}

TEST_CASE("the list's links lead to the incident, whatever its service is called") {
  const TaskApp app;
  std::string text = configuration(app);
  for (std::size_t at = 0; (at = text.find("tasks,", at)) != std::string::npos; at += 6) {
    text.replace(at, 5, "'خدمة a/b <i>'");
  }
  const Agent agent(text);
  outage(app, agent, true);
  const std::string list_page = get(agent.url("/incidents")).body;
  const std::string start = "href=\"/incidents/";
  const std::size_t from = list_page.find(start);
  REQUIRE(from != std::string::npos);
  const std::size_t path = from + start.size() - std::string("/incidents/").size();
  const Reply page = get(agent.url(list_page.substr(path, list_page.find('"', path) - path)));
  CHECK(page.status == 200);
  CHECK_THAT(page.body, Contains("خدمة a/b &lt;i&gt;"));
}

TEST_CASE("of many that ask at once each gets an answer, and the others' paths answer meanwhile") {
  const TaskApp app;
  const Agent agent(configuration(app));
  outage(app, agent, true);
  std::vector<std::future<Reply>> asked;
  for (int i = 0; i < 40; ++i) {
    asked.push_back(
        std::async(std::launch::async, [&agent, i] { return get(agent.url(i % 2 == 0 ? "/incidents" : kApi)); }));
  }
  CHECK(get(agent.url("/-/healthy")).status == 200);
  int shown = 0;
  for (std::future<Reply>& one : asked) {
    const Reply reply = one.get();
    if (reply.status == 200) ++shown;
    if (reply.status == 200) continue;
    CHECK(reply.status == 503);
    CHECK_THAT(reply.body, Contains("ask again in a moment"));
  }
  CHECK(shown > 0);
}

TEST_CASE("incidents come page by page, of a time and a service, and faults are told") {
  const TaskApp app;
  const Agent agent(configuration(app));
  const std::string first = outage(app, agent, true);
  std::string second;
  eventually(
      [&] {  // the next outage in another second, so that its id is another
        second = outage(app, agent, true);
        return list(agent)["incidents"].size() >= 2 && second != first;
      },
      "there are two");
  const Json all = list(agent)["incidents"];
  const Json page = list(agent, "?limit=1");
  REQUIRE(page["incidents"].size() == 1);
  CHECK(page["incidents"][0]["id"] == all[0]["id"]);
  CHECK(page["next"] == all[0]["id"]);
  const Json next = list(agent, "?limit=1&after=" + page["next"].get<std::string>());
  REQUIRE(next["incidents"].size() == 1);
  CHECK(next["incidents"][0]["id"] == all[1]["id"]);
  CHECK(list(agent, "?after=" + all.back()["id"].get<std::string>())["incidents"].empty());
  CHECK(list(agent, "?service=tasks")["incidents"].size() == all.size());
  CHECK(list(agent, "?from=2024-01-01T00:00:00Z&to=2024-02-01T00:00:00Z")["incidents"].empty());

  for (const char* query : {"?limit=0", "?limit=101", "?limit=x", "?after=x", "?from=x", "?to=x", "?service=nobody",
                            "?from=2024-02-01T00:00:00Z&to=2024-01-01T00:00:00Z", "?from=2020-01-01T00:00:00Z"}) {
    CAPTURE(query);
    const Reply reply = get(agent.url(kApi + std::string(query)));
    CHECK(reply.status == 400);
    CHECK(reply.headers.find("content-type")->second == "application/problem+json");
    const Reply shown = get(agent.url("/incidents" + std::string(query)));
    CHECK(shown.status == 400);
    CHECK_THAT(shown.body, Contains("There is no such page"));
  }
  const Reply missing = get(agent.url(std::string(kApi) + "/tasks-20240101T000000Z"));
  CHECK(missing.status == 404);
  CHECK(missing.headers.find("content-type")->second == "application/problem+json");
  const Reply nowhere = get(agent.url("/incidents/%3Cscript%3E"));
  CHECK(nowhere.status == 404);
  CHECK_THAT(nowhere.body, Contains("&lt;script&gt;") && Contains("There is no such incident"));
}
