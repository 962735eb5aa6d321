#include <fmt/format.h>

#include "journeys/run.hpp"

namespace nines::journeys {
namespace {

using probes::Stop;
using probes::Task;

// The names a program may use, and the faults found so far. In compile()'s frame.
struct Checking {
  probes::Jq& jq;
  std::vector<std::string> names;
  std::vector<Error> faults;
};

Task<void> check(Checking* checking, std::string program, Position at, Stop stop) {
  const auto compiled = co_await checking->jq.compile(program, checking->names, stop);
  if (compiled) co_return;
  const char* fault = compiled.error().agent ? "could not be compiled" : "is wrong";
  checking->faults.push_back({fmt::format("the jq program `{}` {}: {}", program, fault, compiled.error().message), at});
}

// `until` sees what earlier steps captured, a capture also what its own step captured before it, `expect` all of it.
Task<void> check_step(Checking* checking, const config::Step* step, Stop stop) {
  if (step->until) {
    for (const config::JqProgram& rule : step->until->jq) co_await check(checking, rule.text, rule.at, stop);
  }
  for (const config::Capture& capture : step->captures) {
    if (capture.kind == config::CaptureKind::jq) co_await check(checking, capture.argument, capture.at, stop);
    checking->names.push_back(capture.name);
  }
  for (const config::JqProgram& rule : step->expect.jq) co_await check(checking, rule.text, rule.at, stop);
}

}  // namespace

// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): outlives every task on its loop
Task<std::vector<Error>> compile(probes::Jq& jq, std::shared_ptr<const config::Journey> journey, Stop stop) {
  Checking checking{jq, {}, {}};
  for (const auto& [name, secret] : journey->secrets) checking.names.push_back(name);
  for (const auto& [name, text] : journey->variables) checking.names.push_back(name);
  for (const config::Step& step : journey->steps) co_await check_step(&checking, &step, stop);
  for (const config::Step& step : journey->finally) co_await check_step(&checking, &step, stop);
  co_return std::move(checking.faults);
}

}  // namespace nines::journeys
