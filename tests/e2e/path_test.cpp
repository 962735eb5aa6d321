// The whole path: a service behind a real reverse proxy, the agent, a real Prometheus that scrapes it, the report.

#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/time.hpp"
#include "tests/e2e/support.hpp"
#include "tests/harness/nginx.hpp"
#include "tests/harness/prometheus.hpp"
#include "tests/harness/taskapp.hpp"

using namespace nines;
using namespace nines::e2e;
using namespace nines::harness;

namespace {

constexpr double kInterval = 0.5;
constexpr double kThirtyDays = 30 * 86'400;

std::string configuration(const Nginx& nginx) {
  return fmt::format(R"(
region: us-east-1
defaults: {{interval: 500ms, timeout: 500ms}}
metrics: {{application_names: true}}
checks:
  - {{name: readiness, service: tasks, target: '{0}', components: '.databases | map_values(.available)', version: .version}}
  - {{name: liveness, service: tasks, target: '{1}'}}
objectives:
  - {{name: uptime, service: tasks, indicator: uptime, target: '99.9%', window: 1h}}
  - {{name: speed, checks: [readiness, liveness], indicator: latency, percentile: 95, target: '< 200ms', window: 1h, min_samples: 10}}
)",
                     nginx.url("/health/readiness"), nginx.url("/health/liveness"));
}

// A check's log as words: F and S for runs that ended, and the states it changed to.
std::string story(const Agent& agent, const std::string& check) {
  std::string words;
  for (const Json& line : agent.log()) {
    const Json& details = line.at("details");
    if (details.value("check", "") != check) continue;
    if (line.at("message") == "run finished") words += details.at("reason") == "none" ? 'S' : 'F';
    if (line.at("message") == "state changed") words += " " + details.at("to").get<std::string>() + " ";
  }
  return words;
}

// The part of a story from the first failure run that reached critical, from its first failure to its end.
std::string outage_of(const std::string& story) {
  const std::size_t critical = story.find(" critical ");
  if (critical == std::string::npos) return story;
  const std::size_t begin = story.rfind('S', critical);
  const std::size_t end = story.find('S', critical);
  return story.substr(begin + 1, end - begin - 1);
}

double seconds_of(Time time) {
  return static_cast<double>(time.time_since_epoch().count()) / 1e6;
}

// What one interval really was on this machine: the longest time between the starts of two neighbouring results, and
// the longest run, since one that was under way when the service was stopped had begun before.
double longest_step(const Agent& agent) {
  double longest = kInterval;
  double run = 0;
  for (const char* check : {"readiness", "liveness"}) {
    std::optional<double> before;
    for (const Json& line : agent.exported(check)) {
      const double start = seconds_of(*parse_time(line.at("time").get<std::string>()));
      if (before) longest = std::max(longest, start - *before);
      before = start;
      run = std::max(run, line.at("duration_ms").get<double>() / 1000);
    }
  }
  return longest + run;
}

std::int64_t micros(const Json& seconds) {
  return std::llround(seconds.get<double>() * 1e6);
}

}  // namespace

TEST_CASE("an outage of a service behind nginx is seen, accounted for, reported and queried") {
  TaskApp app;
  const Nginx nginx(fmt::format("location / {{ proxy_pass {}; }}", app.url()));
  const Time from = system_clock().now();
  Agent agent(configuration(nginx));
  const Prometheus prometheus({{"nines", agent.address()}});
  agent.await_state("readiness", "up");
  agent.await_state("liveness", "up");
  eventually([&] { return prometheus.query("service_downtime_seconds_total") == 0.0; }, "no downtime is scraped");

  const Time stopping = system_clock().now();
  app.stop();
  const Time stopped = system_clock().now();
  agent.await_state("readiness", "critical");
  agent.await_state("liveness", "critical");
  eventually([&] { return prometheus.query(R"(sum(nines_check_state{state="critical"}))") == 2.0; },
             "Prometheus sees both checks critical");
  const Time starting = system_clock().now();
  app.start();
  const Time started = system_clock().now();
  agent.await_state("readiness", "up");
  agent.await_state("liveness", "up");
  eventually([&] { return prometheus.query(R"(sum(nines_check_state{state="up"}))") == 2.0; },
             "Prometheus sees both checks up");

  {
    for (const char* check : {"readiness", "liveness"}) {
      const std::string outage = outage_of(story(agent, check));
      INFO(outage);
      // Warning follows the third failure and critical the fifth; whatever came after the fifth changed nothing.
      CHECK_THAT(outage, Catch::StartsWith("FFF warning FF critical "));
      CHECK(outage.find_first_not_of('F', std::string("FFF warning FF critical ").size()) == std::string::npos);
    }
    for (const Json& change : agent.told("state changed")) {
      if (change.at("to") == "warning") CHECK(change.at("consecutive_failures") == 3);
      if (change.at("to") == "critical") CHECK(change.at("consecutive_failures") == 5);
    }

    const Time to = system_clock().now();
    const Finished report =
        agent.run("report", {"--from", format_time(from), "--to", format_time(to), "--format", "json", "--exit-zero"});
    INFO(report.errors);
    REQUIRE(report.status == 0);
    const Json uptime = Json::parse(report.output).at("objectives").at(0);
    const std::int64_t whole = micros(uptime.at("up_seconds")) + micros(uptime.at("down_seconds")) +
                               micros(uptime.at("unknown_seconds")) + micros(uptime.at("excluded_seconds"));
    CHECK(whole == (to - from).count());

    REQUIRE(uptime.at("outages").size() == 1);
    const double length = uptime.at("outages").at(0).at("down_seconds");
    const double step = longest_step(agent);
    CHECK(length >= seconds_of(starting) - seconds_of(stopped) - step);
    CHECK(length <= seconds_of(started) - seconds_of(stopping) + step);
    CHECK(uptime.at("down_seconds") == uptime.at("outages").at(0).at("down_seconds"));

    // The counter goes on until the first success has ended, the report's outage to where it began.
    const double counted = agent.metric("service_downtime_seconds_total").value();
    CHECK(counted >= length - 1e-6);
    CHECK(counted <= length + step);
    CHECK(agent.metric("nines_service_known_seconds_total").value() >= length);

    eventually([&] { return prometheus.query("service_downtime_seconds_total") == counted; }, "it is scraped");
    const double samples = prometheus.query("count_over_time(service_downtime_seconds_total[30d])").value();
    const double answer = prometheus.query("1 - avg(rate(service_downtime_seconds_total[30d]))").value();
    // rate() carries the increase on beyond the samples by at most 1.1 of their mean distance at each end.
    const double tolerance = counted * 2.2 / (samples - 1);
    CHECK((1 - answer) * kThirtyDays == Approx(counted).epsilon(0).margin(tolerance));

    CHECK(promtool_check(get(agent.url("/metrics")).body).empty());
    const Reply open = get(agent.url("/metrics"), {{"Accept", "application/openmetrics-text;version=1.0.0,*/*;q=0.1"}});
    CHECK_THAT(open.headers.find("content-type")->second, Catch::StartsWith("application/openmetrics-text"));
    CHECK_THAT(open.body, Catch::EndsWith("# EOF\n"));
    // Debian's Prometheus asks for OpenMetrics: no scrape of the whole run was refused.
    CHECK(prometheus.query("min_over_time(up[1h])") == 1.0);

    CHECK(prometheus.query(R"(nines_component_up{component="mongodb"})") == 1.0);
    // Through the proxy the outage was an answer: 502.
    CHECK(agent.metric("http_requests_total", {R"(status_code="502")"}).value_or(0) >= 10);
  }

  agent.process().signal(SIGTERM);
  CHECK(agent.process().wait() == 0);
}
