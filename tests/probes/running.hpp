#pragma once

// Runs one exchange or probe to its end.

#include <chrono>
#include <memory>
#include <string>

#include "probes/http/exchange.hpp"
#include "probes/probe.hpp"

namespace nines::probes::test {

// Far away: a test that meets it has hung.
inline constexpr std::chrono::seconds kLong{60};

HttpExchange run(Engine& engine, HttpRequest request, std::chrono::nanoseconds timeout = kLong);
HttpExchange run(Engine& engine, const std::string& url, std::chrono::nanoseconds timeout = kLong);
ProbeResult run_probe(Engine& engine, const config::HttpModule& module, const std::string& target,
                      std::chrono::nanoseconds timeout = kLong);

ProbeResult run_probe(Engine& engine, const config::Module& module, const std::string& target,
                      std::chrono::nanoseconds timeout = kLong);
// With a policy, a log, a helper for jq.
ProbeResult run_probe(Engine& engine, ProbeRequest request, std::chrono::nanoseconds timeout = kLong);

// "http_status: GET http://…: answered 503; expected 2xx"; "none: " on success.
std::string told(const Outcome& outcome);

}  // namespace nines::probes::test
