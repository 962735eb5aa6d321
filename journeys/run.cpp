#include "journeys/run.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/credentials.hpp"
#include "journeys/cleanup.hpp"
#include "journeys/context.hpp"
#include "journeys/rounds.hpp"
#include "probes/async/stop.hpp"

namespace nines::journeys {
namespace {

using probes::DeadlineScope;
using probes::Loop;
using probes::Stop;
using probes::StopCause;
using probes::StopSource;
using probes::Task;

constexpr std::size_t kMaxHead = 8192;

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
  context.variables.on_filtered(
      [masks = &context.masks](const std::string& in, const std::string& out) { masks->filtered(in, out); });
  for (const auto& [name, secret] : context.journey->secrets) context.variables.set(name, secret.reveal());
  for (const auto& [name, text] : context.journey->variables) {
    auto value = context.variables.value(text);
    if (!value) return fail(fmt::format("variable `{}`: {}", name, value.error().message));
    context.masks.captured(name, value->is_string() ? value->get<std::string>() : dump_json(*value));
    context.variables.set(name, std::move(*value));
  }
  return {};
}

// Steps that are marked, or all that send something when none is.
bool is_measured(const config::Journey& journey, const config::Step& step) {
  if (step.method.empty()) return false;
  return step.measure || std::ranges::none_of(journey.steps, &config::Step::measure);
}

bool passed(const StepResult& result) {
  return !result.skipped && result.outcome.ok();
}

// Up to the first failure. Gives whether every measured step passed: one that was skipped or not reached did not, and
// its zero would be a perfect sample.
Task<bool> run_steps(Context* context, Run* run, Stop stop) {
  const config::Journey& journey = *context->journey;
  DeadlineScope deadline(context->engine.loop(), journey.schedule.timeout, stop);
  std::size_t left = 0;
  for (const config::Step& step : journey.steps) left += is_measured(journey, step) ? 1 : 0;
  for (const config::Step& step : journey.steps) {
    Rounds rounds = co_await run_rounds(context, &step, AfterFailure::stop, deadline.stop());
    Evidence& evidence = run->result.evidence;
    std::vector<Attempt> attempts = std::move(evidence.attempts);
    attempts.insert(attempts.end(), rounds.evidence.attempts.begin(), rounds.evidence.attempts.end());
    evidence = std::move(rounds.evidence);
    evidence.attempts = std::move(attempts);
    const bool measured = is_measured(journey, step);
    if (measured && std::ranges::all_of(rounds.results, passed)) --left;
    bool failed = false;
    for (StepResult& result : rounds.results) {
      result.measured = measured;
      failed = failed || !result.outcome.ok();
      run->steps.push_back(std::move(result));
    }
    if (failed) break;
  }
  co_return left == 0;
}

// Hides what by now is known to be secret in all that was sent and came.
void take_exchanges(Context& context, Run& run) {
  const Masks& masks = context.masks;
  const auto head = [&](const std::string& text) {
    return masks.evidence(hide_credentials_in_query(hide_credentials_in_headers(text)), kMaxHead);
  };
  for (probes::Exchanged& one : context.recording.exchanges) {
    one.url = masks.evidence(hide_credentials_in_query(one.url), kMaxHead);
    one.head = head(one.head);
    one.answer_head = head(one.answer_head);
    one.sent = masks.evidence(one.sent, kMaxEvidenceBody);
    one.answer = masks.evidence(one.answer, kMaxEvidenceBody);
    one.outcome.message = masks.text(one.outcome.message);
  }
  run.exchanges = std::move(context.recording.exchanges);
  run.exchanges_left_out = context.recording.left_out;
}

void add(Removal removal, Run& run) {
  std::ranges::move(removal.steps, std::back_inserter(run.steps));
  std::ranges::move(removal.failures, std::back_inserter(run.cleanup_failures));
  run.given_up += removal.given_up;
}

// All of them, whatever fails: each may use its share of the time left, so that one that hangs leaves some to the next.
Task<void> run_finally(Context* context, Run* run, Stop stop) {
  const config::Journey& journey = *context->journey;
  Loop& loop = context->engine.loop();
  context->budget = fmt::format("its share of the {} of `finally` was", format_duration(journey.finally_timeout));
  ShutdownGrace grace(loop, stop);
  DeadlineScope budget(loop, journey.finally_timeout, grace.stop());
  // What the ledger has to delete afterwards has a share, too.
  std::size_t left = journey.finally.size() + (context->ledger->of(journey.schedule.name).empty() ? 0 : 1);
  for (const config::Step& step : journey.finally) {
    const std::uint64_t now = Loop::now_ns();
    const std::uint64_t rest = budget.own_deadline() > now ? budget.own_deadline() - now : 0;
    DeadlineScope share(loop, std::chrono::nanoseconds(rest / left--), budget.stop());
    Rounds rounds = co_await run_rounds(context, &step, AfterFailure::go_on, share.stop());
    for (StepResult& result : rounds.results) {
      result.finally = true;
      if (!result.outcome.ok()) run->cleanup_failures.push_back(result.outcome);
      run->steps.push_back(std::move(result));
    }
  }
  // An earlier run's needs credentials that one which failed may not have.
  add(co_await remove_leftovers(context, !run->result.row.success(), &budget), *run);
}

// The row of the steps run so far, `finally` not among them.
void fill_row(const config::Journey& journey, bool all_measured, Run& run) {
  ResultRow& row = run.result.row;
  row.interval = journey.schedule.interval;
  Micros measured{0};
  for (const StepResult& step : run.steps) {
    row.phases += step.phases;
    if (!step.skipped) row.status = static_cast<std::int16_t>(step.status);
    if (!step.outcome.ok()) row.reason = step.outcome.reason;
    if (step.measured) measured += step.duration;
  }
  if (all_measured) row.measured = measured;
  // Strict uptime knows no second attempt.
  const std::vector<Attempt>& attempts = run.result.evidence.attempts;
  row.first_reason = attempts.empty() ? row.reason : attempts.front().outcome.reason;
  row.attempts = static_cast<std::uint8_t>(std::min<std::size_t>(attempts.size() + 1, UINT8_MAX));
}

// Of what stands before the last step that left something: what an app needs to let a deletion in. Their verdicts are
// nobody's business here.
Task<void> prepare_removal(Context* context, Stop stop) {
  const config::Journey& journey = *context->journey;
  const auto entries = context->ledger->of(journey.schedule.name);
  const auto left_something = [&](const config::Step& step) {
    return std::ranges::find(entries, step.name, &Leftover::step) != entries.end();
  };
  const auto last = std::find_if(journey.steps.rbegin(), journey.steps.rend(), left_something);
  for (auto step = journey.steps.begin(); step < last.base() && !stop.stopped(); ++step) {
    if (creations(journey, *step).empty()) co_await run_rounds(context, &*step, AfterFailure::stop, stop);
  }
}

Context make_context(probes::Engine& engine, probes::Jq& jq, const std::shared_ptr<const config::Journey>& journey,
                     probes::TraceContext trace, Ledger* ledger) {
  return {.engine = engine,
          .jq = jq,
          .journey = journey,
          .trace = std::move(trace),
          .variables = Variables(*engine.options().clock, system_random()),
          .masks = Masks(*journey),
          .cookies = {},
          .budget = fmt::format("the journey's {} were", format_duration(journey->schedule.timeout)),
          .ledger = ledger};
}

}  // namespace

// NOLINTBEGIN(cppcoreguidelines-avoid-reference-coroutine-parameters): both outlive every run

Task<Run> run(probes::Engine& engine, probes::Jq& jq, std::shared_ptr<const config::Journey> journey,
              probes::TraceContext trace, Stop stop, RunOptions options) {
  Ledger own;
  Run done;
  done.result.key.check = journey->schedule.name;
  done.result.row.start = engine.options().clock->now();
  Context context =
      make_context(engine, jq, journey, std::move(trace), options.ledger != nullptr ? options.ledger : &own);
  if (const auto set = set_variables(context); !set) {
    done.result.row.reason = done.result.row.first_reason = Reason::agent_error;
    done.result.evidence.message = context.masks.text(set.error().message);
    if (options.judged) options.judged(done);
    co_return done;
  }
  if (options.record != Record::nothing) context.trace.recording = &context.recording;
  context.recording.texts = options.record == Record::texts;
  const bool all_measured = co_await run_steps(&context, &done, stop);
  done.result.row.duration = Micros(static_cast<std::int64_t>((Loop::now_ns() - context.start_ns) / 1000));
  fill_row(*journey, all_measured, done);
  if (options.judged) options.judged(done);
  co_await run_finally(&context, &done, stop);
  take_exchanges(context, done);
  co_return done;
}

Task<Run> recover(probes::Engine& engine, probes::Jq& jq, std::shared_ptr<const config::Journey> journey,
                  probes::TraceContext trace, Stop stop, Ledger* ledger) {
  Run done;
  Context context = make_context(engine, jq, journey, std::move(trace), ledger);
  if (const auto set = set_variables(context); !set) {
    done.cleanup_failures.push_back({Reason::agent_error, context.masks.text(set.error().message)});
    co_return done;
  }
  ShutdownGrace grace(engine.loop(), stop);
  {
    DeadlineScope deadline(engine.loop(), journey->schedule.timeout, stop);
    co_await prepare_removal(&context, deadline.stop());
  }
  context.budget = fmt::format("its share of the {} of `finally` was", format_duration(journey->finally_timeout));
  DeadlineScope budget(engine.loop(), journey->finally_timeout, grace.stop());
  add(co_await remove_leftovers(&context, false, &budget), done);
  co_return done;
}

// NOLINTEND(cppcoreguidelines-avoid-reference-coroutine-parameters)

}  // namespace nines::journeys
