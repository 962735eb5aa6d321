#include "probes/http/prober.hpp"

#include <ctime>

#include "probes/http/exchange.hpp"
#include "probes/http/judge.hpp"

namespace nines::probes {

namespace {

// Without its port: "example.com:8080" is example.com, "[::1]:80" is ::1.
std::string host_of(const std::string& authority) {
  if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
  return authority.substr(0, authority.find(':'));
}

HttpRequest make_request(const ProbeRequest& probe) {
  const config::HttpModule& module = probe.module->http;
  const config::HttpClient& client = module.client;
  const std::string& target = probe.target;
  HttpRequest request;
  request.method = module.method;
  request.url = target.find("://") == std::string::npos ? "http://" + target : target;
  request.headers = client.headers;
  request.body = module.body;
  request.follow_redirects = module.follow_redirects;
  if (module.body_size_limit > 0) request.max_body_bytes = module.body_size_limit;
  request.compression = module.compression;
  request.route = route_of(probe, module.dial);
  request.tls = client.tls;
  request.basic_auth = client.basic_auth;
  if (client.authorization_credentials) {
    request.authorization.emplace(client.authorization_type, *client.authorization_credentials);
  }
  request.trace = probe.trace;
  // As blackbox_exporter: the name a Host header asks for is the one the certificate is judged by.
  if (request.tls.server_name.empty()) {
    for (const auto& [name, value] : client.headers) {
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

bool is_redirect(const HttpExchange& answer) {
  const int status = answer.status;
  return (status == 301 || status == 302 || status == 303 || status == 307 || status == 308) &&
         answer.header("location") != nullptr;
}

void take_facts(HttpExchange& answer, ProbeResult& result) {
  HttpFacts facts;
  facts.content_length = answer.content_length;
  facts.body_bytes = static_cast<std::int64_t>(answer.body.size());
  facts.redirects = answer.redirects + (is_redirect(answer) ? 1 : 0);
  facts.tls = answer.tls && answer.status != 0;
  if (const std::string* modified = answer.header("last-modified")) facts.last_modified = http_date(*modified);
  facts.version = std::move(answer.version);
  result.status = answer.status;
  result.headers.reserve(answer.headers.size());
  for (const auto& [name, value] : answer.headers) result.headers.push_back(name + ": " + value);
  result.body = std::move(answer.body);
  result.facts = std::move(facts);
}

}  // namespace

Task<void> probe_http(ProbeRun run, Stop stop) {
  ProbeResult& result = run.result;
  HttpExchange answer = co_await exchange(run.engine, make_request(run.request), stop);
  result.phases = answer.phases;
  result.agent_time = answer.agent_time;
  result.address = answer.address;
  if (answer.ip) {
    result.ip_family = answer.ip->family;
    result.ip_hash = ip_hash(*answer.ip);
  }
  result.tried = answer.addresses;
  if (answer.outcome.ok()) {
    Verdict verdict = judge(answer, run.module().http);
    result.outcome = std::move(verdict.outcome);
    result.failed_due_to_regex = verdict.by_regex;
  } else {
    result.outcome = std::move(answer.outcome);
  }
  result.tls = std::move(answer.tls_facts);
  take_facts(answer, result);
}

}  // namespace nines::probes
