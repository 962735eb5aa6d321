#include <fmt/format.h>

#include "journeys/run.hpp"
#include "journeys/xpath.hpp"

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

void check_xpath_of(Checking& checking, const std::string& expression, Position at) {
  if (const auto checked = check_xpath(expression); !checked) {
    checking.faults.push_back(
        {fmt::format("the XPath expression `{}` is wrong: {}", expression, checked.error().message), std::move(at)});
  }
}

Task<void> check_rules(Checking* checking, const config::Expect* rules, Position at, Stop stop) {
  for (const config::JqProgram& rule : rules->jq) co_await check(checking, rule.text, rule.at, stop);
  for (const config::XPathRule& rule : rules->xpath) check_xpath_of(*checking, rule.expression, at);
}

// `when` sees what earlier steps captured and the round's item, `until` also what the step sets, a capture also what
// its own step captured before it, `expect` all of it.
Task<void> check_step(Checking* checking, const config::Step* step, Stop stop) {
  if (!step->repeat.list.empty()) checking->names.push_back(step->repeat.as);
  if (step->when_program) co_await check(checking, step->when_program->text, step->when_program->at, stop);
  for (const auto& [name, text] : step->set) checking->names.push_back(name);
  if (step->until) co_await check_rules(checking, &*step->until, step->at, stop);
  for (const config::Capture& capture : step->captures) {
    if (capture.kind == config::CaptureKind::jq) co_await check(checking, capture.argument, capture.at, stop);
    if (capture.kind == config::CaptureKind::xpath) check_xpath_of(*checking, capture.argument, capture.at);
    checking->names.push_back(capture.name);
  }
  co_await check_rules(checking, &step->expect, step->at, stop);
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
