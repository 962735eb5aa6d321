#include "tests/reports/documents.hpp"

#include <algorithm>
#include <cmath>
#include <memory>

#include <fmt/format.h>

#include "sla/budget.hpp"
#include "sla/calendar.hpp"
#include "tests/reports/samples.hpp"

namespace nines::test {
namespace {

using namespace std::chrono_literals;
using config::Indicator;
using reports::Detail;
using sla::Level;
using sla::Verdict;

enum class State { down, unknown, excluded };

struct Stretch {
  Period span;
  State state;
  Reason reason = Reason::none;
};

Period span(std::string_view from, std::string_view to) {
  return {at(from), at(to)};
}

Micros overlap(const Period& a, const Period& b) {
  return std::max(Micros(0), std::min(a.to, b.to) - std::max(a.from, b.from));
}

sla::UptimeTimes times_in(const Period& period, const std::vector<Stretch>& stretches) {
  sla::UptimeTimes times;
  for (const Stretch& stretch : stretches) {
    const Micros time = overlap(period, stretch.span);
    if (stretch.state == State::down) times.down += time;
    if (stretch.state == State::unknown) times.unknown += time;
    if (stretch.state == State::excluded) times.excluded += time;
  }
  times.up = period.length() - times.down - times.unknown - times.excluded;
  return times;
}

// A report under construction: its configuration, and the figures beside it.
struct Builder {
  std::shared_ptr<config::Config> config = std::make_shared<config::Config>();
  reports::Report report;
  sla::ReportPeriod period = {span("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"), "UTC", "2026-10"};
  Time as_of = at("2026-11-01T00:00:00Z");
  std::vector<std::string> regions = {"eu-west-1", "us-east-1", "ap-south-1"};

  explicit Builder(std::size_t objectives) {
    config->objectives.reserve(objectives);  // evaluations point into it
    report.objectives.reserve(objectives);   // cases hold references to them
    report.details.reserve(objectives);
    report.generated_at = at("2026-11-01T06:00:00Z");
    report.version = "0.1.0";
    report.environment = "production";
  }

  Period so_far() const { return {period.period.from, std::min(period.period.to, as_of)}; }

  config::Objective& objective(std::string name, std::string service, Indicator indicator, config::Limit target) {
    config::Objective& out = config->objectives.emplace_back();
    out.name = std::move(name);
    out.service = std::move(service);
    out.indicator = indicator;
    out.target = std::move(target);
    return out;
  }

  sla::Evaluation& evaluation(const config::Objective& objective, Verdict verdict, Level level = Level::ok) {
    sla::Evaluation& out = report.objectives.emplace_back();
    out.objective = &objective;
    out.period = period;
    out.as_of = as_of;
    out.running = period.period.to > as_of;
    out.verdict = verdict;
    out.level = level;
    report.details.emplace_back();
    return out;
  }

  void uptime(sla::Evaluation& out, Detail& detail, const std::vector<Stretch>& stretches);
  void outage(sla::Evaluation& out, Detail& detail, const Stretch& stretch, std::size_t seen_from,
              const std::string& message);
  void latency(sla::Evaluation& out, Detail& detail, Micros typical, Micros measured);
  void errors(sla::Evaluation& out, Detail& detail, std::int64_t bad_on_the_20th);

  reports::Report take() {
    report.as_of = as_of;
    report.regions = regions;
    report.config = std::move(config);
    return std::move(report);
  }
};

void Builder::uptime(sla::Evaluation& out, Detail& detail, const std::vector<Stretch>& stretches) {
  const Period known = so_far();
  sla::UptimeFigures figures;
  figures.net = times_in(known, stretches);
  figures.gross = figures.net;
  figures.gross.up += figures.gross.excluded;
  figures.gross.excluded = 0us;
  figures.strict = figures.net;
  figures.strict.up -= 5min;
  figures.strict.down += 5min;
  const Decimal allowed = sla::allowed_ratio(*out.objective);
  const Micros over = period.period.length() - figures.net.unknown - figures.net.excluded;
  figures.budget = sla::time_budget(allowed, over, figures.net.down);
  out.coverage = {(figures.net.up + figures.net.down).count(),
                  (figures.net.up + figures.net.down + figures.net.unknown).count()};
  for (const std::string& region : regions) {
    out.regions.push_back({region, out.coverage, figures.net.measured(), {}, false});
  }
  Micros spent{0};
  detail.budget.push_back({known.from, 1});
  for (Time hour = known.from; hour < known.to; hour += 1h) {
    const Period cell{hour, std::min(hour + 1h, known.to)};
    const sla::UptimeTimes times = times_in(cell, stretches);
    reports::StripCell strip{cell, times, Reason::none};
    for (const Stretch& stretch : stretches) {
      if (stretch.state == State::down && overlap(cell, stretch.span) > 0us) strip.reason = stretch.reason;
    }
    detail.strip.push_back(strip);
    spent += times.down;
    const bool midnight = (cell.to - known.from) % 24h == 0us;
    if (midnight || times.down > 0us || cell.to == known.to) {
      detail.budget.push_back({cell.to, *sla::time_budget(allowed, over, spent).remaining_ratio});
    }
  }
  out.uptime = figures;
}

void Builder::outage(sla::Evaluation& out, Detail& detail, const Stretch& stretch, std::size_t seen_from,
                     const std::string& message) {
  sla::Outage outage;
  outage.extent = stretch.span;
  outage.length = stretch.span.length();
  outage.inside = overlap(stretch.span, so_far());
  outage.ongoing = stretch.span.to == as_of;
  outage.open_after = outage.ongoing;
  outage.reason = stretch.reason;
  outage.checks = {"gateway-readiness"};
  outage.regions.assign(regions.begin(), regions.begin() + static_cast<std::ptrdiff_t>(seen_from));
  out.uptime->outages.push_back(outage);
  reports::OutageEvidence evidence;
  evidence.check = "gateway-readiness";
  evidence.region = regions.front();
  evidence.at = stretch.span.from;
  evidence.message = message;
  if (!message.empty()) {
    evidence.address = "192.0.2.7:443";
    evidence.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
  }
  detail.evidence.push_back(evidence);
  out.uptime->mttr = outage.length;
}

// A month of days around `typical`: a slow spell from the 12th, a gap on the 19th and 20th, failures now and then.
void Builder::latency(sla::Evaluation& out, Detail& detail, Micros typical, Micros measured) {
  const Period known = so_far();
  sla::LatencyFigures figures;
  figures.percentile = out.objective->percentile;
  figures.measured = measured;
  std::int64_t day = 0;
  for (Time from = known.from; from < known.to; from += 24h, ++day) {
    reports::Slice slice;
    slice.span = {from, std::min(from + 24h, known.to)};
    if (day != 18 && day != 19) {
      const std::int64_t wave = 80 + day * 37 % 41 + (day >= 11 && day <= 14 ? 120 : 0);
      slice.p50 = typical * wave / 100;
      slice.p95 = typical * (wave * 2 + day * 13 % 17) / 100;
      slice.p99 = typical * wave * 3 / 100;
      slice.samples = 8'640;
      slice.failures = day % 9 == 4 ? 3 : 0;
      slice.bad = (day >= 11 && day <= 14 ? 700 : 180) * (measured < 500ms ? 1 : 4);
    }
    figures.samples += slice.samples;
    figures.bad += slice.bad;
    detail.slices.push_back(slice);
  }
  const Decimal allowed = sla::allowed_ratio(*out.objective);
  figures.budget = sla::count_budget(allowed, figures.samples, figures.bad);
  std::int64_t spent = 0;
  detail.budget.push_back({known.from, 1});
  for (const reports::Slice& slice : detail.slices) {
    spent += slice.bad;
    detail.budget.push_back({slice.span.to, *sla::count_budget(allowed, figures.samples, spent).remaining_ratio});
  }
  Micros from = typical / 4;
  for (int i = 0; i < 40; ++i) {
    const Micros to = from * 11 / 10;
    const double away = (i - 15) / 6.0;
    detail.distribution.push_back({from, to, std::llround(30'000 * std::exp(-away * away / 2) + (i > 15 ? 900 : 0))});
    from = to;
  }
  detail.p50 = typical;
  detail.p95 = measured;
  detail.p99 = measured * 2;
  out.coverage = {29, 31};
  for (const std::string& region : regions) out.regions.push_back({region, out.coverage, {}, measured, false});
  out.latency = figures;
}

void Builder::errors(sla::Evaluation& out, Detail& detail, std::int64_t bad_on_the_20th) {
  const Period known = so_far();
  sla::ErrorFigures figures;
  std::int64_t day = 0;
  for (Time from = known.from; from < known.to; from += 24h, ++day) {
    reports::Slice slice;
    slice.span = {from, std::min(from + 24h, known.to)};
    slice.samples = 8'640;
    slice.bad = day == 19 ? bad_on_the_20th : day * 7 % 5;
    slice.failures = slice.bad;
    figures.samples += slice.samples;
    figures.errors += slice.bad;
    detail.slices.push_back(slice);
  }
  const Decimal allowed = sla::allowed_ratio(*out.objective);
  figures.budget = sla::count_budget(allowed, figures.samples, figures.errors);
  std::int64_t spent = 0;
  detail.budget.push_back({known.from, 1});
  for (const reports::Slice& slice : detail.slices) {
    spent += slice.bad;
    detail.budget.push_back({slice.span.to, *sla::count_budget(allowed, figures.samples, spent).remaining_ratio});
  }
  out.coverage = {figures.samples, figures.samples};
  for (const std::string& region : regions) {
    out.regions.push_back({region, out.coverage, {figures.errors / 3, figures.samples / 3}, {}, false});
  }
  out.error_rate = figures;
}

// Twelve months up to the report's own, of which the first `without` hold nothing.
std::vector<reports::TrendPoint> uptime_trend(const sla::Ratio& own, Verdict verdict, std::int64_t down_us,
                                              std::size_t without) {
  std::vector<reports::TrendPoint> trend;
  for (int i = 0; i < 12; ++i) {
    const int month = (10 + i) % 12 + 1;
    reports::TrendPoint point;
    point.label = fmt::format("{}-{:02}", i < 2 ? 2025 : 2026, month);
    point.no_data = static_cast<std::size_t>(i) < without;
    point.verdict = i % 5 == 3 ? Verdict::missed : Verdict::met;
    const std::int64_t month_us = Micros(30 * 24h).count();
    point.down_us = i % 5 == 3 ? Micros(1h).count() : Micros(i * 1min).count();
    point.ratio = sla::Ratio{month_us - point.down_us, month_us};
    trend.push_back(point);
  }
  trend.back().no_data = false;
  trend.back().verdict = verdict;
  trend.back().ratio = own;
  trend.back().down_us = down_us;
  return trend;
}

const config::Limit kThreeNines = {config::Comparison::greater_equal, {999, 3}, "99.9%"};
const config::Limit kHalfSecond = {config::Comparison::less, {500'000, 0}, "< 500ms"};
const config::Limit kOnePerMille = {config::Comparison::less, {1, 3}, "< 0.1%"};

const std::vector<Stretch> kBadMonth = {
    {span("2026-10-04T02:00:00Z", "2026-10-04T04:00:00Z"), State::excluded},
    {span("2026-10-14T02:10:20.25Z", "2026-10-14T02:23:00.373456Z"), State::down, Reason::tls_expired},
    {span("2026-10-22T05:00:00Z", "2026-10-22T11:30:00Z"), State::unknown},
    {span("2026-10-25T21:40:00Z", "2026-10-26T00:07:20Z"), State::down, Reason::http_status},
};

void add_missed_uptime(Builder& builder) {
  sla::Evaluation& out =
      builder.evaluation(builder.objective("system-uptime", "api-gateway", Indicator::uptime, kThreeNines),
                         Verdict::missed, Level::warning);
  Detail& detail = builder.report.details.back();
  builder.uptime(out, detail, kBadMonth);
  builder.outage(out, detail, kBadMonth[1], 2, "the certificate of gateway.example expired on 2026-10-14 02:10:00 UTC");
  builder.outage(out, detail, kBadMonth[3], 3, "expected status 200, got 503 Service Unavailable from 192.0.2.7:443");
  out.uptime->mttr = 80min;
  out.uptime->mtbf = out.uptime->net.up / 2;
  detail.credit = reports::CreditDue{Decimal(1, 1), config::CreditTier{{999, 3}, {1, 1}}, ""};
  detail.trend = uptime_trend(out.uptime->net.measured(), Verdict::missed, out.uptime->net.down.count(), 4);
}

void add_no_data(Builder& builder, const std::string& name) {
  sla::Evaluation& out =
      builder.evaluation(builder.objective(name, "billing", Indicator::uptime, kThreeNines), Verdict::inconclusive);
  Detail& detail = builder.report.details.back();
  builder.uptime(out, detail, {{builder.so_far(), State::unknown}});
  out.uptime->strict = out.uptime->net;
  out.regions.clear();
  out.why = "nothing is known of the period";
}

void add_well(Builder& builder, const std::string& name, const std::string& service) {
  sla::Evaluation& out =
      builder.evaluation(builder.objective(name, service, Indicator::uptime, kThreeNines), Verdict::met);
  Detail& detail = builder.report.details.back();
  builder.uptime(out, detail, {});
  out.uptime->strict = out.uptime->net;
  detail.credit = reports::CreditDue{Decimal(0, 0), {}, ""};
  detail.trend = uptime_trend(out.uptime->net.measured(), Verdict::met, 0, 9);
}

void add_latency(Builder& builder, const std::string& name, Micros typical, Micros measured, Verdict verdict) {
  config::Objective& objective = builder.objective(name, "api-gateway", Indicator::latency, kHalfSecond);
  objective.percentile = {95, 0};
  objective.critical = config::Limit{config::Comparison::greater, {1'000'000, 0}, "> 1s"};
  sla::Evaluation& out =
      builder.evaluation(objective, verdict, verdict == Verdict::missed ? Level::critical : Level::ok);
  builder.latency(out, builder.report.details.back(), typical, measured);
}

void add_errors(Builder& builder, const std::string& name, std::int64_t bad, Verdict verdict) {
  sla::Evaluation& out = builder.evaluation(builder.objective(name, "api-gateway", Indicator::error_rate, kOnePerMille),
                                            verdict, verdict == Verdict::missed ? Level::warning : Level::ok);
  builder.errors(out, builder.report.details.back(), bad);
}

void add_inconclusive(Builder& builder) {
  sla::Evaluation& out = builder.evaluation(
      builder.objective("search-uptime", "search", Indicator::uptime, kThreeNines), Verdict::inconclusive);
  Detail& detail = builder.report.details.back();
  builder.uptime(out, detail, {{span("2026-10-08T00:00:00Z", "2026-10-11T15:30:00Z"), State::unknown}});
  out.why = "coverage is 88.236%, below the 99.9% that a verdict needs";
  detail.credit = reports::CreditDue{{}, {}, "the verdict is inconclusive"};
}

void add_exclusions(reports::Report& report) {
  config::Maintenance once;
  once.service = "api-gateway";
  once.once = span("2026-10-04T02:00:00Z", "2026-10-04T04:00:00Z");
  once.reason = "upgrade of the gateway to 3.0";
  once.author = "ops@example.com";
  config::Maintenance weekly;
  weekly.weekly = config::WeeklyHours{{{6, 120, 180}}, "Sun 02:00-03:00"};
  weekly.time_zone = "Europe/Berlin";
  report.exclusions = {once, weekly};
}

reports::Report one_report() {
  Builder builder(1);
  builder.regions = {"us-east-1"};
  add_well(builder, "system-uptime", "api-gateway");
  return builder.take();
}

reports::Report many_report() {
  Builder builder(36);
  add_missed_uptime(builder);
  for (int i = 1; i <= 30; ++i) add_well(builder, fmt::format("shop-{:02}-uptime", i), fmt::format("shop-{:02}", i));
  for (int i = 1; i <= 4; ++i) {
    add_latency(builder, fmt::format("shop-{:02}-latency", i), 10ms * i, 25ms * i, Verdict::met);
  }
  add_errors(builder, "errors", 300, Verdict::missed);
  return builder.take();
}

// Half of a month, in Berlin's time, down since this morning.
reports::Report running_report() {
  Builder builder(3);
  builder.period = {span("2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z"), "Europe/Berlin", "2026-10"};
  builder.as_of = at("2026-10-17T09:30:00Z");
  builder.report.generated_at = builder.as_of;
  sla::Evaluation& out =
      builder.evaluation(builder.objective("system-uptime", "api-gateway", Indicator::uptime, kThreeNines),
                         Verdict::inconclusive, Level::warning);
  Detail& detail = builder.report.details.back();
  const Stretch now{span("2026-10-17T09:01:40Z", "2026-10-17T09:30:00Z"), State::down, Reason::connect_refused};
  builder.uptime(out, detail, {now});
  builder.outage(out, detail, now, 3, "connection refused by 192.0.2.7:443");
  out.on_track = false;
  out.why = "the period is still running and the time that remains can change the outcome";
  detail.credit = reports::CreditDue{{}, {}, "the period is still running"};
  add_latency(builder, "api-response-time", 60ms, 142'345us, Verdict::inconclusive);
  builder.report.objectives.back().on_track = true;
  builder.report.objectives.back().why = out.why;
  add_errors(builder, "error-rate", 0, Verdict::inconclusive);
  builder.report.objectives.back().on_track = true;
  builder.report.objectives.back().why = out.why;
  return builder.take();
}

reports::Report no_data_report() {
  Builder builder(2);
  add_no_data(builder, "invoice-uptime");
  add_no_data(builder, "export-uptime");
  builder.regions.clear();
  return builder.take();
}

}  // namespace

reports::Report rich_report() {
  Builder builder(8);
  builder.config->contracts.emplace_back();
  builder.config->contracts[0].name = "acme";
  builder.config->contracts[0].customer = "ACME GmbH";
  builder.report.contract = builder.config->contracts.data();
  add_well(builder, "task-uptime", "task-service");
  add_missed_uptime(builder);
  add_latency(builder, "api-response-time", 180ms, 412'345us, Verdict::met);
  add_errors(builder, "error-rate", 240, Verdict::missed);
  add_latency(builder, "search-response-time", 420ms, 1'204'567us, Verdict::missed);
  add_inconclusive(builder);
  add_no_data(builder, "invoice-uptime");
  add_exclusions(builder.report);
  return builder.take();
}

reports::Report hostile_report() {
  const std::string word(300, 'w');
  Builder builder(5);
  builder.config->contracts.emplace_back();
  builder.config->contracts[0].customer = "</style><script>alert(1)</script>\"; } * { display: none }";
  builder.report.contract = builder.config->contracts.data();
  builder.regions = {"<b>eu</b>", word, "منطقة-١"};
  add_missed_uptime(builder);
  config::Objective& first = builder.config->objectives[0];
  first.name = "=cmd|' /C calc'!A0<script>alert(1)</script>";
  first.service = "</title><img src=http://127.0.0.1/x>";
  builder.report.objectives[0].uptime->outages[0].checks = {"<svg onload=alert(1)>", word};
  builder.report.details[0].evidence[0].message =
      "expected 'מוכן' in the body, got <iframe src=//evil.example> " + word;
  builder.report.details[0].evidence[1].message.clear();
  add_latency(builder, "@SUM(1+1)", 180ms, 412'345us, Verdict::met);
  add_well(builder, word, word);
  add_well(builder, "واجهة المهام (v2)", "خدمة");
  add_inconclusive(builder);
  builder.config->objectives[4].name = "\u202Eevil \xC3 override\r\n+1";
  builder.report.objectives[4].why = "coverage, \"low\"\r\n<script>alert(2)</script>";
  config::Maintenance window;
  window.once = span("2026-10-04T02:00:00Z", "2026-10-04T04:00:00Z");
  window.reason = "<script>alert(3)</script> " + word;
  window.author = "בדיקה";
  builder.report.exclusions = {window};
  return builder.take();
}

std::vector<std::pair<std::string, reports::Report>> documents() {
  reports::Report nothing;
  nothing.version = "0.1.0";
  nothing.generated_at = at("2026-11-01T06:00:00Z");
  nothing.as_of = nothing.generated_at;
  std::vector<std::pair<std::string, reports::Report>> out;
  out.emplace_back("nothing", std::move(nothing));
  out.emplace_back("one", one_report());
  out.emplace_back("rich", rich_report());
  out.emplace_back("many", many_report());
  out.emplace_back("running", running_report());
  out.emplace_back("no-data", no_data_report());
  out.emplace_back("hostile", hostile_report());
  return out;
}

}  // namespace nines::test
