#include "agent/probe_thread.hpp"

#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>
#include <utility>

#include "agent/traces.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "probes/async/event.hpp"
#include "probes/async/gate.hpp"
#include "probes/async/scope.hpp"

namespace nines::agent {

using namespace std::chrono_literals;

struct ProbeThread::State {
  std::shared_ptr<const config::Config> config;
  std::function<bool(const config::Schedule&)> mine;
  RunListener& listener;
  const Clock& clock;
  std::size_t runs_at_once;
  journeys::Ledger* ledger;
  Traces* traces;

  std::mutex mutex;
  std::condition_variable changed;
  std::promise<void> made;       // the engine, or why there is none
  bool begun = false;            // guarded
  bool stop_requested = false;   // guarded
  probes::Loop* loop = nullptr;  // guarded; while the thread runs its loop
  probes::StopSource* source = nullptr;
};

namespace {

// Tells the listener what it finds.
using Run = std::function<probes::Task<void>(probes::Stop)>;

// A run that throws is a bug, or no memory: it is lost, the schedule is not.
probes::Task<void> guarded(const Run* run, const config::Schedule* schedule, probes::Stop stop) {
  try {
    co_await (*run)(stop);
  } catch (const std::exception& failure) {
    log::error("run failed inside the agent", {{"check", schedule->name}, {"reason", failure.what()}});
  }
}

// Turns come from the schedule, not from the last run: a slow run delays nothing but its own check, and the turns it
// covers are skipped and counted.
// `before` is run once, ahead of the first.
probes::Task<void> drive(probes::Loop* loop, probes::Gate* gate, const config::Schedule* schedule, Run before, Run run,
                         RunListener* listener, std::chrono::nanoseconds first_in, probes::Stop stop) {
  const auto interval = static_cast<std::uint64_t>(std::chrono::nanoseconds(schedule->interval).count());
  std::uint64_t turn = probes::Loop::now_ns() + static_cast<std::uint64_t>(first_in.count());
  if (before) {
    const probes::Gate::Permit permit = co_await gate->enter(stop);
    if (!permit) co_return;
    co_await guarded(&before, schedule, stop);
    const std::uint64_t now = probes::Loop::now_ns();
    if (now > turn) turn += ((now - turn) / interval + 1) * interval;
  }
  while (true) {
    if (co_await probes::sleep_until(*loop, turn, stop) != probes::StopCause::none) co_return;
    // Waiting for a free descriptor is lateness, which is the agent's, not a failure of the target.
    const probes::Gate::Permit permit = co_await gate->enter(stop);
    if (!permit) co_return;
    listener->started(*schedule, std::chrono::nanoseconds(probes::Loop::now_ns() - turn));
    co_await guarded(&run, schedule, stop);
    turn += interval;
    const std::uint64_t now = probes::Loop::now_ns();
    if (now > turn) {
      const std::uint64_t missed = (now - turn) / interval + 1;
      listener->skipped(*schedule, missed);
      turn += missed * interval;
    }
  }
}

probes::Task<void> check_turn(probes::Engine* engine, probes::Jq* jq, std::shared_ptr<const config::Config> config,
                              const config::Check* check, RunListener* listener, Traces* traces, probes::Stop stop) {
  RunTrace trace = traces != nullptr ? traces->begin(check->schedule) : RunTrace();
  RunReport report = co_await run_check(*engine, *jq, std::move(config), check, stop, std::move(trace));
  if (traces != nullptr) traces->end(report);
  listener->finished(std::move(report));
}

probes::Task<void> journey_turn(probes::Engine* engine, probes::Jq* jq, std::shared_ptr<const config::Config> config,
                                const config::Journey* journey, RunListener* listener, journeys::Ledger* ledger,
                                Traces* traces, probes::Stop stop) {
  JourneyOptions options{.ledger = ledger,
                         .trace = traces != nullptr ? traces->begin(journey->schedule) : RunTrace(),
                         .judged = [listener](RunReport report) { listener->finished(std::move(report)); }};
  const RunReport report = co_await run_journey(*engine, *jq, std::move(config), journey, stop, std::move(options));
  if (traces != nullptr) traces->end(report);
  listener->cleaned(report);
}

probes::Task<void> recovery(probes::Engine* engine, probes::Jq* jq, std::shared_ptr<const config::Config> config,
                            const config::Journey* journey, RunListener* listener, journeys::Ledger* ledger,
                            probes::Stop stop) {
  listener->cleaned(co_await recover_journey(*engine, *jq, std::move(config), journey, stop, ledger));
}

}  // namespace

// Everything the thread does, from the first turn to the last handle.
probes::Task<void> ProbeThread::run_all(State* state, probes::Engine* engine, probes::StopSource* source) {
  probes::Jq jq(*engine);
  probes::Gate gate(engine->loop(), state->runs_at_once);
  probes::Scope scope(engine->loop(), source->stop());
  const Time now = state->clock.now();
  const auto spawn = [&](const config::Schedule& schedule, Run before, Run run) {
    if (!state->mine(schedule)) return;
    const auto first_in = first_turn(schedule, now) - now;
    scope.spawn(drive(&engine->loop(), &gate, &schedule, std::move(before), std::move(run), &state->listener, first_in,
                      scope.stop()));
  };
  for (const config::Check& check : state->config->checks) {
    spawn(check.schedule, nullptr, [=, &jq, &check](probes::Stop stop) {
      return check_turn(engine, &jq, state->config, &check, &state->listener, state->traces, stop);
    });
  }
  for (const config::Journey& journey : state->config->journeys) {
    Run before;
    if (state->ledger != nullptr && !state->ledger->of(journey.schedule.name).empty()) {
      before = [=, &jq, &journey](probes::Stop stop) {
        return recovery(engine, &jq, state->config, &journey, &state->listener, state->ledger, stop);
      };
    }
    spawn(journey.schedule, std::move(before), [=, &jq, &journey](probes::Stop stop) {
      return journey_turn(engine, &jq, state->config, &journey, &state->listener, state->ledger, state->traces, stop);
    });
  }
  // With nothing to run the loop still waits for the stop.
  co_await probes::sleep_until(engine->loop(), probes::Stop::kNever, source->stop());
  co_await scope.join();
  co_await jq.close();
}

Time first_turn(const config::Schedule& schedule, Time now) {
  const auto interval = schedule.interval.count();
  const auto phase = static_cast<std::int64_t>(stable_hash(schedule.name) % static_cast<std::uint64_t>(interval));
  const auto behind = (now.time_since_epoch().count() - phase) % interval;
  return behind == 0 ? now : now + Micros(interval - behind);
}

ProbeThread::ProbeThread(std::shared_ptr<const config::Config> config,
                         std::function<bool(const config::Schedule&)> mine, RunListener& listener, const Clock& clock,
                         std::size_t runs_at_once, journeys::Ledger* ledger, Traces* traces)
    : state_(
          std::make_shared<State>(std::move(config), std::move(mine), listener, clock, runs_at_once, ledger, traces)) {
  auto made = state_->made.get_future();
  thread_ = std::thread([this] { run(); });
  try {
    made.get();
  } catch (...) {
    thread_.join();
    throw;
  }
}

void ProbeThread::begin() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->begun = true;
  }
  state_->changed.notify_all();
}

ProbeThread::~ProbeThread() {
  request_stop();
  join();
}

void ProbeThread::request_stop() {
  const std::lock_guard lock(state_->mutex);
  state_->stop_requested = true;
  state_->changed.notify_all();
  if (state_->loop != nullptr) {
    state_->loop->post([state = state_] { state->source->request_stop(); });
  }
}

void ProbeThread::join() {
  if (thread_.joinable()) thread_.join();
}

void ProbeThread::run() {
  State& state = *state_;
  std::optional<probes::Engine> made;
  try {
    probes::EngineOptions options;
    options.clock = &state.clock;
    made.emplace(std::move(options));
  } catch (...) {
    state.made.set_exception(std::current_exception());
    return;
  }
  state.made.set_value();
  probes::Engine& engine = *made;
  probes::Loop& loop = engine.loop();
  probes::StopSource source;
  {
    std::unique_lock lock(state.mutex);
    state.changed.wait(lock, [&] { return state.begun || state.stop_requested; });
    state.loop = &loop;
    state.source = &source;
    if (state.stop_requested) source.request_stop();
  }

  loop.run(run_all(&state, &engine, &source));

  const std::lock_guard lock(state.mutex);
  state.loop = nullptr;
}

}  // namespace nines::agent
