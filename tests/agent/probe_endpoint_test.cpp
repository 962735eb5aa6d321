#include "agent/probe_endpoint.hpp"

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <sstream>
#include <thread>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "agent/exposition.hpp"
#include "base/redact.hpp"
#include "tests/agent/raw_client.hpp"
#include "tests/agent/silent_port.hpp"
#include "tests/agent/support.hpp"
#include "tests/harness/http.hpp"
#include "tests/harness/prometheus.hpp"

namespace nines::agent {

using Catch::Contains;
using Catch::EndsWith;
using Catch::StartsWith;
using harness::Reply;
using tests::RawClient;

namespace {

constexpr const char* kConfig = R"(
region: test
probe_endpoint: {enabled: true, history: 3}
modules:
  plain: {prober: http}
  limited: {prober: http, timeout: 5s}
  named: {prober: http, http: {headers: {Host: own.example}}}
  secret: {prober: http, http: {headers: {Authorization: 'Bearer s3cr3t-t0ken'}}}
checks: [{name: a, service: s, target: 'http://127.0.0.1:9/'}]
)";

// What /probe is asked to probe: one of our own listeners. /named answers 200 to those that ask
// for foo.example.com.
struct Target {
  Target() {
    auto bound = Listener::bind("127.0.0.1", 0);
    REQUIRE(bound.has_value());
    listener = std::move(*bound);
    listener->get("/", [](const HttpQuery&) { return HttpAnswer{.body = "fine\n"}; });
    listener->get("/named", [](const HttpQuery& query) {
      return HttpAnswer{.status = query.header("Host") == "foo.example.com" ? 200 : 500, .body = "named\n"};
    });
  }
  std::string url(const std::string& path = "/") const { return listener->url() + path; }

  std::unique_ptr<Listener> listener;
};

struct EndpointFixture {
  explicit EndpointFixture(std::string_view yaml = kConfig)
      : config(tests::config_of(yaml)),
        metrics(*config),
        history(static_cast<std::size_t>(config->probe_endpoint.history)),
        service(config, system_clock()),
        endpoint{*config, metrics, history, &service} {}

  HttpAnswer probe(std::vector<std::pair<std::string, std::string>> parameters,
                   std::vector<std::pair<std::string, std::string>> headers = {}) const {
    return endpoint.probe({"GET", "/probe", std::move(parameters), std::move(headers)});
  }
  HttpAnswer logs(std::vector<std::pair<std::string, std::string>> parameters) const {
    return endpoint.logs({"GET", "/logs", std::move(parameters), {}});
  }
  double requests(const std::string& module, const std::string& result) const {
    return tests::counter(metrics.collect(), "nines_probe_requests_total", {{"module", module}, {"result", result}});
  }

  std::shared_ptr<const config::Config> config;
  Metrics metrics;
  ProbeHistory history;
  ProbeService service;
  ProbeEndpoint endpoint;
};

// The value of a metric without labels; NaN when it is not there.
double value(const std::string& page, const std::string& name) {
  std::istringstream in(page);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(name + " ")) return std::stod(line.substr(name.size() + 1));
  }
  return std::nan("");
}

std::vector<std::string> families(const std::string& page) {
  std::vector<std::string> names;
  std::istringstream in(page);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("# TYPE ")) names.push_back(line.substr(7, line.rfind(' ') - 7));
  }
  return names;
}

}  // namespace

TEST_CASE("/probe answers with blackbox_exporter's metrics, sorted, in the format that was asked for") {
  Target target;
  target.listener->serve();
  const EndpointFixture fixture;
  const HttpAnswer answer = fixture.probe({{"module", "limited"}, {"target", target.url()}});
  CHECK(answer.status == 200);
  CHECK(answer.content_type == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(value(answer.body, "probe_success") == 1);
  CHECK(value(answer.body, "probe_timeout_seconds") == 5);
  CHECK(value(answer.body, "probe_http_status_code") == 200);
  CHECK(value(answer.body, "probe_duration_seconds") > 0);
  const auto names = families(answer.body);
  CHECK(std::ranges::is_sorted(names));
  CHECK(names.size() > 10);
  CHECK(harness::promtool_check(answer.body) == "");

  const HttpAnswer open = fixture.probe({{"module", "limited"}, {"target", target.url()}},
                                        {{"accept", "application/openmetrics-text; version=1.0.0"}});
  CHECK_THAT(open.content_type, StartsWith("application/openmetrics-text"));
  CHECK_THAT(open.body, EndsWith("# EOF\n"));
}

TEST_CASE("a probe that fails is 200 with probe_success 0 and the reason") {
  const EndpointFixture fixture;
  const HttpAnswer answer = fixture.probe({{"module", "plain"}, {"target", "http://127.0.0.1:1/"}});
  CHECK(answer.status == 200);
  CHECK(value(answer.body, "probe_success") == 0);
  CHECK(value(answer.body, "probe_timeout_seconds") == 119.5);
  CHECK_THAT(answer.body, Contains("probe_failure_info{reason=\"connect_refused\"} 1\n"));
  CHECK(fixture.requests("plain", "failure") == 1);
}

TEST_CASE("the module http_2xx need not be configured, and is the default") {
  Target target;
  target.listener->serve();
  const EndpointFixture fixture;
  CHECK(value(fixture.probe({{"target", target.url()}}).body, "probe_success") == 1);
  CHECK(value(fixture.probe({{"target", target.url("/nothing")}}).body, "probe_success") == 0);
  CHECK(fixture.requests("http_2xx", "success") == 1);
}

TEST_CASE("what cannot be probed is refused with the exporter's words, and counted") {
  const EndpointFixture fixture;
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  const auto [parameters, headers, status, body, module] = GENERATE(table<Pairs, Pairs, int, std::string, std::string>({
      {{{"module", "nope"}, {"target", "x"}}, {}, 400, "Unknown module \"nope\"\n", ""},
      {{{"module", "plain"}}, {}, 400, "Target parameter is missing\n", "plain"},
      {{{"module", "plain"}, {"target", ""}}, {}, 400, "Target parameter is missing\n", "plain"},
      {{{"module", "plain"}, {"target", "x"}},
       {{"X-Prometheus-Scrape-Timeout-Seconds", "soon"}},
       500,
       "Failed to parse timeout from Prometheus header: strconv.ParseFloat: parsing \"soon\": invalid syntax\n",
       "plain"},
      {{{"module", "named"}, {"target", "x"}, {"hostname", "b.example"}},
       {},
       400,
       "host header defined both in module configuration (own.example) and with URL-parameter 'hostname' "
       "(b.example)\n",
       "named"},
  }));
  const HttpAnswer answer = fixture.probe(parameters, headers);
  CHECK(answer.status == status);
  CHECK(answer.body == body);
  CHECK(fixture.requests(module, "refused") == 1);
  CHECK(fixture.history.entries().empty());
}

TEST_CASE("a module that this program cannot honour is refused with its sentence") {
  EndpointFixture fixture;
  auto changed = *fixture.config;
  auto module = std::make_shared<config::Module>(*changed.modules.at("plain"));
  module->unsupported = "HTTP/3 is not there: use HTTP/2";
  changed.modules["plain"] = module;
  const ProbeEndpoint endpoint{changed, fixture.metrics, fixture.history, &fixture.service};
  const HttpAnswer answer = endpoint.probe({"GET", "/probe", {{"module", "plain"}, {"target", "x"}}, {}});
  CHECK(answer.status == 400);
  CHECK(answer.body == "HTTP/3 is not there: use HTTP/2\n");
}

TEST_CASE("a disabled endpoint tells that it is") {
  const EndpointFixture fixture;
  const ProbeEndpoint disabled{*fixture.config, const_cast<Metrics&>(fixture.metrics),
                               const_cast<ProbeHistory&>(fixture.history), nullptr};
  for (const HttpAnswer& answer :
       {disabled.probe({"GET", "/probe", {{"target", "x"}}, {}}), disabled.logs({"GET", "/logs", {{"id", "0"}}, {}})}) {
    CHECK(answer.status == 403);
    CHECK_THAT(answer.body, Contains("probe_endpoint"));
  }
}

TEST_CASE("hostname= reaches the target as its Host header") {
  Target target;
  target.listener->serve();
  const EndpointFixture fixture;
  const std::string url = target.url("/named");
  CHECK(value(fixture.probe({{"module", "plain"}, {"target", url}, {"hostname", "foo.example.com"}}).body,
              "probe_success") == 1);
  CHECK(value(fixture.probe({{"module", "plain"}, {"target", url}}).body, "probe_success") == 0);
}

TEST_CASE("a target that was encoded twice is probed") {
  Target target;
  target.listener->serve();
  const EndpointFixture fixture;
  const std::string twice = harness::url_encoded(target.url());
  CHECK(value(fixture.probe({{"module", "plain"}, {"target", twice}}).body, "probe_success") == 1);
}

TEST_CASE("debug=true tells the log, the metrics and the module, and no secret") {
  Target target;
  target.listener->serve();
  const EndpointFixture fixture;
  set_redactor(std::make_shared<const Redactor>(fixture.config->secrets));
  const HttpAnswer answer = fixture.probe({{"module", "secret"}, {"target", target.url()}, {"debug", "true"}});
  CHECK(answer.status == 200);
  CHECK(answer.content_type == "text/plain; charset=utf-8");
  CHECK_THAT(answer.body, StartsWith("Logs for the probe:\n") &&
                              Contains("msg=\"Beginning probe\" probe=http timeout_seconds=119.5\n") &&
                              Contains("msg=\"Probe succeeded\" duration_seconds=0.") &&
                              Contains("\n\n\n\nMetrics that would have been returned:\n# HELP ") &&
                              Contains("probe_success 1\n") && Contains("\n\n\nModule configuration:\n"));
  CHECK_FALSE(answer.body.contains("s3cr3t"));
  CHECK(fixture.logs({{"id", "0"}}).body == answer.body);
  set_redactor(std::make_shared<const Redactor>());
}

TEST_CASE("/logs tells the log of a probe by its number or its target") {
  Target target;
  target.listener->serve();
  const EndpointFixture fixture;
  fixture.probe({{"module", "plain"}, {"target", target.url()}});
  fixture.probe({{"module", "limited"}, {"target", target.url()}});
  CHECK(fixture.logs({{"id", "1"}}).status == 200);
  CHECK_THAT(fixture.logs({{"id", "1"}}).body, Contains("timeout_seconds=5\n"));
  CHECK_THAT(fixture.logs({{"target", target.url()}, {"module", "plain"}}).body, Contains("timeout_seconds=119.5\n"));
  CHECK_THAT(fixture.logs({{"target", target.url()}}).body, Contains("timeout_seconds=5\n"));
  for (const auto& [name, id] : {std::pair{"id", "5"}, std::pair{"id", "-1"}, std::pair{"id", "1x"}}) {
    const HttpAnswer answer = fixture.logs({{name, id}});
    CHECK(answer.status == 404);
    CHECK(answer.body == "Probe id not found\n");
  }
  CHECK(fixture.logs({{"target", target.url()}, {"module", "named"}}).status == 404);
  CHECK(fixture.logs({}).status == 400);
  CHECK(fixture.logs({{"id", "0"}, {"target", "x"}}).status == 400);
}

TEST_CASE("a probe whose client has hung up is cut") {
  const tests::SilentPort silent;
  const EndpointFixture fixture;
  const auto begin = std::chrono::steady_clock::now();
  const HttpAnswer answer =
      fixture.endpoint.probe({"GET",
                              "/probe",
                              {{"module", "plain"}, {"target", fmt::format("http://127.0.0.1:{}/", silent.port())}},
                              {},
                              {},
                              [] { return true; }});
  CHECK(answer.status == 503);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(30));
}

TEST_CASE("a probe ends by its time-out") {
  const tests::SilentPort silent;
  const EndpointFixture fixture;
  const auto begin = std::chrono::steady_clock::now();
  const HttpAnswer answer =
      fixture.probe({{"module", "limited"}, {"target", fmt::format("http://127.0.0.1:{}/", silent.port())}},
                    {{"x-prometheus-scrape-timeout-seconds", "1"}});
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(4));
  CHECK(value(answer.body, "probe_success") == 0);
  CHECK(value(answer.body, "probe_timeout_seconds") == 0.5);
  CHECK(value(answer.body, "probe_duration_seconds") >= 0.5);
}

TEST_CASE("a hundred and fifty slow probes run at once, and other paths are answered meanwhile") {
  constexpr int kProbes = 150;
  std::mutex mutex;
  std::condition_variable changed;
  int arrived = 0;
  bool released = false;
  Target target;
  target.listener->get("/slow", [&](const HttpQuery&) {
    std::unique_lock lock(mutex);
    ++arrived;
    changed.notify_all();
    changed.wait_for(lock, std::chrono::seconds(60), [&] { return released; });
    return HttpAnswer{.body = "done\n"};
  });
  target.listener->serve();
  const EndpointFixture fixture;
  auto bound = Listener::bind("127.0.0.1", 0);
  REQUIRE(bound.has_value());
  Listener& listener = **bound;
  listener.get("/probe", [&](const HttpQuery& query) { return fixture.endpoint.probe(query); });
  listener.get("/-/ready", [](const HttpQuery&) { return HttpAnswer{.body = "ready\n"}; });
  listener.serve();

  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < kProbes; ++i) {
    clients.push_back(std::make_unique<RawClient>(listener.port()));
    clients.back()->send(fmt::format(
        "GET /probe?module=plain&target={} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", target.url("/slow")));
  }
  {
    std::unique_lock lock(mutex);
    REQUIRE(changed.wait_for(lock, std::chrono::seconds(60), [&] { return arrived == kProbes; }));
  }
  CHECK(harness::get(listener.url() + "/-/ready").body == "ready\n");
  {
    const std::lock_guard lock(mutex);
    released = true;
  }
  changed.notify_all();
  for (const auto& client : clients) CHECK(value(client->read_to_close(), "probe_success") == 1);
  CHECK(fixture.requests("plain", "success") == kProbes);
}

TEST_CASE("a stop cuts the probes that are going on, and those that come later are refused") {
  const tests::SilentPort silent;
  EndpointFixture fixture;
  const std::string url = fmt::format("http://127.0.0.1:{}/", silent.port());
  HttpAnswer cut;
  std::thread asking([&] { cut = fixture.probe({{"module", "plain"}, {"target", url}}); });
  fixture.service.request_stop();
  asking.join();
  CHECK(cut.status == 503);
  CHECK(fixture.probe({{"module", "plain"}, {"target", url}}).status == 503);
  CHECK(fixture.history.entries().empty());
}

}  // namespace nines::agent
