#include "tests/probes/running.hpp"

#include <utility>

namespace nines::probes::test {

namespace {

Task<HttpExchange> exchange_within(Engine* engine, HttpRequest request, std::chrono::nanoseconds timeout) {
  DeadlineScope scope(engine->loop(), timeout, {});
  co_return co_await exchange(*engine, std::move(request), scope.stop());
}

Task<ProbeResult> probe_within(Engine* engine, ProbeRequest request, std::chrono::nanoseconds timeout) {
  DeadlineScope scope(engine->loop(), timeout, {});
  request.trace = make_trace_context();
  co_return co_await probe(*engine, std::move(request), scope.stop());
}

}  // namespace

HttpExchange run(Engine& engine, HttpRequest request, std::chrono::nanoseconds timeout) {
  return engine.loop().run(exchange_within(&engine, std::move(request), timeout));
}

HttpExchange run(Engine& engine, const std::string& url, std::chrono::nanoseconds timeout) {
  HttpRequest request;
  request.url = url;
  return run(engine, std::move(request), timeout);
}

ProbeResult run_probe(Engine& engine, const config::HttpModule& module, const std::string& target,
                      std::chrono::nanoseconds timeout) {
  config::Module whole;
  whole.http = module;
  return run_probe(engine, whole, target, timeout);
}

ProbeResult run_probe(Engine& engine, const config::Module& module, const std::string& target,
                      std::chrono::nanoseconds timeout) {
  ProbeRequest request;
  request.module = std::make_shared<const config::Module>(module);
  request.target = target;
  return run_probe(engine, std::move(request), timeout);
}

ProbeResult run_probe(Engine& engine, ProbeRequest request, std::chrono::nanoseconds timeout) {
  return engine.loop().run(probe_within(&engine, std::move(request), timeout));
}

std::string told(const Outcome& outcome) {
  return std::string(reason_name(outcome.reason)) + ": " + outcome.message;
}

}  // namespace nines::probes::test
