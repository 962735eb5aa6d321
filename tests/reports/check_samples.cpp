#include "tests/reports/check_samples.hpp"

#include <chrono>

#include "reports/over_time.hpp"
#include "sla/evaluate.hpp"
#include "tests/reports/incident_samples.hpp"
#include "tests/reports/samples.hpp"

namespace nines::test {

using namespace std::chrono_literals;

namespace {

constexpr const char* kNow = "2026-10-14T02:23:00Z";

// A result every minute of the last `length`: it failed for 12 minutes six days ago, and since 02:10.
sla::History history_of(const std::string& name, bool journey, Micros length) {
  const Time now = at(kNow);
  sla::Series series;
  series.key = {name, "us-east-1"};
  series.journey = journey;
  series.settings = {{now - length, 1min, 150s, 3, "tasks", false}};
  for (Time start = now - length; start < now; start += 1min) {
    const bool down = start >= at("2026-10-14T02:10:00Z") ||
                      (start >= at("2026-10-08T05:00:00Z") && start < at("2026-10-08T05:12:00Z"));
    const auto minute = std::chrono::floor<std::chrono::minutes>(start).time_since_epoch().count();
    ResultRow row;
    row.start = start;
    row.interval = 1min;
    row.duration = Micros(40'000 + minute % 60 * 1'000);
    row.measured = journey && !down ? row.duration : ResultRow::kNone;
    if (down) row.reason = row.first_reason = Reason::http_status;
    series.rows.push_back(row);
  }
  sla::History history;
  history.series.push_back(std::move(series));
  return history;
}

reports::CheckFigures figures(const std::string& name, bool journey, config::Indicator indicator, Micros length,
                              const char* label) {
  auto objective = std::make_shared<config::Objective>();
  objective->name = name;
  (journey ? objective->journeys : objective->checks) = {name};
  objective->indicator = indicator;
  objective->regions = {"us-east-1"};
  objective->target = {config::Comparison::greater_equal, Decimal(1, 0), "100%"};
  if (indicator == config::Indicator::latency) {
    objective->percentile = Decimal(95, 0);
    objective->target = {config::Comparison::less, Decimal(86'400'000'000, 0), "< 1d"};
  }
  const Period period{at(kNow) - length, at(kNow)};
  const sla::History history = history_of(name, journey, length);
  const auto subject = sla::make_subject(*objective, period, period.to, history, objective->regions);
  reports::CheckFigures made{objective, sla::evaluate(subject, {period, "UTC", label}, period.to), {}};
  made.detail = reports::over_time(subject, made.evaluation);
  return made;
}

void add_figures(reports::CheckPage& page, Micros shown, const char* label) {
  const auto of = [&](config::Indicator indicator, Micros length, const char* name) {
    return figures(page.row.name, page.row.journey, indicator, length, name);
  };
  page.uptime = of(config::Indicator::uptime, shown, label);
  if (shown > std::chrono::days(30)) page.recent = of(config::Indicator::uptime, 30 * 24h, "last 30 days");
  page.latency = of(config::Indicator::latency, 24h, "last 24 hours");
}

reports::Incident outage(const char* id, const char* from, Micros length) {
  reports::Incident incident = whole_incident();
  incident.id = id;
  incident.extent = {at(from), at(from) + length};
  incident.length = length;
  incident.reason = Reason::http_status;
  return incident;
}

reports::CheckPage page_of(const std::string& name, bool journey) {
  reports::CheckPage page;
  page.origin = {at(kNow), "us-east-1", "production", "1.2.3"};
  page.row.name = name;
  page.row.journey = journey;
  page.row.service = "tasks";
  page.row.priority = "P1";
  page.row.target = "https://tasks.example/health";
  page.row.runbook_url = "https://wiki.example/runbooks/tasks?a&b";
  page.interval = 1min;
  page.timeout = 10s;
  return page;
}

}  // namespace

reports::CheckPage critical_check() {
  reports::CheckPage page = page_of("tasks-api", false);
  page.row.state = reports::Shown::critical;
  page.row.since = at("2026-10-14T02:14:00Z");
  page.row.last_result = at("2026-10-14T02:22:00Z");
  page.row.failures = 13;
  page.row.last_outcome = {Reason::http_status, "GET https://tasks.example/health from 192.0.2.7:443: answered 503"};
  page.row.version = "1.4.2";
  page.row.components = {{"mongodb", false}, {"search", true}};
  page.alerts = {{"CheckFailing", "critical", "Check tasks-api of tasks is critical", at("2026-10-14T02:12:00Z")},
                 {"ComponentDown", "warning", "Component mongodb of tasks is down", at("2026-10-14T02:13:00Z")}};
  ResultRow row;
  row.start = page.row.last_result;
  row.duration = 123456us;
  row.phases = {2ms, 10ms, 30ms, 80ms, 1456us};
  row.status = 503;
  row.attempts = 2;
  row.reason = Reason::http_status;
  page.last = reports::LastRun{row, page.row.last_outcome.message, "192.0.2.7:443", {}};
  Evidence evidence;
  evidence.message = page.row.last_outcome.message;
  evidence.address = "192.0.2.7:443";
  evidence.headers = "Server: nginx\nRetry-After: 30";
  evidence.body = "<html><h1>503 Service Unavailable</h1></html>";
  evidence.trace_id = "8ccaa560ede7787a4626eae506ff6800";
  evidence.correlation_id = "d6923ec3-337a-4773-9d0b-602fe7e2f5a0";
  evidence.attempts = {{row.start - 1s, 100ms, {Reason::connect_reset, "connection reset by 192.0.2.7:443"}}};
  page.failure = reports::LastFailure{row.start, Reason::http_status, evidence};
  add_figures(page, 45 * 24h, "last 45 days");
  page.target = reports::LatencyTarget{"tasks-latency", {config::Comparison::less, Decimal(80'000, 0), "< 80ms"}};
  page.incidents = {outage("tasks-20261014T021000Z", "2026-10-14T02:10:00Z", 13min),
                    outage("tasks-20261008T050000Z", "2026-10-08T05:00:00Z", 12min)};
  page.incidents[0].ongoing = true;
  page.incidents[0].ended = false;
  page.incidents[0].notes.clear();
  page.deployments = {{at("2026-10-14T02:04:00Z"), "tasks", "1.4.2", "1.4.1"}};
  page.windows = {{{at("2026-10-14T02:00:00Z"), at("2026-10-14T04:00:00Z")}, "", "move <now>", "ops"},
                  {{at("2026-10-18T01:00:00Z"), at("2026-10-18T02:00:00Z")}, "tasks", "weekly", "ops@example.com"}};
  return page;
}

reports::CheckPage failing_journey() {
  reports::CheckPage page = page_of("create-task", true);
  page.row.state = reports::Shown::failing;
  page.row.since = at("2026-10-14T02:22:00Z");
  page.row.last_result = at("2026-10-14T02:22:00Z");
  page.row.failures = 1;
  page.row.failed_step = "create";
  page.row.last_outcome = {Reason::http_status, "step \"create\" (POST /api/v1/tasks): expected status 201, got 500"};
  ResultRow row;
  row.start = page.row.last_result;
  row.duration = 900ms;
  row.status = 500;
  row.reason = Reason::http_status;
  page.last = reports::LastRun{row, page.row.last_outcome.message, "", {}};
  page.last->steps = {
      {.name = "login", .status = 200, .start = 0us, .duration = 400ms, .phases = {10ms, 20ms, 70ms, 295ms, 5ms}},
      {.name = "create",
       .outcome = page.row.last_outcome,
       .status = 500,
       .start = 400ms,
       .duration = 500ms,
       .phases = {0us, 0us, 0us, 490ms, 10ms}},
      {.name = "visible", .skipped = true, .start = 900ms},
  };
  Evidence evidence;
  evidence.message = page.row.last_outcome.message;
  evidence.failed_step = "create";
  page.failure = reports::LastFailure{row.start, Reason::http_status, evidence};
  add_figures(page, 36h, "last 1 d 12 h");
  return page;
}

reports::CheckPage new_check() {
  return page_of("tasks-web", false);
}

std::vector<std::pair<std::string, reports::CheckPage>> check_pages() {
  std::vector<std::pair<std::string, reports::CheckPage>> pages = {
      {"check-critical", critical_check()}, {"check-journey", failing_journey()}, {"check-new", new_check()}};
  reports::CheckPage up = critical_check();
  up.row.state = reports::Shown::up;
  up.row.failures = 0;
  up.row.last_outcome = {};
  up.row.components.clear();
  up.alerts.clear();
  up.last->row.reason = Reason::none;
  up.last->row.attempts = 1;
  up.last->row.status = 200;
  up.failure->evidence = {};
  pages.emplace_back("check-up", up);
  reports::CheckPage odd = critical_check();
  odd.row.name = "<script>alert('1')</script>/" + std::string(200, 'x');
  odd.row.runbook_url = "javascript:alert(1)";
  odd.row.last_outcome.message = "\"><b>bold</b>";
  odd.failure->evidence.body = "</pre><script>";
  odd.trouble = {"Its alerts cannot be read: <disk>."};
  pages.emplace_back("check-odd", odd);
  reports::CheckPage arabic = failing_journey();
  arabic.row.name = "بوابة الدفع (payments) 2";
  arabic.last->steps[1].name = "إنشاء مهمة جديدة في القائمة";
  pages.emplace_back("check-arabic", arabic);
  return pages;
}

}  // namespace nines::test
