#include "probes/http/prober.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "probes/http/date.hpp"
#include "probes/http/exchange.hpp"
#include "probes/http/judge.hpp"
#include "probes/http/url.hpp"
#include "probes/jq.hpp"
#include "probes/oauth2.hpp"

namespace nines::probes {

namespace {

// Of a body that nothing but a person will look at.
constexpr std::int64_t kEvidence = 64 * 1024;

// Without its port: "example.com:8080" is example.com, "[::1]:80" is ::1.
std::string host_of(const std::string& authority) {
  if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
  return authority.substr(0, authority.find(':'));
}

bool has_body_rules(const config::HttpModule& module) {
  return !module.fail_if_body_matches_regexp.empty() || !module.fail_if_body_not_matches_regexp.empty() ||
         !module.fail_if_body_json_matches_jq.empty() || !module.fail_if_body_json_not_matches_jq.empty();
}

// How much of a body may come, and how much of it is kept. Without a limit, a body that nobody judges may be of any
// length, as with blackbox_exporter: it is counted until the deadline.
void set_limits(const ProbeRequest& probe, HttpRequest& request) {
  const config::HttpModule& module = probe.module->http;
  const bool packed = !module.compression.empty() && module.compression != "identity";
  const bool rules = has_body_rules(module);
  const std::int64_t all = module.body_size_limit > 0 ? module.body_size_limit : config::kMaxBody;
  request.max_body_bytes = module.body_size_limit > 0 || packed || rules ? all : 0;
  request.max_kept_bytes = rules || probe.keep_body ? all : std::min(all, kEvidence);
  request.max_header_bytes = module.header_size_limit;
}

HttpRequest make_request(const ProbeRequest& probe) {
  const config::HttpModule& module = probe.module->http;
  const config::HttpClient& client = module.client;
  HttpRequest request;
  request.method = module.method;
  request.url = http_url_of(probe.target);
  request.headers = client.headers;
  request.secret_headers = client.secret_headers;
  request.body = module.body;
  request.follow_redirects = module.follow_redirects;
  set_limits(probe, request);
  request.compression = module.compression;
  if (!module.enable_http2) request.http_versions = {"HTTP/1.1"};
  request.route = route_of(probe, module.dial);
  request.tls = client.tls;
  request.proxy = client.proxy;
  request.proxy_resolves = module.skip_resolve_phase_with_proxy && !client.proxy.url.empty();
  request.basic_auth = client.basic_auth;
  if (client.authorization_credentials) {
    request.authorization.emplace(client.authorization_type, *client.authorization_credentials);
  }
  request.trace = probe.trace;
  if (module.connection == config::Connection::reuse) {
    request.reuse = probe.module;
    request.reuse_key = probe.target + (probe.pinned ? " " + probe.pinned->text() : "");
  }
  // As blackbox_exporter: the name a Host header asks for is the one the certificate is judged by.
  if (request.tls.server_name.empty()) {
    for (const auto& [name, value] : client.headers) {
      if (same_name(name, "host")) request.tls.server_name = host_of(value);
    }
  }
  return request;
}

void take_facts(HttpExchange& answer, bool resolved, ProbeResult& result) {
  result.phases = answer.phases;
  result.agent_time = answer.agent_time;
  result.address = answer.address;
  if (answer.ip) take_address(result, *answer.ip);
  result.tried = std::move(answer.addresses);
  result.tls = std::move(answer.tls_facts);
  result.reused = answer.reused;
  HttpFacts facts;
  facts.content_length = answer.content_length;
  // What Go's client gives of a redirect it does not follow has no body.
  facts.body_bytes = answer.redirect_left ? 0 : answer.body_bytes;
  facts.redirects = answer.redirects;
  // As Go's client: without whole headers, or with a redirect that leads nowhere, there is no answer.
  const bool answered = answer.complete_headers && result.outcome.reason != Reason::redirect_refused;
  facts.tls = answer.tls && answered;
  facts.resolved = resolved;
  if (const std::string* modified = answer.header("last-modified")) facts.last_modified = parse_http_date(*modified);
  if (answered) facts.version = std::move(answer.version);
  result.status = answered ? answer.status : 0;
  result.headers.reserve(answer.headers.size());
  for (const auto& [name, value] : answer.headers) result.headers.push_back(name + ": " + value);
  result.body = std::move(answer.body);
  result.facts = std::move(facts);
}

// One jq rule on the body; `wanted`: whether it is to be true.
// NOLINTNEXTLINE(*-reference-coroutine-parameters): the prober waits for it
Task<Outcome> judge_by_jq(const ProbeRequest& probe, const HttpExchange& answer, const config::JqProgram& rule,
                          bool wanted, Stop stop) {
  if (probe.jq == nullptr) co_return Outcome{Reason::agent_jq, "there is no jq to judge the body with"};
  const std::string shown = printable(ellipsize(rule.text, 100));
  const auto values = co_await probe.jq->run(rule.text, answer.body, {}, stop);
  if (!values) {
    if (stop.stopped()) {
      co_return stop_outcome(stop.cause(), Reason::timeout,
                             answer_fault(answer, probe.module->http, Reason::timeout,
                                          fmt::format("no verdict of jq `{}` on the body in time", shown))
                                 .message);
    }
    if (values.error().agent) co_return Outcome{Reason::agent_jq, "jq `" + shown + "`: " + values.error().message};
    note_error(probe.log, "Error evaluating jq on the body", {{"jq", rule.text}, {"err", values.error().message}});
    co_return answer_fault(answer, probe.module->http, Reason::body_mismatch,
                           fmt::format("jq `{}` on the body: {}; expected {}", shown, values.error().message,
                                       wanted ? "true" : "anything but true"));
  }
  const bool matched = !values->empty() && values->front() == Json(true);
  if (matched == wanted) co_return Outcome{};
  note_error(probe.log, matched ? "Body matched jq" : "Body did not match jq", {{"jq", rule.text}});
  co_return answer_fault(answer, probe.module->http, Reason::body_mismatch,
                         matched ? fmt::format("jq `{}` is true of the body; expected it not to be", shown)
                                 : fmt::format("jq `{}` is not true of the body; expected it to be", shown));
}

// NOLINTNEXTLINE(*-reference-coroutine-parameters): the same
Task<Verdict> judge(const ProbeRequest& probe, const HttpExchange& answer, Stop stop) {
  const config::HttpModule& module = probe.module->http;
  Verdict verdict = judge_answer(answer, module, probe.log);
  for (const config::JqProgram& rule : module.fail_if_body_json_matches_jq) {
    if (!verdict.outcome.ok()) break;
    verdict.outcome = co_await judge_by_jq(probe, answer, rule, false, stop);
  }
  for (const config::JqProgram& rule : module.fail_if_body_json_not_matches_jq) {
    if (!verdict.outcome.ok()) break;
    verdict.outcome = co_await judge_by_jq(probe, answer, rule, true, stop);
  }
  if (verdict.outcome.ok()) verdict = judge_connection(answer, module, probe.log);
  co_return verdict;
}

// blackbox_exporter looks the target up before it fetches a token: its address is known when there is none.
Task<void> locate_only(ProbeRun run, HttpRequest request, Stop stop) {
  const auto url = Url::parse(request.url);
  if (!url) co_return;
  Route route = std::move(request.route);
  route.log = nullptr;
  const Located located = co_await locate(run.engine, url->host(), std::move(route), Loop::now_ns(), stop);
  run.result.phases.resolve = located.resolve;
  if (!located.addresses.empty()) take_address(run.result, located.addresses.front());
}

// A redirect too many is judged by its status, where that was asked for.
bool is_wanted_redirect(const HttpExchange& answer, const config::HttpModule& module) {
  return answer.outcome.reason == Reason::redirect_limit &&
         std::ranges::find(module.valid_status_codes, answer.status) != module.valid_status_codes.end();
}

}  // namespace

std::string http_url_of(const std::string& target) {
  const auto mark = target.find("://");
  const bool scheme =
      mark != std::string::npos && mark > 0 && std::all_of(target.begin(), target.begin() + mark, [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.';
      });
  return scheme ? target : "http://" + target;
}

Task<void> probe_http(ProbeRun run, Stop stop) {
  ProbeResult& result = run.result;
  const config::HttpModule& module = run.module().http;
  ProbeLog* const log = run.request.log;
  HttpRequest request = make_request(run.request);
  const bool resolved = !request.proxy_resolves;
  if (module.client.oauth2) {
    AccessToken token = co_await run.engine.tokens().get(run.engine, *module.client.oauth2, request.route, stop);
    if (!token.outcome.ok()) {
      note_error(log, "Error for HTTP request", {{"err", token.outcome.message}});
      result.outcome = std::move(token.outcome);
      HttpFacts facts;
      facts.resolved = resolved;
      result.facts = std::move(facts);
      if (resolved) co_await locate_only(run, std::move(request), stop);
      co_return;
    }
    request.authorization.emplace(std::move(token.type), std::move(token.value));
  }
  HttpExchange answer = co_await exchange(run.engine, std::move(request), stop);
  if (answer.status == 401 && module.client.oauth2) run.engine.tokens().drop(*module.client.oauth2);
  if (answer.complete_headers) {
    note(log, "Received HTTP response", {{"status_code", std::to_string(answer.status)}});
  }
  if (answer.outcome.ok() || is_wanted_redirect(answer, module)) {
    Verdict verdict = co_await judge(run.request, answer, stop);
    result.outcome = std::move(verdict.outcome);
    result.failed_due_to_regex = verdict.by_regex;
  } else {
    const bool read = answer.complete_headers && answer.outcome.reason != Reason::redirect_limit;
    note_error(log, read ? "Failed to read HTTP response body" : "Error for HTTP request",
               {{"err", answer.outcome.message}});
    result.failed_due_to_regex = failed_by_regex(answer, module);
    result.outcome = std::move(answer.outcome);
  }
  take_facts(answer, resolved, result);
}

}  // namespace nines::probes
