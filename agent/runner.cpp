#include "agent/runner.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/redact.hpp"
#include "base/text.hpp"
#include "probes/async/event.hpp"

namespace nines::agent {
namespace {

constexpr std::size_t kMaxEvidenceHeaders = 8192;

// The path of a URL, without query, for the application metrics.
std::string path_of(std::string_view url) {
  const auto scheme = url.find("://");
  const auto start = url.find('/', scheme == std::string_view::npos ? 0 : scheme + 3);
  if (start == std::string_view::npos) return "/";
  const auto end = url.find_first_of("?#", start);
  return std::string(url.substr(start, end == std::string_view::npos ? end : end - start));
}

// Secrets and personal data are taken out before the text is cut, so that half a secret never stays.
std::string evidence_text(std::string_view text, std::size_t limit) {
  return ellipsize(redactor()->all(text.substr(0, 4 * limit)), limit);
}

Evidence make_evidence(const probes::ProbeResult& probe, const probes::TraceContext& trace) {
  Evidence evidence;
  evidence.message = redactor()->all(probe.outcome.message);
  evidence.address = probe.address;
  evidence.headers = evidence_text(fmt::format("{}", fmt::join(probe.http.final_headers, "\n")), kMaxEvidenceHeaders);
  evidence.body = evidence_text(probe.http.body, kMaxEvidenceBody);
  evidence.trace_id = trace.trace_id;
  evidence.correlation_id = trace.correlation_id;
  return evidence;
}

// What the check reads from the body of a JSON answer. Neither failing program nor body changes the verdict: the
// probe has been judged.
probes::Task<void> read_body(probes::Jq& jq, const config::Check& check, RunReport& report, probes::Stop stop) {
  const std::string& body = report.probe.http.body;
  if (body.empty()) co_return;
  if (!check.components.empty()) {
    auto values = co_await jq.run(check.components.text, body, {}, stop);
    if (values && !values->empty() && values->front().is_object()) {
      for (const auto& [name, up] : values->front().items()) {
        if (up.is_boolean()) report.components.emplace_back(name, up.get<bool>());
      }
    }
  }
  if (!check.version.empty()) {
    auto values = co_await jq.run(check.version.text, body, {}, stop);
    if (values && !values->empty() && values->front().is_string()) {
      report.version = ellipsize(printable(values->front().get<std::string>()), 128);
    }
  }
}

}  // namespace

probes::Task<RunReport> run_check(probes::Engine& engine, probes::Jq& jq, std::shared_ptr<const config::Config> config,
                                  const config::Check* check, probes::Stop stop) {
  RunReport report;
  report.schedule = &check->schedule;
  report.result.key = {check->schedule.name, config->region};
  ResultRow& row = report.result.row;
  row.interval = check->schedule.interval;

  std::vector<Attempt> earlier;
  const int attempts = std::max(1, check->retries.attempts);
  for (int attempt = 1;; ++attempt) {
    const probes::TraceContext trace = probes::make_trace_context();
    {
      probes::DeadlineScope deadline(engine.loop(), check->schedule.timeout, stop);
      report.probe = co_await probes::probe(engine, check->module, check->target, trace, deadline.stop());
    }
    const probes::ProbeResult& probe = report.probe;
    if (attempt == 1) {
      row.start = probe.start;
      row.first_reason = probe.outcome.reason;
    }
    row.attempts = static_cast<std::uint8_t>(attempt);
    report.requests.push_back({check->module->http.method, path_of(check->target), probe.http.status, probe.duration});
    if (!probe.outcome.ok()) report.result.evidence = make_evidence(probe, trace);
    if (stop.stopped()) break;
    if (probe.outcome.ok() || attempt >= attempts) break;
    earlier.push_back({probe.start, probe.duration, {probe.outcome.reason, report.result.evidence.message}});
    co_await probes::sleep(engine.loop(), check->retries.delay, stop);
    if (stop.stopped()) break;
  }

  const probes::ProbeResult& probe = report.probe;
  row.duration = probe.duration;
  row.phases = probe.phases;
  row.status = static_cast<std::int16_t>(probe.http.status);
  row.reason = probe.outcome.reason;
  report.result.evidence.attempts = std::move(earlier);
  report.interrupted = stop.stopped();
  co_await read_body(jq, *check, report, stop);
  report.probe.http.body = {};
  report.probe.http.final_headers = {};
  co_return report;
}

probes::Task<RunReport> run_journey(probes::Engine& engine, probes::Jq& jq,
                                    std::shared_ptr<const config::Config> config, const config::Journey* journey,
                                    probes::Stop stop) {
  RunReport report;
  report.schedule = &journey->schedule;
  std::shared_ptr<const config::Journey> shared(config, journey);
  journeys::Run run = co_await journeys::run(engine, jq, std::move(shared), probes::make_trace_context(), stop);
  report.result = std::move(run.result);
  report.result.key = {journey->schedule.name, config->region};
  report.result.row.interval = journey->schedule.interval;
  report.steps = std::move(run.steps);
  report.cleanup_failures = std::move(run.cleanup_failures);
  for (const journeys::StepResult& step : report.steps) {
    report.requests.insert(report.requests.end(), step.requests.begin(), step.requests.end());
  }
  report.interrupted = stop.stopped();
  co_return report;
}

probes::Task<std::vector<Error>> compile_programs(probes::Jq& jq, std::shared_ptr<const config::Config> config,
                                                  probes::Stop stop) {
  std::vector<Error> faults;
  for (const config::Check& check : config->checks) {
    for (const config::JqProgram* program : {&check.components, &check.version}) {
      if (program->empty()) continue;
      auto compiled = co_await jq.compile(program->text, {}, stop);
      if (!compiled) faults.push_back({compiled.error().message, program->at});
    }
  }
  for (const config::Journey& journey : config->journeys) {
    std::shared_ptr<const config::Journey> shared(config, &journey);
    for (Error& fault : co_await journeys::compile(jq, std::move(shared), stop)) faults.push_back(std::move(fault));
  }
  co_return faults;
}

}  // namespace nines::agent
