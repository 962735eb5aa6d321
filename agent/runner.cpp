#include "agent/runner.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/credentials.hpp"
#include "base/evidence.hpp"
#include "base/ids.hpp"
#include "base/json.hpp"
#include "base/redact.hpp"
#include "base/text.hpp"
#include "probes/async/event.hpp"

namespace nines::agent {
namespace {

constexpr std::size_t kMaxEvidenceHeaders = 8192;
constexpr std::size_t kMaxComponents = 64;  // a target must not make series without end
constexpr std::size_t kMaxLabel = 128;

// What a target says of itself, as the value of a label.
std::string label_text(const std::string& text) {
  return ellipsize(printable(redactor()->all(text)), kMaxLabel);
}

// The path of a URL, without query, for the application metrics.
std::string path_of(std::string_view url) {
  const auto scheme = url.find("://");
  const auto start = url.find('/', scheme == std::string_view::npos ? 0 : scheme + 3);
  if (start == std::string_view::npos) return "/";
  const auto end = url.find_first_of("?#", start);
  return std::string(url.substr(start, end == std::string_view::npos ? end : end - start));
}

Evidence make_evidence(const probes::ProbeResult& probe, const probes::TraceContext& trace) {
  Evidence evidence;
  evidence.message = redactor()->all(probe.outcome.message);
  evidence.address = probe.address;
  const std::string headers = fmt::format("{}", fmt::join(probe.headers, "\n"));
  evidence.headers = evidence_text(hide_credentials_in_headers(headers), kMaxEvidenceHeaders);
  evidence.body = evidence_text(probe.body, kMaxEvidenceBody);
  evidence.trace_id = trace.trace_id;
  evidence.correlation_id = trace.correlation_id;
  return evidence;
}

// Without anything that is known to be secret.
void take_exchanges(probes::Recording recording, RunReport& report) {
  const auto head = [](const std::string& text) {
    return evidence_text(hide_credentials_in_query(hide_credentials_in_headers(text)), kMaxEvidenceHeaders);
  };
  for (probes::Exchanged& one : recording.exchanges) {
    one.url = evidence_text(hide_credentials_in_query(one.url), kMaxEvidenceHeaders);
    one.head = head(one.head);
    one.answer_head = head(one.answer_head);
    one.sent = evidence_text(hide_credentials_in_query(one.sent), kMaxEvidenceBody);
    one.answer = evidence_text(one.answer, kMaxEvidenceBody);
    one.outcome.message = redactor()->all(one.outcome.message);
  }
  report.exchanges = std::move(recording.exchanges);
  report.exchanges_left_out = recording.left_out;
}

// NOLINTBEGIN(*-reference-coroutine-parameters): the engine and its helper outlive every run

// What the check reads from the body of a JSON answer. Neither failing program nor body changes the verdict: the
// probe has been judged.
probes::Task<void> read_body(probes::Jq& jq, const config::Check& check, RunReport& report, probes::Stop stop) {
  const std::string& body = report.probe.body;
  if (body.empty()) co_return;
  if (!check.components.empty()) {
    auto values = co_await jq.run(check.components.text, body, {}, stop);
    if (values && !values->empty() && values->front().is_object()) {
      for (const auto& [name, up] : values->front().items()) {
        if (report.components.size() == kMaxComponents) break;
        if (up.is_boolean()) report.components.emplace_back(label_text(name), up.get<bool>());
      }
    }
    if (!values) report.unread = values.error().message;
  }
  if (!check.version.empty()) {
    auto values = co_await jq.run(check.version.text, body, {}, stop);
    if (values && !values->empty() && values->front().is_string()) {
      report.version = label_text(values->front().get<std::string>());
    }
    if (!values) report.unread = values.error().message;
  }
}

}  // namespace

probes::Task<RunReport> run_check(probes::Engine& engine, probes::Jq& jq, std::shared_ptr<const config::Config> config,
                                  const config::Check* check, probes::Stop stop, RunTrace trace) {
  RunReport report;
  report.trace = trace.context;
  probes::Recording recording;
  recording.texts = trace.record == Record::texts;
  if (trace.record != Record::nothing) trace.context.recording = &recording;
  report.schedule = &check->schedule;
  report.result.key = {check->schedule.name, config->region};
  ResultRow& row = report.result.row;
  row.interval = check->schedule.interval;

  std::vector<Attempt> earlier;
  const int attempts = std::max(1, check->retries.attempts);
  for (int attempt = 1;; ++attempt) {
    recording.attempt = attempt;
    trace.context.span_id = report.attempt_spans.emplace_back(make_span_id());
    {
      probes::DeadlineScope deadline(engine.loop(), check->schedule.timeout, stop);
      report.probe = co_await probes::probe(engine,
                                            {.module = check->module,
                                             .target = check->target,
                                             .trace = trace.context,
                                             .jq = &jq,
                                             .keep_body = !check->components.empty() || !check->version.empty()},
                                            deadline.stop());
    }
    const probes::ProbeResult& probe = report.probe;
    if (attempt == 1) {
      row.start = probe.start;
      row.first_reason = probe.outcome.reason;
    }
    row.attempts = static_cast<std::uint8_t>(attempt);
    if (check->module->prober == config::Prober::http) {
      report.requests.push_back({check->module->http.method, path_of(check->target), probe.status, probe.duration});
    }
    // What a success has to show is the attempts before it.
    report.result.evidence = probe.outcome.ok() ? Evidence{} : make_evidence(probe, trace.context);
    if (probe.outcome.ok() || attempt >= attempts) break;
    trace.context.sampled = trace.context.sampled || trace.context.once_failed;
    earlier.push_back({probe.start, probe.duration, {probe.outcome.reason, report.result.evidence.message}});
    if (co_await probes::sleep(engine.loop(), check->retries.delay, stop) != probes::StopCause::none) {
      report.interrupted = true;
      break;
    }
  }

  const probes::ProbeResult& probe = report.probe;
  row.duration = probe.duration;
  row.phases = probe.phases;
  row.status = static_cast<std::int16_t>(probe.status);
  row.reason = probe.outcome.reason;
  report.result.evidence.attempts = std::move(earlier);
  report.interrupted = report.interrupted || row.reason == Reason::agent_shutdown;
  if (!check->components.empty() || !check->version.empty()) {
    // Within the check's own time, so that a slow program skips no turn.
    const Micros left = std::max(check->schedule.timeout - (engine.options().clock->now() - row.start), Micros(0));
    probes::DeadlineScope deadline(engine.loop(), left, stop);
    co_await read_body(jq, *check, report, deadline.stop());
  }
  take_exchanges(std::move(recording), report);
  report.probe.body = {};
  report.probe.headers = {};
  co_return report;
}

namespace {

RunReport report_of(const config::Config& config, const config::Journey& journey, journeys::Run run,
                    probes::TraceContext trace) {
  RunReport report;
  report.trace = std::move(trace);
  report.schedule = &journey.schedule;
  report.result = std::move(run.result);
  report.result.key = {journey.schedule.name, config.region};
  report.result.row.interval = journey.schedule.interval;
  report.steps = std::move(run.steps);
  report.cleanup_failures = std::move(run.cleanup_failures);
  report.given_up = run.given_up;
  report.exchanges = std::move(run.exchanges);
  report.exchanges_left_out = run.exchanges_left_out;
  for (const journeys::StepResult& step : report.steps) {
    report.requests.insert(report.requests.end(), step.requests.begin(), step.requests.end());
  }
  // One whose steps had ended is a result, though the shutdown came while it cleaned up.
  report.interrupted = report.result.row.reason == Reason::agent_shutdown;
  return report;
}

}  // namespace

probes::Task<RunReport> run_journey(probes::Engine& engine, probes::Jq& jq,
                                    std::shared_ptr<const config::Config> config, const config::Journey* journey,
                                    probes::Stop stop, JourneyOptions options) {
  journeys::RunOptions how{.ledger = options.ledger, .record = options.trace.record};
  probes::TraceContext context = std::move(options.trace.context);
  if (context.span_id.empty()) context.span_id = make_span_id();
  if (options.judged) {
    how.judged = [&](const journeys::Run& run) { options.judged(report_of(*config, *journey, run, context)); };
  }
  std::shared_ptr<const config::Journey> shared(config, journey);
  journeys::Run run = co_await journeys::run(engine, jq, std::move(shared), context, stop, std::move(how));
  co_return report_of(*config, *journey, std::move(run), std::move(context));
}

probes::Task<RunReport> recover_journey(probes::Engine& engine, probes::Jq& jq,
                                        std::shared_ptr<const config::Config> config, const config::Journey* journey,
                                        probes::Stop stop, journeys::Ledger* ledger) {
  std::shared_ptr<const config::Journey> shared(config, journey);
  probes::TraceContext trace = probes::make_trace_context();
  journeys::Run run = co_await journeys::recover(engine, jq, std::move(shared), trace, stop, ledger);
  co_return report_of(*config, *journey, std::move(run), std::move(trace));
}

namespace {

// Of every module, of those that a check has in place too; a module that several share is told of once.
probes::Task<std::vector<Error>> compile_rules(probes::Jq& jq, std::shared_ptr<const config::Config> config,
                                               probes::Stop stop) {
  std::set<std::shared_ptr<const config::Module>> modules;
  for (const auto& [name, module] : config->modules) modules.insert(module);
  for (const config::Check& check : config->checks) modules.insert(check.module);
  std::vector<Error> faults;
  for (const auto& module : modules) {
    const config::HttpModule& http = module->http;
    for (const auto* programs : {&http.fail_if_body_json_matches_jq, &http.fail_if_body_json_not_matches_jq}) {
      for (const config::JqProgram& program : *programs) {
        auto compiled = co_await jq.compile(program.text, {}, stop);
        if (compiled || std::ranges::find(faults, program.at, &Error::at) != faults.end()) continue;
        faults.push_back({fmt::format("the jq program is \"{}\": expected one that compiles: {}", program.text,
                                      compiled.error().message),
                          program.at});
      }
    }
  }
  co_return faults;
}

}  // namespace

probes::Task<std::vector<Error>> compile_programs(probes::Jq& jq, std::shared_ptr<const config::Config> config,
                                                  probes::Stop stop) {
  std::vector<Error> faults = co_await compile_rules(jq, config, stop);
  for (const config::Check& check : config->checks) {
    for (const config::JqProgram* program : {&check.components, &check.version}) {
      if (program->empty()) continue;
      auto compiled = co_await jq.compile(program->text, {}, stop);
      if (!compiled) {
        const char* key = program == &check.version ? "version" : "components";
        faults.push_back(
            {fmt::format("`{}` is \"{}\": expected a jq program: {}", key, program->text, compiled.error().message),
             program->at});
      }
    }
  }
  for (const config::Journey& journey : config->journeys) {
    std::shared_ptr<const config::Journey> shared(config, &journey);
    for (Error& fault : co_await journeys::compile(jq, std::move(shared), stop)) faults.push_back(std::move(fault));
  }
  co_return faults;
}

// NOLINTEND(*-reference-coroutine-parameters)

}  // namespace nines::agent
