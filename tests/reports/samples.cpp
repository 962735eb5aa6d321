#include "tests/reports/samples.hpp"

#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>

#include <catch2/catch.hpp>

#include "sla/budget.hpp"

namespace nines::test {
namespace {

using namespace std::chrono_literals;
using sla::Level;
using sla::Verdict;

config::Objective objective(std::string name, config::Indicator indicator, config::Comparison op, Decimal value,
                            std::string text) {
  config::Objective out;
  out.name = std::move(name);
  out.service = "api-gateway";
  out.indicator = indicator;
  out.target = {op, value, std::move(text)};
  return out;
}

sla::Evaluation evaluation(const config::Objective& objective, const sla::ReportPeriod& period, Verdict verdict) {
  sla::Evaluation out;
  out.objective = &objective;
  out.period = period;
  out.as_of = at("2026-11-01T00:00:00Z");
  out.verdict = verdict;
  out.level = verdict == Verdict::missed ? Level::warning : Level::ok;
  return out;
}

const sla::ReportPeriod kOctober = {{at("2026-10-01T00:00:00Z"), at("2026-11-01T00:00:00Z")}, "UTC", "2026-10"};
const sla::ReportPeriod kOctoberBerlin = {
    {at("2026-09-30T22:00:00Z"), at("2026-10-31T23:00:00Z")}, "Europe/Berlin", "2026-10"};

sla::UptimeFigures uptime_figures(const config::Objective& objective, sla::UptimeTimes net, sla::UptimeTimes gross,
                                  sla::UptimeTimes strict) {
  sla::UptimeFigures out;
  out.net = net;
  out.gross = gross;
  out.strict = strict;
  out.budget = sla::time_budget(sla::allowed_ratio(objective), net.up + net.down, net.down);
  return out;
}

sla::Evaluation missed_uptime(const config::Objective& objective) {
  sla::Evaluation out = evaluation(objective, kOctoberBerlin, Verdict::missed);
  const Micros month = kOctoberBerlin.period.length();
  const Micros down = 2h + 40min + 760'124us;
  sla::UptimeTimes net{month - down - 1h - 2h, down, 1h, 2h};
  out.uptime = uptime_figures(objective, net, {net.up + 90min, net.down + 30min, 1h, 0h},
                              {net.up - 5min, net.down + 5min, 1h, 2h});
  out.uptime->outages = {{{at("2026-09-30T21:30:00Z"), at("2026-09-30T22:12:40.123456Z")},
                          42min + 40s + 123'456us,
                          12min + 40s + 123'456us,
                          false,
                          true,
                          false,
                          Reason::tls_expired,
                          {"gateway-readiness"},
                          {"eu-west-1", "us-east-1"}},
                         {{at("2026-10-25T00:30:00Z"), at("2026-10-25T02:57:20Z")},
                          2h + 27min + 20s,
                          2h + 27min + 20s,
                          true,
                          false,
                          true,
                          Reason::http_status,
                          {"gateway-readiness", "tasks-api"},
                          {"us-east-1"}}};
  out.uptime->mttr = 42min + 40s + 123'456us;
  out.uptime->mtbf = net.up;
  out.coverage = {(net.up + net.down).count(), (net.up + net.down + net.unknown).count()};
  out.regions = {{"eu-west-1", {99, 100}, {998, 1000}, {}}, {"us-east-1", {1, 1}, {995, 1000}, {}}};
  return out;
}

sla::Evaluation strict_miss(const config::Objective& objective) {
  sla::Evaluation out = evaluation(objective, kOctober, Verdict::met);
  const Micros month = kOctober.period.length();
  const sla::UptimeTimes net{month, 0us, 0us, 0us};
  out.uptime = uptime_figures(objective, net, net, {month - 1h, 1h, 0us, 0us});
  out.uptime->mtbf = std::nullopt;
  out.coverage = {month.count(), month.count()};
  out.why = "met, but strict uptime, which counts every failed first attempt, misses the target: 99.865%";
  out.regions = {{"us-east-1", out.coverage, {1, 1}, {}}};
  return out;
}

sla::Evaluation latency(const config::Objective& objective, Verdict verdict, std::optional<Micros> measured) {
  sla::Evaluation out = evaluation(objective, kOctober, verdict);
  sla::LatencyFigures figures;
  figures.percentile = objective.percentile;
  figures.of = objective.of;
  figures.samples = 178'560;
  figures.measured = measured;
  figures.infinite = !measured;
  figures.bad = 3'571;
  figures.budget = sla::count_budget(sla::allowed_ratio(objective), figures.samples, figures.bad);
  out.latency = figures;
  out.coverage = {9'991, 10'000};
  out.regions = {{"us-east-1", out.coverage, {}, measured, !measured}};
  return out;
}

sla::Evaluation error_rate(const config::Objective& objective, Verdict verdict, std::int64_t bad,
                           std::int64_t samples) {
  sla::Evaluation out = evaluation(objective, kOctober, verdict);
  out.error_rate =
      sla::ErrorFigures{objective.errors, bad, samples, sla::count_budget(sla::allowed_ratio(objective), samples, bad)};
  out.coverage = {samples, samples};
  out.regions = {{"us-east-1", out.coverage, {bad, samples}, {}}};
  return out;
}

std::shared_ptr<config::Config> objectives_config() {
  using enum config::Comparison;
  auto config = std::make_shared<config::Config>();
  config->objectives = {
      objective("system-uptime", config::Indicator::uptime, greater_equal, {999, 3}, "99.9%"),
      objective("blips", config::Indicator::uptime, greater_equal, {999, 3}, "99.9%"),
      objective("api-response-time", config::Indicator::latency, less, {500'000, 0}, "< 500ms"),
      objective("error-rate", config::Indicator::error_rate, less, {1, 3}, "< 0.1%"),
  };
  config->objectives[2].percentile = {95, 0};
  return config;
}

reports::Report empty_report(std::shared_ptr<config::Config> config) {
  reports::Report report;
  report.generated_at = at("2026-11-01T06:00:00.5Z");
  report.as_of = at("2026-11-01T00:00:00Z");
  report.version = "0.1.0";
  report.environment = "production";
  report.regions = {"eu-west-1", "us-east-1"};
  report.config = std::move(config);
  return report;
}

reports::StatusRow up(const std::string& name, const std::string& service, Micros latency) {
  reports::StatusRow row;
  row.name = name;
  row.service = service;
  row.priority = "P2";
  row.target = "http://127.0.0.1:8080/" + name;
  row.state = reports::Shown::up;
  row.since = at("2026-10-11T22:00:00Z");
  row.last_result = at("2026-10-14T02:22:55Z");
  row.last_duration = latency;
  return row;
}

reports::StatusRow failing(const std::string& name, reports::Shown state, int failures, Outcome outcome) {
  reports::StatusRow row = up(name, "api-gateway", 30ms);
  row.priority = "P1";
  row.state = state;
  row.failures = failures;
  row.since = at("2026-10-14T02:10:20Z");
  row.last_outcome = std::move(outcome);
  row.runbook_url = "https://wiki.example/runbooks/gateway";
  return row;
}

reports::StatusModel page() {
  reports::StatusModel model;
  model.now = at("2026-10-14T02:23:00Z");
  model.region = "us-east-1";
  model.environment = "production";
  model.version = "0.1.0";
  return model;
}

reports::StatusModel outage_page() {
  using reports::Shown;
  reports::StatusModel model = page();
  for (int i = 1; i <= 5; ++i) model.rows.push_back(up("worker-" + std::to_string(i), "workers", i * 2'345us));
  model.rows.push_back(
      failing("tasks-api", Shown::critical, 17,
              {Reason::http_status, "expected status 200, got 503 Service Unavailable from 192.0.2.7:443"}));
  model.rows.back().components = {{"mongodb", false}, {"redis", true}, {"search", false}};
  model.rows.back().version = "2.14.0";
  model.rows.push_back(
      failing("create-task", Shown::warning, 4,
              {Reason::poll_timeout,
               "the created task did not become visible within 5 s: .title == $title was false 25 times"}));
  model.rows.back().journey = true;
  model.rows.back().failed_step = "visible";
  model.rows.back().last_duration = 5s + 213ms;
  model.rows.push_back(failing("login", reports::Shown::failing, 2,
                               {Reason::connect_timeout, "no connection to 192.0.2.8:443 within 10 s"}));
  model.rows.push_back(failing("billing", Shown::maintenance, 0, {}));
  model.rows.push_back(
      failing("search", Shown::suppressed, 3, {Reason::connect_refused, "connection refused by 192.0.2.9:9200"}));
  model.rows.push_back(failing("mail", Shown::unknown, 0, {}));
  model.rows.back().since = {};
  model.rows.back().last_result = {};
  model.rows.back().last_duration = 0us;
  model.rows.push_back(up("gateway-readiness", "api-gateway", 12'345us));
  model.rows.back().version = "3.0.1";
  return model;
}

// Objectives whose evaluations point into `config`: it must outlive the pages.
std::vector<sla::Evaluation> running_objectives(const config::Config& config) {
  std::vector<sla::Evaluation> out = {missed_uptime(config.objectives[0]), strict_miss(config.objectives[1]),
                                      latency(config.objectives[2], Verdict::inconclusive, 412'345us),
                                      error_rate(config.objectives[3], Verdict::inconclusive, 0, 0)};
  out[2].running = true;
  out[2].on_track = true;
  out[2].why = "the period is still running and the time that remains can change the outcome";
  out[3].why = "nothing is known of the period";
  return out;
}

reports::StatusModel many_page() {
  reports::StatusModel model = page();
  for (int i = 1; i <= 300; ++i) {
    model.rows.push_back(up("shop-" + std::to_string(1000 + i), "shop", i * 431us));
  }
  model.rows[77] =
      failing("shop-1078", reports::Shown::failing, 1, {Reason::timeout, "no complete answer within 10 s"});
  return model;
}

reports::StatusModel names_page() {
  const std::string long_word(300, 'w');
  reports::StatusModel model = page();
  model.rows.push_back(failing("checkout-" + long_word, reports::Shown::critical, 5,
                               {Reason::dns_nxdomain, "the host name " + long_word + ".example does not exist"}));
  model.rows.back().target = "https://" + long_word + ".example/";
  model.rows.push_back(
      up("a name of many words that goes on and on so that it has to wrap somewhere, whatever the width of the screen "
         "may be",
         "a service with a rather long name as well", 1ms));
  model.rows.push_back(up(long_word, long_word, 999ms));
  model.rows.back().version = long_word;
  model.region = long_word;
  return model;
}

reports::StatusModel right_to_left_page() {
  reports::StatusModel model = page();
  model.rows.push_back(failing("واجهة المهام (v2)", reports::Shown::critical, 6,
                               {Reason::body_mismatch, "expected 'מוכן' in the body, got 'לא מוכן'"}));
  model.rows.back().service = "خدمة";
  model.rows.push_back(up("בדיקת מוכנות 1", "שירות", 12'300us));
  model.rows.push_back(up("\u202Eevil override", "api", 7ms));
  return model;
}

}  // namespace

Time at(std::string_view rfc3339) {
  return parse_time(rfc3339).value();
}

reports::Report month_report() {
  auto config = objectives_config();
  reports::Report report = empty_report(config);
  report.objectives = {missed_uptime(config->objectives[0]), strict_miss(config->objectives[1]),
                       latency(config->objectives[2], Verdict::met, 412'345us),
                       error_rate(config->objectives[3], Verdict::missed, 179, 178'560)};
  config::Maintenance once;
  once.service = "api-gateway";
  once.once = Period{at("2026-10-04T02:00:00Z"), at("2026-10-04T04:00:00Z")};
  once.reason = "upgrade";
  once.author = "ops@example.com";
  once.entered = at("2026-10-05T09:30:00Z");
  config::Maintenance weekly;
  weekly.weekly = config::WeeklyHours{{{6, 120, 180}}, "Sun 02:00-03:00"};
  weekly.time_zone = "Europe/Berlin";
  weekly.removed = {at("2026-10-20T08:00:00Z"), "configuration", "taken out of nines.yml", false};
  report.exclusions = {once, weekly};
  return report;
}

reports::Report odd_report() {
  auto config = objectives_config();
  config->objectives[0].name = "[a|b](http://evil) *`<script>`_";
  config->objectives[0].service.clear();
  config->objectives[2].of = config::LatencyOf::strict;
  config->objectives[3].target = {config::Comparison::less_equal, {0, 0}, "<= 0%"};
  reports::Report report = empty_report(config);
  report.environment.clear();
  report.regions.clear();

  sla::Evaluation nothing = evaluation(config->objectives[0], kOctober, Verdict::inconclusive);
  nothing.why = "nothing is known of the period";
  const sla::UptimeTimes none{0us, 0us, kOctober.period.length(), 0us};
  nothing.uptime = uptime_figures(config->objectives[0], none, none, none);
  nothing.coverage = {0, none.unknown.count()};

  sla::Evaluation running = missed_uptime(config->objectives[1]);
  running.verdict = Verdict::inconclusive;
  running.level = Level::critical;
  running.running = true;
  running.on_track = false;
  running.why = "the period is still running and the time that remains can change the outcome";
  report.objectives = {nothing, running, latency(config->objectives[2], Verdict::missed, std::nullopt),
                       error_rate(config->objectives[3], Verdict::missed, 3, 1'000)};
  return report;
}

std::vector<std::pair<std::string, reports::StatusModel>> status_samples() {
  static const std::shared_ptr<config::Config> config = objectives_config();
  reports::StatusModel one = page();
  one.rows = {up("tasks-api", "api-gateway", 12'345us)};
  reports::StatusModel outage = outage_page();
  outage.objectives = running_objectives(*config);
  reports::StatusModel trouble = page();
  trouble.rows = {up("tasks-api", "api-gateway", 12'345us), up("login", "api-gateway", 30ms)};
  trouble.trouble = "results cannot be stored at the moment: look at the agent's log";
  return {{"nothing", page()},     {"one", one},
          {"many", many_page()},   {"outage", outage},
          {"names", names_page()}, {"right-to-left", right_to_left_page()},
          {"trouble", trouble}};
}

void check_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(NINES_SOURCE_DIR) + "/tests/reports/golden/" + name;
  if (std::getenv("NINES_UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << text;
  std::ifstream file(path, std::ios::binary);
  std::stringstream golden;
  golden << file.rdbuf();
  INFO(name);
  CHECK(text == golden.str());
}

}  // namespace nines::test
