#include "tests/reports/detailed.hpp"

#include "reports/credit.hpp"
#include "sla/whitebox.hpp"
#include "tests/reports/samples.hpp"

namespace nines::test {

using namespace std::chrono_literals;

namespace {

const config::Contract& acme() {
  static const config::Contract contract = [] {
    config::Contract made;
    made.name = "acme";
    made.customer = "ACME <GmbH>";
    made.credits = {{"system-uptime", {{{999, 3}, {1, 1}}, {{99, 2}, {25, 2}}}}, {"blips", {{{999, 3}, {1, 1}}}}};
    return made;
  }();
  return contract;
}

config::Objective query(const char* name, const char* text) {
  config::Objective made;
  made.name = name;
  made.indicator = config::Indicator::prometheus;
  made.query = text;
  made.unit = config::Unit::ratio;
  made.target = {config::Comparison::greater, {8, 1}, "> 80%"};
  made.critical = config::Limit{config::Comparison::less, {6, 1}, "< 60%"};
  return made;
}

reports::TrendPoint point(const char* label, sla::Verdict verdict) {
  reports::TrendPoint made;
  made.label = label;
  made.verdict = verdict;
  made.no_data = false;
  return made;
}

std::vector<reports::TrendPoint> trend(std::size_t known, const reports::TrendPoint& before,
                                       const reports::TrendPoint& own) {
  std::vector<reports::TrendPoint> points(12);
  for (std::size_t i = points.size() - known; i + 1 < points.size(); ++i) points[i] = before;
  const char* const labels[] = {"2025-11", "2025-12", "2026-01", "2026-02", "2026-03", "2026-04",
                                "2026-05", "2026-06", "2026-07", "2026-08", "2026-09"};
  for (std::size_t i = 0; i < std::size(labels); ++i) points[i].label = labels[i];
  points.back() = own;
  return points;
}

reports::Detail uptime_detail(const sla::Evaluation& evaluation) {
  reports::Detail detail;
  const Time from = evaluation.period.period.from;
  detail.strip = {{{from, from + 1h}, {59min, 1min, 0us, 0us}, Reason::tls_expired},
                  {{from + 1h, from + 2h}, {1h, 0us, 0us, 0us}, Reason::none},
                  {{from + 2h, from + 3h}, {0us, 0us, 20min, 40min}, Reason::none}};
  detail.budget = {{from, 1}, {from + 1h, 0.5}, {evaluation.period.period.to, -2.5}};
  detail.evidence = {{"gateway-readiness", "eu-west-1", at("2026-09-30T21:30:00Z"),
                      "expected a certificate, got one that expired | on Sep 30", "192.0.2.7:443", "",
                      "4bf92f3577b34da6a3ce929d0e0e4736"},
                     {"tasks-api", "us-east-1", at("2026-10-25T00:30:00Z"), "", "", "", ""}};
  auto before = point("2026-09", sla::Verdict::met);
  before.ratio = sla::Ratio{9'995, 10'000};
  before.down_us = 1'296'000'000;
  auto own = point("2026-10", evaluation.verdict);
  own.ratio = evaluation.uptime->net.measured();
  own.down_us = evaluation.uptime->net.down.count();
  detail.trend = trend(3, before, own);
  return detail;
}

reports::Detail latency_detail(const sla::Evaluation& evaluation) {
  reports::Detail detail;
  const Time from = evaluation.period.period.from;
  detail.slices = {{{from, from + 24h}, 5'760, 12, 3, 120ms, 410'001us, 900ms},
                   {{from + 24h, from + 48h}, 0, 0, 0, {}, {}, {}}};
  detail.distribution = {{80ms, 120ms, 100'000}, {120ms, 180'001us, 78'560}};
  detail.p50 = 120ms;
  detail.p95 = 412'345us;
  detail.budget = {{from, 1}, {from + 24h, 0.75}};
  auto before = point("2026-09", sla::Verdict::missed);
  before.infinite = true;
  auto own = point("2026-10", evaluation.verdict);
  own.latency = evaluation.latency->measured;
  detail.trend = trend(2, before, own);
  return detail;
}

reports::Detail error_detail(const sla::Evaluation& evaluation) {
  reports::Detail detail;
  const Time from = evaluation.period.period.from;
  detail.slices = {{{from, from + 24h}, 5'760, 5, 7, {}, {}, {}}};
  auto own = point("2026-10", evaluation.verdict);
  own.ratio = evaluation.error_rate->measured();
  detail.trend = trend(1, {}, own);
  return detail;
}

}  // namespace

reports::Report detailed_report() {
  static const config::Objective answered = query("cache-hit-ratio", "avg_over_time(cache_hit_ratio{job=\"a\"}[30d])");
  static const config::Objective unanswered = query("memory", "memory_used_ratio");
  reports::Report report = month_report();
  report.contract = &acme();
  for (const sla::Evaluation& evaluation : report.objectives) {
    report.details.push_back(evaluation.uptime    ? uptime_detail(evaluation)
                             : evaluation.latency ? latency_detail(evaluation)
                                                  : error_detail(evaluation));
  }
  report.details[0].credit = reports::credit_due(acme().credits[0], report.objectives[0]);
  report.details[1].evidence.clear();
  report.details[1].credit = reports::credit_due(acme().credits[1], report.objectives[1]);
  const sla::ReportPeriod period = report.objectives[1].period;
  report.objectives.push_back(
      sla::evaluate_answer(answered, period, report.as_of,
                           {report.as_of,
                            0.5925,
                            R"({"status":"success","data":{"resultType":"scalar","result":[1793491200,"0.5925"]}})",
                            {}}));
  report.objectives.push_back(sla::evaluate_answer(
      unanswered, period, report.as_of,
      {report.as_of, {}, {}, "http://127.0.0.1:9090 gave no answer: could not connect to server"}));
  reports::Detail detail;
  auto before = point("2026-09", sla::Verdict::met);
  before.value = 0.84;
  auto own = point("2026-10", sla::Verdict::missed);
  own.value = 0.5925;
  detail.trend = trend(2, before, own);
  report.details.push_back(detail);
  report.details.emplace_back();
  return report;
}

}  // namespace nines::test
