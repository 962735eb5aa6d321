#include "journeys/run.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "journeys/context.hpp"
#include "journeys/step.hpp"
#include "probes/async/stop.hpp"

namespace nines::journeys {
namespace {

using probes::DeadlineScope;
using probes::Loop;
using probes::Stop;
using probes::StopCause;
using probes::StopSource;
using probes::Task;

// What `finally` may still take of the agent's ten seconds to stop.
constexpr std::chrono::seconds kShutdownGrace{5};

// Ends `finally` a while after the agent was asked to stop, also when that happens in the middle of it.
class ShutdownGrace final : private probes::StopCallback, private probes::Timer {
 public:
  ShutdownGrace(Loop& loop, Stop agent) : Timer(loop) {
    if (agent.stopped()) {
      stopped(agent.cause());
    } else {
      agent.add(*this);
    }
  }
  Stop stop() { return source_.stop(); }

 private:
  void stopped(StopCause /*cause*/) override {
    start(Loop::now_ns() + static_cast<std::uint64_t>(std::chrono::nanoseconds(kShutdownGrace).count()));
  }
  void fired() override { source_.request_stop(); }

  StopSource source_;
};

Expected<void> set_variables(Context& context) {
  for (const auto& [name, secret] : context.journey->secrets) context.variables.set(name, secret.reveal());
  for (const auto& [name, text] : context.journey->variables) {
    auto value = context.variables.value(text);
    if (!value) return fail(fmt::format("variable `{}`: {}", name, value.error().message));
    context.variables.set(name, std::move(*value));
  }
  return {};
}

bool skipped(const Context& context, const config::Step& step) {
  return !step.when.empty() && !context.variables.holds(step.when);
}

StepResult skip(const config::Step& step) {
  StepResult result;
  result.name = step.name;
  result.skipped = true;
  return result;
}

// Up to the first failure.
Task<void> run_steps(Context* context, Run* run, Stop stop) {
  const config::Journey& journey = *context->journey;
  const bool all = std::ranges::none_of(journey.steps, &config::Step::measure);
  DeadlineScope deadline(context->engine.loop(), journey.schedule.timeout, stop);
  for (const config::Step& step : journey.steps) {
    StepResult result = skip(step);
    if (!skipped(*context, step)) {
      StepRun done = co_await run_step(context, &step, deadline.stop());
      result = std::move(done.result);
      run->result.evidence = std::move(done.evidence);
    }
    result.measured = all || step.measure;
    run->steps.push_back(std::move(result));
    if (!run->steps.back().outcome.ok()) co_return;
  }
}

// All of them, whatever fails: each may use its share of the time left, so that one that hangs leaves some to the next.
Task<void> run_finally(Context* context, Run* run, Stop stop) {
  const config::Journey& journey = *context->journey;
  Loop& loop = context->engine.loop();
  context->budget = fmt::format("its share of the {} of `finally` was", format_duration(journey.finally_timeout));
  ShutdownGrace grace(loop, stop);
  DeadlineScope budget(loop, journey.finally_timeout, grace.stop());
  std::size_t left = journey.finally.size();
  for (const config::Step& step : journey.finally) {
    StepResult result = skip(step);
    if (!skipped(*context, step)) {
      const std::uint64_t now = Loop::now_ns();
      const std::uint64_t rest = budget.own_deadline() > now ? budget.own_deadline() - now : 0;
      DeadlineScope share(loop, std::chrono::nanoseconds(rest / left), budget.stop());
      result = (co_await run_step(context, &step, share.stop())).result;
    }
    --left;
    result.finally = true;
    if (!result.outcome.ok()) run->cleanup_failures.push_back(result.outcome);
    run->steps.push_back(std::move(result));
  }
}

// A measured step that was skipped or not reached did not pass: its zero would be a perfect sample.
bool all_measured_passed(const config::Journey& journey, const Run& run) {
  const bool any_marked = std::ranges::any_of(journey.steps, &config::Step::measure);
  for (std::size_t i = 0; i < journey.steps.size(); ++i) {
    if (any_marked && !journey.steps[i].measure) continue;
    if (i >= run.steps.size() || run.steps[i].skipped || !run.steps[i].outcome.ok()) return false;
  }
  return true;
}

// The row of the steps run so far, `finally` not among them.
void fill_row(const config::Journey& journey, Run& run) {
  ResultRow& row = run.result.row;
  row.interval = journey.schedule.interval;
  Micros measured{0};
  for (const StepResult& step : run.steps) {
    row.phases += step.phases;
    if (!step.skipped) row.status = static_cast<std::int16_t>(step.status);
    if (!step.outcome.ok()) row.reason = step.outcome.reason;
    if (step.measured) measured += step.duration;
  }
  if (all_measured_passed(journey, run)) row.measured = measured;
  row.first_reason = row.reason;
}

}  // namespace

// NOLINTNEXTLINE(cppcoreguidelines-avoid-reference-coroutine-parameters): both outlive every run
Task<Run> run(probes::Engine& engine, probes::Jq& jq, std::shared_ptr<const config::Journey> journey,
              probes::TraceContext trace, Stop stop) {
  const Clock& clock = *engine.options().clock;
  Run done;
  done.result.key.check = journey->schedule.name;
  done.result.row.start = clock.now();
  const std::uint64_t start = Loop::now_ns();
  Context context{engine,
                  jq,
                  journey,
                  std::move(trace),
                  Variables(clock, system_random()),
                  Masks(*journey),
                  fmt::format("the journey's {} were", format_duration(journey->schedule.timeout))};
  if (const auto set = set_variables(context); !set) {
    done.result.row.reason = done.result.row.first_reason = Reason::agent_error;
    done.result.evidence.message = context.masks.text(set.error().message);
    co_return done;
  }
  co_await run_steps(&context, &done, stop);
  done.result.row.duration = Micros(static_cast<std::int64_t>((Loop::now_ns() - start) / 1000));
  fill_row(*journey, done);
  co_await run_finally(&context, &done, stop);
  co_return done;
}

}  // namespace nines::journeys
