#include "journeys/rounds.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "config/jq_words.hpp"
#include "journeys/answer.hpp"
#include "probes/async/event.hpp"

namespace nines::journeys {
namespace {

using probes::Stop;
using probes::StopCause;
using probes::Task;

StepResult result_of(const config::Step& step, const std::string& name, Outcome outcome) {
  StepResult result;
  result.name = name;
  result.outcome = std::move(outcome);
  if (!result.outcome.ok()) result.outcome.message = step_label(step, name) + result.outcome.message;
  return result;
}

StepResult skipped(const config::Step& step, const std::string& name) {
  StepResult result = result_of(step, name, {});
  result.skipped = true;
  return result;
}

StepRun failed(const Context& run, const config::Step& step, const std::string& name, Outcome outcome) {
  outcome.message = run.masks.text(outcome.message);
  StepRun done{result_of(step, name, std::move(outcome)), {}};
  done.evidence.message = done.result.outcome.message;
  done.evidence.failed_step = name;
  done.evidence.trace_id = run.trace.trace_id;
  done.evidence.correlation_id = run.trace.correlation_id;
  return done;
}

// What each round's item is; nothing for a step that just counts.
std::expected<std::vector<Json>, Outcome> items_of(const Context& run, const config::Repeat& repeat) {
  if (repeat.list.empty()) return std::vector<Json>{};
  const auto wrong = [](std::string message) { return std::unexpected(Outcome{Reason::capture, std::move(message)}); };
  const Json* const list = run.variables.find(repeat.list);
  if (list == nullptr) return wrong(fmt::format("`{}` has no value; expected a list", repeat.list));
  if (!list->is_array()) {
    return wrong(fmt::format("`{}` is {}; expected a list", repeat.list, shown(run, dump_json(*list))));
  }
  if (list->size() > static_cast<std::size_t>(repeat.most)) {
    return wrong(fmt::format("`{}` has {} items; expected at most {}", repeat.list, list->size(), repeat.most));
  }
  return std::vector<Json>(list->begin(), list->end());
}

Task<std::expected<bool, Outcome>> wanted(Context* run, const config::Step* step, Stop stop) {
  if (!step->when.empty()) {
    const bool holds = run->variables.holds(step->when);
    co_return holds != step->when_not;
  }
  if (!step->when_program) co_return true;
  const std::string& program = step->when_program->text;
  // What was never captured is null, so that `finally` may ask for it.
  auto variables = run->variables.all();
  for (const auto& name : config::jq_variables(program)) {
    if (run->variables.find(name) == nullptr) variables.emplace_back(name, nullptr);
  }
  const auto values = co_await run->jq.run(program, "null", std::move(variables), stop);
  if (!values) {
    const Reason reason = values.error().agent ? Reason::agent_jq : Reason::assertion;
    co_return std::unexpected(
        Outcome{reason, fmt::format("expected jq `{}` of `when` to be true or false, got an error: {}", program,
                                    shown(*run, values.error().message))});
  }
  co_return !values->empty() && !values->front().is_null() && values->front() != false;
}

Task<Outcome> think(Context* run, const config::Step* step, Stop stop) {
  if (step->think_time <= Micros::zero()) co_return Outcome{};
  const StopCause cause = co_await probes::sleep(run->engine.loop(), step->think_time, stop);
  const std::string what = fmt::format("it waited for its think time of {}", format_duration(step->think_time));
  if (cause == StopCause::shutdown) co_return Outcome{Reason::agent_shutdown, "the agent stopped: " + what};
  if (cause == StopCause::deadline) co_return Outcome{Reason::timeout, fmt::format("{} up: {}", run->budget, what)};
  co_return Outcome{};
}

Task<StepRun> run_round(Context* run, const config::Step* step, std::string name, Stop stop) {
  const auto want = co_await wanted(run, step, stop);
  if (!want) co_return failed(*run, *step, name, want.error());
  if (!*want) co_return StepRun{skipped(*step, name), {}};
  if (Outcome thought = co_await think(run, step, stop); !thought.ok()) {
    co_return failed(*run, *step, name, std::move(thought));
  }
  co_return co_await run_step(run, step, name, stop);
}

void add(Rounds& to, StepRun done) {
  const bool first_failure = !done.result.outcome.ok() && to.evidence.message.empty();
  std::vector<Attempt> attempts = std::move(to.evidence.attempts);
  attempts.insert(attempts.end(), done.evidence.attempts.begin(), done.evidence.attempts.end());
  if (first_failure) to.evidence = std::move(done.evidence);
  to.evidence.attempts = std::move(attempts);
  to.results.push_back(std::move(done.result));
}

}  // namespace

Task<Rounds> run_rounds(Context* run, const config::Step* step, AfterFailure after, Stop stop) {
  Rounds done;
  const config::Repeat& repeat = step->repeat;
  const bool missing = !repeat.list.empty() && run->variables.find(repeat.list) == nullptr;
  if (missing && after == AfterFailure::go_on) {
    done.results.push_back(skipped(*step, step->name));
    co_return done;
  }
  const auto items = items_of(*run, repeat);
  if (!items) {
    add(done, failed(*run, *step, step->name, items.error()));
    co_return done;
  }
  const bool counts = repeat.list.empty();
  const std::size_t rounds = counts ? static_cast<std::size_t>(repeat.times) : items->size();
  const bool numbered = !counts || rounds > 1;
  for (std::size_t i = 0; i < rounds; ++i) {
    if (!counts) run->variables.set(repeat.as, (*items)[i]);
    StepRun round =
        co_await run_round(run, step, numbered ? fmt::format("{}[{}]", step->name, i + 1) : step->name, stop);
    if (round.result.skipped && i > 0) break;
    if (round.result.skipped) round.result.name = step->name;
    const bool last = round.result.skipped || (!round.result.outcome.ok() && after == AfterFailure::stop);
    add(done, std::move(round));
    if (last) break;
  }
  if (done.results.empty()) done.results.push_back(skipped(*step, step->name));
  co_return done;
}

}  // namespace nines::journeys
