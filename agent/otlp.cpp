#include "agent/otlp.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/credentials.hpp"
#include "base/ids.hpp"
#include "base/json.hpp"
#include "base/redact.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "config/yaml_text.hpp"

namespace nines::agent {
namespace {

constexpr int kInternal = 1;  // Span.SpanKind
constexpr int kClient = 3;
constexpr int kError = 2;  // Status.StatusCode
constexpr std::size_t kMaxMessage = 1024;

// Attributes as KeyValue has them.
class Attributes {
 public:
  void text(std::string_view key, std::string_view value) {
    if (!value.empty()) add(key, {{"stringValue", value}});
  }
  // 64-bit integers are texts there.
  void integer(std::string_view key, std::int64_t value) { add(key, {{"intValue", std::to_string(value)}}); }
  void number(std::string_view key, double value) { add(key, {{"doubleValue", value}}); }
  void phases(const Phases& phases) {
    for (std::size_t i = 0; i < std::size(kPhaseNames); ++i) {
      const Micros time = phases.*kPhaseFields[i];
      if (time != Micros(0)) number(fmt::format("nines.phase.{}_seconds", kPhaseNames[i]), seconds(time));
    }
  }
  Json take() && { return std::move(list_); }

 private:
  void add(std::string_view key, Json value) { list_.push_back({{"key", key}, {"value", std::move(value)}}); }

  Json list_ = Json::array();
};

std::string nanoseconds(Time time) {
  return fmt::format("{}000", time.time_since_epoch().count());
}

struct Span {
  std::string id;
  std::string parent;  // empty: the root
  std::string name;
  int kind = kInternal;
  Time start{};
  Time end{};
  bool sampled = true;
  Outcome outcome{};
  Attributes attributes{};
};

class Writer {
 public:
  explicit Writer(Json& spans) : spans_(spans) {}

  void run(const config::Config& config, const RunReport& run) {
    trace_ = &run.trace;
    if (const config::Check* check = config.check(run.schedule->name)) {
      check_run(*check, run);
    } else {
      journey_run(run);
    }
  }

 private:
  // What both kinds of roots say.
  static Span root(const RunReport& run, std::string name, std::string id) {
    const ResultRow& row = run.result.row;
    Span span{.id = std::move(id), .parent = {}, .name = std::move(name), .start = row.start};
    span.sampled = run.trace.sampled;
    span.outcome = {row.reason, run.result.evidence.message};
    span.attributes.text("nines.service", run.schedule->service);
    span.attributes.text("nines.region", run.result.key.region);
    span.attributes.text("nines.correlation_id", run.trace.correlation_id);
    return span;
  }

  void check_run(const config::Check& check, const RunReport& run) {
    const ResultRow& row = run.result.row;
    const auto& earlier = run.result.evidence.attempts;
    const bool one = run.attempt_spans.size() <= 1;
    Span whole = root(run, "check " + run.schedule->name,
                      one && !run.attempt_spans.empty() ? run.attempt_spans.front() : make_span_id());
    const std::string id = whole.id;
    whole.end = run.probe.start + row.duration;
    whole.attributes.text("nines.check", run.schedule->name);
    whole.attributes.text("nines.prober", config::prober_name(check.module->prober));
    whole.attributes.text("nines.target",
                          redactor()->all(hide_credentials_in_query(config::hide_user_info(check.target))));
    if (run.exchanges.empty()) {
      whole.attributes.text("network.peer.address", run.probe.address);
      whole.attributes.phases(row.phases);
    }
    add(std::move(whole));
    for (std::size_t i = 0; !one && i < run.attempt_spans.size(); ++i) {
      const bool last = i >= earlier.size();
      Span span{.id = run.attempt_spans[i], .parent = id, .name = fmt::format("attempt {}", i + 1)};
      span.start = last ? run.probe.start : earlier[i].start;
      span.end = span.start + (last ? row.duration : earlier[i].duration);
      span.outcome = last ? Outcome{row.reason, run.result.evidence.message} : earlier[i].outcome;
      add(std::move(span));
    }
    for (const probes::Exchanged& exchange : run.exchanges) {
      const auto attempt = static_cast<std::size_t>(std::max(1, exchange.attempt)) - 1;
      request(exchange, attempt < run.attempt_spans.size() ? run.attempt_spans[attempt] : id);
    }
  }

  void journey_run(const RunReport& run) {
    const ResultRow& row = run.result.row;
    Span whole = root(run, "journey " + run.schedule->name, run.trace.span_id);
    const std::string id = whole.id;
    whole.end = row.start + row.duration;
    whole.attributes.text("nines.journey", run.schedule->name);
    whole.attributes.text("nines.failed_step", run.result.evidence.failed_step);
    if (row.measured != ResultRow::kNone) whole.attributes.number("nines.measured_seconds", seconds(row.measured));
    std::vector<Span> steps;
    for (const journeys::StepResult& step : run.steps) {
      if (step.skipped) continue;
      Span span{.id = make_span_id(), .parent = id, .name = "step " + step.name, .start = row.start + step.start};
      span.end = span.start + step.duration;
      span.outcome = step.outcome;
      span.attributes.text("nines.step", step.name);
      if (step.finally) span.attributes.text("nines.part", "finally");
      for (const probes::Exchanged& exchange : run.exchanges) {
        if (step.number == 0 || exchange.step != step.number) continue;
        span.start = std::min(span.start, exchange.start);
        span.end = std::max(span.end, exchange.start + exchange.duration);
        request(exchange, span.id);
      }
      whole.end = std::max(whole.end, span.end);
      steps.push_back(std::move(span));
    }
    add(std::move(whole));
    for (Span& step : steps) add(std::move(step));
  }

  // An HTTP client span. What is no success of HTTP's is an error of the span, whatever the run expected.
  void request(const probes::Exchanged& exchange, const std::string& parent) {
    Span span{.id = exchange.span_id,
              .parent = parent,
              .name = exchange.method,
              .kind = kClient,
              .start = exchange.start,
              .end = exchange.start + exchange.duration};
    span.sampled = exchange.sampled;
    span.outcome = exchange.outcome;
    Attributes& to = span.attributes;
    to.text("http.request.method", exchange.method);
    to.text("url.full", exchange.url);
    server(exchange.url, to);
    if (exchange.status != 0) to.integer("http.response.status_code", exchange.status);
    to.text("network.protocol.version", exchange.version);
    if (const auto colon = exchange.address.rfind(':'); colon != std::string::npos) {
      std::string host = exchange.address.substr(0, colon);
      if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
      to.text("network.peer.address", host);
      port("network.peer.port", exchange.address.substr(colon + 1), to);
    }
    if (exchange.attempt > 1) to.integer("http.request.resend_count", exchange.attempt - 1);
    to.phases(exchange.phases);
    if (exchange.outcome.ok() && exchange.status >= 400) {
      to.text("error.type", std::to_string(exchange.status));
      add(std::move(span), kError);
    } else {
      add(std::move(span));
    }
  }

  // server.address and server.port of "https://[::1]:8443/x".
  static void server(const std::string& url, Attributes& to) {
    const auto scheme = url.find("://");
    if (scheme == std::string::npos) return;
    std::string authority = url.substr(scheme + 3);
    authority = authority.substr(0, authority.find_first_of("/?#"));
    const auto colon = authority.rfind(':');
    const auto bracket = authority.rfind(']');
    const bool with_port = colon != std::string::npos && (bracket == std::string::npos || colon > bracket);
    std::string host = authority.substr(0, with_port ? colon : std::string::npos);
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    to.text("server.address", host);
    port("server.port", with_port ? authority.substr(colon + 1) : url.starts_with("https") ? "443" : "80", to);
  }

  static void port(std::string_view key, const std::string& text, Attributes& to) {
    const bool number =
        !text.empty() && text.size() <= 5 && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    if (number) to.integer(key, std::stoi(text));
  }

  void add(Span span, int status = 0) {
    if (!span.outcome.ok()) {
      status = kError;
      span.attributes.text("error.type", reason_name(span.outcome.reason));
    }
    Json json;
    json["traceId"] = trace_->trace_id;
    json["spanId"] = span.id;
    if (!span.parent.empty()) json["parentSpanId"] = span.parent;
    json["flags"] = span.sampled ? 1 : 0;
    json["name"] = span.name;
    json["kind"] = span.kind;
    json["startTimeUnixNano"] = nanoseconds(span.start);
    json["endTimeUnixNano"] = nanoseconds(std::max(span.start, span.end));
    json["attributes"] = std::move(span.attributes).take();
    if (status != 0) {
      json["status"] = {{"code", status}};
      if (!span.outcome.message.empty()) json["status"]["message"] = ellipsize(span.outcome.message, kMaxMessage);
    }
    spans_.push_back(std::move(json));
  }

  Json& spans_;
  const probes::TraceContext* trace_ = nullptr;
};

}  // namespace

std::string otlp_json(const config::Config& config, std::span<const RunReport> runs) {
  Attributes resource;
  resource.text("service.name", "nines");
  resource.text("service.version", kVersion);
  resource.text("deployment.environment.name", config.environment);
  Json spans = Json::array();
  Writer writer(spans);
  for (const RunReport& run : runs) writer.run(config, run);
  Json scope;
  scope["scope"] = {{"name", "nines"}, {"version", kVersion}};
  scope["spans"] = std::move(spans);
  Json of_resource;
  of_resource["resource"] = {{"attributes", std::move(resource).take()}};
  of_resource["scopeSpans"] = Json::array({std::move(scope)});
  Json document;
  document["resourceSpans"] = Json::array({std::move(of_resource)});
  return dump_json(document);
}

std::size_t span_count(const RunReport& run) {
  return 1 + run.attempt_spans.size() + run.steps.size() + run.exchanges.size();
}

}  // namespace nines::agent
