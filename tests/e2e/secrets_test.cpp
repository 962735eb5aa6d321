// A password and tokens of the configuration, sent to a server that gives them back in every way it can, are searched
// for in everything the program writes.

#include <csignal>
#include <filesystem>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/text.hpp"
#include "tests/e2e/otlp.hpp"
#include "tests/e2e/support.hpp"
#include "tests/harness/nginx.hpp"

using namespace nines;
using namespace nines::e2e;
using namespace nines::harness;

namespace {

constexpr const char* kPassword = "p4ss/w0rd+with&odd=chars";
constexpr const char* kToken = "tok-3f9a17c2d4e5b6a7";
constexpr const char* kBasic = "basic:secret %41nd";
// One the server makes up: a journey's capture.
constexpr const char* kSession = "session-7d41aa90c3";

// Says again in its body, its header and its redirect what it was sent; logs in with a token of its own.
constexpr const char* kEcho = R"(
  location /login { default_type application/json; return 200 '{"access_token": "session-7d41aa90c3"}'; }
  location /moved { return 302 /echo?moved=$http_authorization; }
  location /good { return 200 "$http_authorization $args"; }
  location / {
    default_type application/json;
    add_header X-Echo "$http_authorization $http_x_api_key" always;
    return 500 '{"you_sent": "$http_authorization $http_x_api_key $args $request_uri"}';
  }
)";

constexpr const char* kConfiguration = R"(
region: us-east-1
defaults: {interval: 500ms, timeout: 500ms}
metrics: {application_names: true}
checks:
  - {name: bearer, service: s, target: '${URL}/echo', http: {bearer_token: '${TOKEN}'}}
  - {name: basic, service: s, target: '${URL}/echo', http: {basic_auth: {username: watcher, password: '${BASIC}'}}}
  - {name: header, service: s, target: '${URL}/echo', http: {headers: {X-Api-Key: '${TOKEN}'}}}
  - {name: moved, service: s, target: '${URL}/moved', http: {bearer_token: '${TOKEN}'}}
  - {name: body, service: s, target: '${URL}/good', http: {bearer_token: '${TOKEN}', fail_if_body_matches_regexp: ['Bearer']}}
journeys:
  - name: journey
    service: s
    base_url: ${URL}
    interval: 2s
    timeout: 1s
    secrets: {password: {env: PASSWORD}, token: {env: TOKEN}}
    steps:
      - name: login
        post: /login
        json: {email: probe@example.com, password: '{{ password }}'}
        capture: {access: {jq: .access_token}}
      - name: seen
        get: '/good?password={{ password }}&token={{ token }}'
        headers: {Authorization: 'Bearer {{ token }}'}
        expect: {status: 200}
      - name: echoed
        get: '/echo?password={{ password }}'
        headers: {Authorization: 'Bearer {{ access }}'}
        expect: {status: 200, jq: ['.you_sent == "{{ token }}"', '.you_sent == $password']}
  - name: leaving
    service: s
    base_url: ${URL}
    interval: 2s
    timeout: 1s
    secrets: {token: {env: TOKEN}}
    steps:
      - name: make
        post: '/echo?key={{ token }}'
        form: {token: '{{ token }}'}
        expect: {status: 500}
        capture: {id: {jq: .you_sent}}
        creates: {kind: thing, id: id, delete: '/echo/{{ id }}'}
      - name: make another
        post: '/echo?key={{ token }}'
        expect: {status: 500}
        capture: {other: {regex: you_sent}}
        creates: {kind: other, id: other, delete: '/echo/{{ other }}', headers: {X-Api-Key: '{{ token }}'}}
tracing: {otlp_endpoint: '${OTLP}', sampling: {production: 1, errors: 1}}
objectives: [{name: uptime, service: s, indicator: uptime, target: '99.9%', window: 1h}]
)";

// No text of a secret, in any form it travels in, is in `where`.
void check_clean(const std::string& what, const std::string& where) {
  INFO(what);
  CHECK_FALSE(where.empty());
  // However they were encoded: letters and digits stay what they are.
  for (const char* core : {"w0rd", "3f9a17c2d4e5b6a7", "41nd", "7d41aa90c3"}) CHECK_FALSE(where.contains(core));
  for (const std::string secret : {kPassword, kToken, kBasic, kSession}) {
    for (const std::string& form : {secret, url_encoded(secret), base64_encode(secret), Json(secret).dump(),
                                    base64_encode("watcher:" + secret)}) {
      INFO(form);
      CHECK_FALSE(where.contains(form));
    }
  }
}

}  // namespace

TEST_CASE("no secret is in anything the program writes, though the target gives all of them back") {
  const Nginx nginx(kEcho);
  const OtlpReceiver traces;
  Agent agent(
      kConfiguration,
      {{"URL", nginx.url()}, {"OTLP", traces.url()}, {"PASSWORD", kPassword}, {"TOKEN", kToken}, {"BASIC", kBasic}});
  for (const char* name : {"bearer", "basic", "header", "moved", "body", "journey"}) agent.await_state(name, "warning");

  for (const char* path : {"/", "/metrics", "/health"}) check_clean(path, get(agent.url(path)).body);
  for (const char* format : {"text", "json", "junit"}) {
    const Finished checked = agent.run("check", {"--format", format});
    CHECK(checked.status == 1);
    check_clean(std::string("check --format ") + format, checked.output + checked.errors);
    const Finished verbose = agent.run("check", {"-v", "--format", format});
    CHECK_THAT(verbose.output, Catch::Contains("you_sent") && Catch::Contains("traceparent"));
    check_clean(std::string("check -v --format ") + format, verbose.output + verbose.errors);
  }
  for (const char* format : {"md", "json"}) {
    const Finished report = agent.run("report", {"--last", "1h", "--format", format, "--exit-zero"});
    CHECK(report.status == 0);
    check_clean(std::string("report --format ") + format, report.output + report.errors);
  }
  check_clean("export", agent.run("export").output);

  // What it made stays in the ledger: the server refuses to remove it.
  CHECK(agent.metric("nines_journey_leftovers", {"check=\"leaving\""}).value_or(0) > 0);
  agent.process().signal(SIGTERM);
  REQUIRE(agent.process().wait() == 0);
  check_clean("the log", agent.process().errors());
  CHECK(agent.process().output().empty());
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(agent.data_dir())) {
    check_clean(entry.path().filename().string(), read_file(entry.path()));
    ++files;
  }
  CHECK(files >= 1);
  CHECK(traces.invalid().empty());
  CHECK_THAT(traces.text(), Catch::Contains("journey journey") && Catch::Contains("step echoed"));
  check_clean("traces", traces.text());
  // The evidence is there: what was sent back is in it, masked.
  CHECK(read_file(std::filesystem::path(agent.data_dir()) / "nines.db").contains("you_sent"));

  for (const int signal : {SIGABRT, SIGSEGV}) {
    agent.start();
    eventually([&] { return agent.metric("nines_check_results_total", {"result=\"failure\""}).value_or(0) > 5; },
               "it has probed");
    agent.process().signal(signal);
    CHECK(agent.process().wait() != 0);
    check_clean("what a crash leaves", agent.process().output() + agent.process().errors());
  }
}
