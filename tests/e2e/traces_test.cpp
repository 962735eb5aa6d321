// Traces of runs, as an OpenTelemetry collector is given them.

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/e2e/otlp.hpp"
#include "tests/e2e/support.hpp"
#include "tests/harness/scratch.hpp"
#include "tests/harness/taskapp.hpp"

using namespace nines::e2e;
using namespace nines::harness;
using Catch::Contains;

namespace {

std::string configuration(const TaskApp& app, const std::string& tracing) {
  return fmt::format(R"(
region: us-east-1
environment: production
defaults: {{interval: 2s, timeout: 2s}}
checks:
  - {{name: health, service: tasks, target: '{0}/health/readiness'}}
  - {{name: moved, service: tasks, target: '{0}/api/v1/tasks?access_token=t0ps3cret', http: {{valid_status_codes: [401]}}}}
  - {{name: broken, service: tasks, target: 'http://127.0.0.1:1/'}}
journeys:
  - name: create-task
    service: tasks
    base_url: {0}
    interval: 10s
    timeout: 5s
    finally_timeout: 5s
    steps:
      - name: login
        post: /api/v1/auth/login
        json: {{email: probe@example.com, password: correct horse}}
        capture: {{access: {{jq: .access_token}}}}
      - {{name: skipped, when: nothing, get: /health}}
      - {{name: list, get: /api/v1/tasks, headers: {{Authorization: 'Bearer {{{{ access }}}}'}}, expect: {{status: 200}}}}
    finally:
      - {{name: goodbye, get: /health}}
    variables: {{nothing: ''}}
tracing: {1}
)",
                     app.url(), tracing);
}

// The spans of one trace, by name.
std::map<std::string, Json> by_name(const std::vector<Json>& spans, const std::string& trace) {
  std::map<std::string, Json> out;
  for (const Json& span : spans) {
    if (span["traceId"] == trace) out[span["name"]] = span;
  }
  return out;
}

const Json* root_named(const std::vector<Json>& spans, const std::string& name) {
  const auto found = std::find_if(spans.begin(), spans.end(), [&](const Json& span) { return span["name"] == name; });
  return found == spans.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("each run is one trace, as the OTLP specification says, and its ids are those the target was sent") {
  const TaskApp app;
  const OtlpReceiver receiver;
  Agent agent(configuration(
      app, fmt::format("{{otlp_endpoint: '{}', sampling: {{production: 1, health: 1}}}}", receiver.url())));
  const auto wanted = [&](const std::vector<Json>& spans) {
    for (const char* name : {"check health", "check moved", "check broken", "journey create-task"}) {
      if (root_named(spans, name) == nullptr) return false;
    }
    return true;
  };
  eventually([&] { return wanted(receiver.spans()); }, "a trace of each");
  const std::vector<Json> spans = receiver.spans();
  CHECK(receiver.invalid().empty());

  const Json& check = *root_named(spans, "check health");
  CHECK(check["kind"] == 1);
  CHECK(check["resource"]["service.name"] == "nines");
  CHECK(check["resource"]["deployment.environment.name"] == "production");
  CHECK(check["attributes"]["nines.region"] == "us-east-1");
  CHECK_FALSE(check.contains("status"));
  const Json hop = by_name(spans, check["traceId"])["GET"];
  CHECK(hop["parentSpanId"] == check["spanId"]);
  CHECK(hop["kind"] == 3);
  CHECK(hop["attributes"]["url.full"] == app.url("/health/readiness"));
  CHECK(hop["attributes"]["http.request.method"] == "GET");
  CHECK(hop["attributes"]["http.response.status_code"] == "200");
  CHECK(hop["attributes"]["server.address"] == "127.0.0.1");
  CHECK(hop["attributes"]["network.peer.address"] == "127.0.0.1");
  CHECK(hop["attributes"]["server.port"] == hop["attributes"]["network.peer.port"]);
  CHECK(hop["attributes"]["network.protocol.version"] == "1.1");

  const Json& moved = *root_named(spans, "check moved");
  const Json refused = by_name(spans, moved["traceId"])["GET"];
  CHECK_FALSE(moved.contains("status"));
  CHECK(refused["status"]["code"] == 2);
  CHECK(refused["attributes"]["error.type"] == "401");
  CHECK(refused["attributes"]["url.full"] == app.url("/api/v1/tasks?access_token=<secret>"));

  const Json& broken = *root_named(spans, "check broken");
  CHECK(broken["status"]["code"] == 2);
  CHECK(broken["attributes"]["error.type"] == "connect_refused");
  CHECK_THAT(broken["status"]["message"].get<std::string>(), Contains("127.0.0.1:1"));

  const Json& journey = *root_named(spans, "journey create-task");
  auto steps = by_name(spans, journey["traceId"]);
  CHECK(steps.size() == 6);  // the root, three steps, and POST and GET, of which there are two
  for (const char* name : {"step login", "step list", "step goodbye"}) {
    CHECK(steps[name]["parentSpanId"] == journey["spanId"]);
  }
  CHECK(steps["POST"]["parentSpanId"] == steps["step login"]["spanId"]);
  CHECK(steps["step goodbye"]["attributes"]["nines.part"] == "finally");

  // Ids as in the target's own log.
  agent.process().signal(SIGTERM);
  CHECK(agent.process().wait() == 0);
  CHECK_THAT(app.requests(), Contains(fmt::format("00-{}-{}-01", check["traceId"].get<std::string>(),
                                                  hop["spanId"].get<std::string>())));
  CHECK_THAT(receiver.text(), !Contains("t0ps3cret") && !Contains("correct horse") && !Contains("Bearer"));
}

TEST_CASE("what is not sampled says so to its target, and failures are kept all the same") {
  const TaskApp app;
  const OtlpReceiver receiver;
  const Agent agent(configuration(
      app, fmt::format("{{otlp_endpoint: '{}', sampling: {{production: 0, health: 0}}}}", receiver.url())));
  eventually([&] { return root_named(receiver.spans(), "check broken") != nullptr; }, "the failure's trace");
  const auto runs = [&] { return agent.metric("nines_check_results_total", {"check=\"health\""}).value_or(0); };
  eventually([&] { return runs() > 1; }, "the others ran as well");
  eventually([&] { return agent.metric("nines_traces_total", {"result=\"sent\""}).value_or(0) > 1; }, "more are sent");
  for (const Json& span : receiver.spans()) {
    CAPTURE(span.dump());
    // One that was slow on this machine has failed.
    CHECK((span["name"] != "check health" || span.contains("status")));
    CHECK((span["name"] != "check broken" || span["flags"] == 0));
  }
  CHECK(receiver.invalid().empty());
  int asked = 0;
  for (const Json& request : Json::parse(app.requests())["last"]) {
    if (request["path"] != "/health/readiness") continue;
    ++asked;
    CHECK_THAT(request["headers"]["traceparent"].get<std::string>(), Catch::EndsWith("-00"));
  }
  CHECK(asked > 1);
}

TEST_CASE("a collector that is not there is told of once, costs no run, and is given what waits when it comes") {
  const TaskApp app;
  const OtlpReceiver receiver(3);
  const Agent agent(configuration(
      app, fmt::format("{{otlp_endpoint: '{}', sampling: {{production: 1, health: 1}}}}", receiver.url())));
  eventually([&] { return agent.told("traces are sent again").size() == 1; }, "it is given them in the end");
  CHECK(agent.told("traces cannot be sent").size() == 1);
  CHECK(agent.metric("nines_traces_total", {"result=\"dropped\""}) == 0);
  eventually([&] { return agent.metric("nines_traces_total", {"result=\"sent\""}).value_or(0) > 3; }, "more follow");
  CHECK(receiver.invalid().empty());
}

TEST_CASE("an agent whose collector is dead probes on, and ends in time") {
  const TaskApp app;
  Agent agent(configuration(app, "{otlp_endpoint: 'http://127.0.0.1:1'}"));
  eventually([&] { return !agent.told("traces cannot be sent").empty(); }, "it is told");
  const auto runs = [&] { return agent.metric("nines_check_results_total", {"check=\"broken\""}).value_or(0); };
  const double before = runs();
  eventually([&] { return runs() > before + 1; }, "the checks go on");
  agent.process().signal(SIGTERM);
  CHECK(agent.process().wait(std::chrono::seconds(12)) == 0);
}
