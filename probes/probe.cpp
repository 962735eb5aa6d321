#include "probes/probe.hpp"

#include <ctime>
#include <utility>

#include "base/ids.hpp"
#include "probes/http/exchange.hpp"
#include "probes/http/judge.hpp"

namespace nines::probes {

namespace {

// Without its port: "example.com:8080" is example.com, "[::1]:80" is ::1.
std::string host_of(const std::string& authority) {
  if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
  return authority.substr(0, authority.find(':'));
}

HttpRequest make_request(const config::HttpModule& module, std::string target, TraceContext trace) {
  HttpRequest request;
  request.method = module.method;
  request.url = target.starts_with("http://") || target.starts_with("https://") ? std::move(target)
                                                                                : "http://" + std::move(target);
  request.headers = module.headers;
  request.body = module.body;
  request.follow_redirects = module.follow_redirects;
  if (module.body_size_limit > 0) request.max_body_bytes = module.body_size_limit;
  request.compression = module.compression;
  request.ip_protocol = module.preferred_ip_protocol;
  request.ip_protocol_fallback = module.ip_protocol_fallback;
  request.tls = module.tls;
  request.basic_auth = module.basic_auth;
  if (module.authorization_credentials) {
    request.authorization.emplace(module.authorization_type, *module.authorization_credentials);
  }
  request.trace = std::move(trace);
  // As blackbox_exporter: the name a Host header asks for is the one the certificate is judged by.
  if (request.tls.server_name.empty()) {
    for (const auto& [name, value] : module.headers) {
      if (same_name(name, "host")) request.tls.server_name = host_of(value);
    }
  }
  return request;
}

std::optional<Time> http_date(const std::string& text) {
  std::tm calendar{};
  const char* rest = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &calendar);
  if (rest == nullptr || *rest != '\0') return {};
  return Time(std::chrono::seconds(timegm(&calendar)));
}

HttpFacts take_facts(HttpExchange& answer) {
  HttpFacts facts;
  facts.status = answer.status;
  facts.version = std::move(answer.version);
  facts.content_length = answer.content_length;
  facts.body_bytes = static_cast<std::int64_t>(answer.body.size());
  facts.redirects = answer.redirects;
  if (const std::string* modified = answer.header("last-modified")) facts.last_modified = http_date(*modified);
  facts.final_headers.reserve(answer.headers.size());
  for (const auto& [name, value] : answer.headers) facts.final_headers.push_back(name + ": " + value);
  facts.body = std::move(answer.body);
  facts.tls = answer.tls;
  facts.tls_version = std::move(answer.tls_version);
  facts.tls_cipher = std::move(answer.tls_cipher);
  facts.earliest_cert_expiry = answer.earliest_cert_expiry;
  return facts;
}

}  // namespace

TraceContext make_trace_context() {
  return {.trace_id = make_trace_id(), .correlation_id = make_uuid()};
}

// NOLINTNEXTLINE(*-reference-coroutine-parameters): the engine outlives its tasks
Task<ProbeResult> probe(Engine& engine, std::shared_ptr<const config::Module> module, std::string target,
                        TraceContext trace, Stop stop) {
  HttpExchange answer =
      co_await exchange(engine, make_request(module->http, std::move(target), std::move(trace)), stop);
  ProbeResult result;
  result.start = answer.start;
  result.duration = answer.duration;
  result.phases = answer.phases;
  result.address = answer.address;
  result.ip_family = answer.ip_family;
  bool by_regex = false;
  if (answer.outcome.ok()) {
    Verdict verdict = judge(answer, module->http);
    result.outcome = std::move(verdict.outcome);
    by_regex = verdict.by_regex;
  } else {
    result.outcome = std::move(answer.outcome);
  }
  result.http = take_facts(answer);
  result.http.failed_due_to_regex = by_regex;
  co_return result;
}

}  // namespace nines::probes
