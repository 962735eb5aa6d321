#include "probes/grpc/prober.hpp"

#include <charconv>

#include <fmt/format.h>

#include "base/text.hpp"
#include "probes/grpc/health_message.hpp"
#include "probes/http/exchange.hpp"

namespace nines::probes {

namespace {

constexpr std::int64_t kMaxAnswer = 64 * 1024;

// gRPC's status codes.
constexpr int kOk = 0;
constexpr int kUnknown = 2;
constexpr int kDeadlineExceeded = 4;
constexpr int kPermissionDenied = 7;
constexpr int kUnimplemented = 12;
constexpr int kInternal = 13;
constexpr int kUnavailable = 14;
constexpr int kUnauthenticated = 16;

HttpRequest make_request(const ProbeRequest& probe) {
  const config::GrpcModule& module = probe.module->grpc;
  HttpRequest request;
  request.method = "POST";
  request.url =
      fmt::format("{}://{}/grpc.health.v1.Health/Check", module.tls ? "https" : "http", grpc_authority(probe.target));
  request.headers = {{"Content-Type", "application/grpc"}, {"TE", "trailers"}};
  request.headers.insert(request.headers.end(), module.metadata.begin(), module.metadata.end());
  request.body = health_request(module.service);
  request.follow_redirects = false;
  request.max_body_bytes = kMaxAnswer;
  request.http_versions = {"HTTP/2.0"};
  request.tls = module.tls_config;
  request.route = route_of(probe, module.dial);
  request.trace = probe.trace;
  return request;
}

const std::string* find(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (same_name(key, name)) return &value;
  }
  return nullptr;
}

// It comes after the body, or in the only block of an answer without one.
std::optional<int> grpc_status(const HttpExchange& answer) {
  const std::string* text = find(answer.trailers, "grpc-status");
  if (text == nullptr) text = find(answer.headers, "grpc-status");
  int status = 0;
  if (text == nullptr) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), status);
  if (error != std::errc() || end != text->data() + text->size()) return kUnknown;
  return status;
}

// https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
int status_of_http(int status) {
  switch (status) {
    case 200:  // a server that closes the stream without trailers
    case 400:
      return kInternal;
    case 401:
      return kUnauthenticated;
    case 403:
      return kPermissionDenied;
    case 404:
      return kUnimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return kUnavailable;
    default:
      return kUnknown;
  }
}

bool is_timeout(Reason reason) {
  return reason == Reason::http_timeout || reason == Reason::connect_timeout || reason == Reason::tls_timeout ||
         reason == Reason::dns_timeout;
}

Outcome judge(const HttpExchange& answer, const std::string& service, GrpcFacts& facts) {
  const auto fault = [&](Reason reason, const std::string& what) {
    return Outcome{reason, fmt::format("gRPC health of {} from {}: {}",
                                       service.empty() ? "the server" : "`" + service + "`", answer.address, what)};
  };
  const auto status = grpc_status(answer);
  if (!status) {
    facts.status = status_of_http(answer.status);
    return fault(Reason::grpc_status,
                 fmt::format("HTTP status {} without a gRPC status; expected a gRPC answer", answer.status));
  }
  facts.status = *status;
  if (*status != kOk) {
    const std::string* message = find(answer.trailers, "grpc-message");
    if (message == nullptr) message = find(answer.headers, "grpc-message");
    return fault(Reason::grpc_status,
                 fmt::format("the call ended with {}{}; expected OK", grpc_status_name(*status),
                             message == nullptr ? "" : fmt::format(" ({})", printable(ellipsize(*message, 200)))));
  }
  facts.serving = health_status(answer.body);
  if (!facts.serving) {
    facts.status = kInternal;
    return fault(Reason::grpc_status, "the answer is no HealthCheckResponse; expected one");
  }
  if (*facts.serving == 1) return {};
  return fault(Reason::grpc_not_serving, health_status_name(*facts.serving) + "; expected SERVING");
}

}  // namespace

std::string grpc_authority(std::string_view target) {
  if (const auto mark = target.find("://"); mark != target.npos) target.remove_prefix(mark + 3);
  return std::string(target.substr(0, target.find_first_of("/?#")));
}

Task<void> probe_grpc(ProbeRun run, Stop stop) {
  ProbeResult& result = run.result;
  note(run.request.log, "Dialing GRPC", {{"tls", run.module().grpc.tls ? "true" : "false"}});
  HttpExchange answer = co_await exchange(run.engine, make_request(run.request), stop);
  result.phases = answer.phases;
  result.agent_time = answer.agent_time;
  result.address = answer.address;
  result.tried = answer.addresses;
  if (answer.ip) take_address(result, *answer.ip);
  result.tls = std::move(answer.tls_facts);
  GrpcFacts facts;
  if (answer.outcome.ok()) {
    result.outcome = judge(answer, run.module().grpc.service, facts);
  } else {
    facts.status = is_timeout(answer.outcome.reason) ? kDeadlineExceeded : kUnavailable;
    result.outcome = std::move(answer.outcome);
  }
  if (!result.outcome.ok()) note_error(run.request.log, "gRPC health check failed", {{"err", result.outcome.message}});
  result.status = answer.status;
  for (const auto& headers : {answer.headers, answer.trailers}) {
    for (const auto& [name, value] : headers) result.headers.push_back(name + ": " + value);
  }
  result.facts = facts;
}

}  // namespace nines::probes
