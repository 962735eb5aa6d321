#include "tests/probes/running.hpp"

#include <utility>

namespace nines::probes::test {

namespace {

Task<HttpExchange> exchange_within(Engine* engine, HttpRequest request, std::chrono::nanoseconds timeout) {
  DeadlineScope scope(engine->loop(), timeout, {});
  co_return co_await exchange(*engine, std::move(request), scope.stop());
}

Task<ProbeResult> probe_within(Engine* engine, std::shared_ptr<const config::Module> module, std::string target,
                               std::chrono::nanoseconds timeout) {
  DeadlineScope scope(engine->loop(), timeout, {});
  co_return co_await probe(
      *engine, {.module = std::move(module), .target = std::move(target), .trace = make_trace_context()}, scope.stop());
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
  auto whole = std::make_shared<config::Module>();
  whole->http = module;
  return engine.loop().run(probe_within(&engine, std::move(whole), target, timeout));
}

std::string told(const Outcome& outcome) {
  return std::string(reason_name(outcome.reason)) + ": " + outcome.message;
}

}  // namespace nines::probes::test
