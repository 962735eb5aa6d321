#include "agent/gate/prober.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "base/log.hpp"
#include "probes/async/event.hpp"
#include "probes/async/gate.hpp"
#include "probes/async/off_loop.hpp"
#include "probes/async/scope.hpp"

namespace nines::agent {
namespace {

using namespace std::chrono_literals;

// More would be felt by the target and cost descriptors.
constexpr std::size_t kAtOnce = 32;
constexpr std::chrono::nanoseconds kMinute = 60s;
// Whatever --every says: an answer that is not there yet is not asked for in a busy loop.
constexpr Micros kShortestWait = 50ms;

probes::EngineOptions options_with(const Clock& clock) {
  probes::EngineOptions options;
  options.clock = &clock;
  return options;
}

std::uint64_t ns(std::chrono::nanoseconds duration) {
  return static_cast<std::uint64_t>(duration.count());
}

// NOLINTBEGIN(*-reference-coroutine-parameters): what is referred to outlives the loop's run

}  // namespace

// What one call shares with the tasks it spawns; lives in the frame of its first task.
class GateProber::Call {
 public:
  Call(GateProber& prober, const std::stop_token& stop)
      : prober_(prober),
        engine_(prober.engine_),
        jq_(engine_),
        permits_(engine_.loop(), kAtOnce),
        scope_(engine_.loop(), source_->stop()),
        asked_(std::in_place, stop,
               [&loop = engine_.loop(), source = source_] { loop.post([source] { source->request_stop(); }); }) {}

  probes::Scope& scope() { return scope_; }
  probes::Loop& loop() { return engine_.loop(); }

  probes::Task<void> end() {
    co_await scope_.join();
    asked_.reset();
    co_await jq_.close();
  }

  // None: it was cut.
  probes::Task<std::optional<RunReport>> run(std::size_t index) {
    const probes::Gate::Permit permit = co_await permits_.enter(scope_.stop());
    if (!permit) co_return std::nullopt;
    const config::Schedule& schedule = *prober_.schedules_[index];
    RunReport report;
    if (const config::Check* check = prober_.config_->check(schedule.name)) {
      report = co_await run_check(engine_, jq_, prober_.config_, check, scope_.stop());
    } else {
      const config::Journey* journey = prober_.config_->journey(schedule.name);
      report = co_await run_journey(engine_, jq_, prober_.config_, journey, scope_.stop());
    }
    if (report.interrupted) co_return std::nullopt;
    report.result.row.origin = Origin::gate;
    co_return report;
  }

  probes::Task<void> once(std::size_t index, const OnRun* ended) {
    if (const auto report = co_await run(index)) (*ended)(index, *report);
  }

  probes::Task<void> turns(std::size_t index, const Rounds* rounds, std::uint64_t begin) {
    const bool journey = prober_.config_->journey(prober_.schedules_[index]->name) != nullptr;
    const std::uint64_t every = ns(journey ? rounds->journeys_every : rounds->every);
    const std::uint64_t over = begin + ns(rounds->length);
    for (std::uint64_t turn = begin; turn < over;) {
      if (co_await probes::sleep_until(loop(), turn, scope_.stop()) != probes::StopCause::none) co_return;
      const auto report = co_await run(index);
      if (report && rounds->ended(index, *report)) scope_.request_stop();
      // A run that took longer than a turn delays no other, and the turns it covers are left out.
      const std::uint64_t now = probes::Loop::now_ns();
      turn += every;
      if (now > turn) turn += (now - turn) / every * every;
    }
  }

  probes::Task<void> minutes(const Rounds* rounds, std::uint64_t begin) {
    const std::uint64_t over = begin + ns(rounds->length);
    for (std::uint64_t at = begin + ns(kMinute); at < over; at += ns(kMinute)) {
      if (co_await probes::sleep_until(loop(), at, scope_.stop()) != probes::StopCause::none) co_return;
      co_await probes::off_loop(loop(), [rounds] { rounds->outside(); });
      if (scope_.stop().stopped()) co_return;
      if (rounds->minute()) scope_.request_stop();
    }
  }

  probes::Task<void> watch_version(std::size_t index, std::string expected, Micros every, const OnRun* ended,
                                   std::size_t* waiting) {
    for (int running = 0; running < kRunningVersions;) {
      const auto report = co_await run(index);
      if (!report) co_return;
      (*ended)(index, *report);
      running = report->version == expected ? running + 1 : 0;
      if (running == kRunningVersions) break;
      const Micros pause = std::max(every, kShortestWait);
      if (co_await probes::sleep(loop(), pause, scope_.stop()) != probes::StopCause::none) co_return;
    }
    if (--*waiting == 0) scope_.request_stop();
  }

  probes::Task<void> limit(Micros after) {
    co_await probes::sleep(loop(), after, scope_.stop());
    scope_.request_stop();
  }

 private:
  GateProber& prober_;
  probes::Engine& engine_;
  // Shared with what was posted and is not run yet.
  std::shared_ptr<probes::StopSource> source_ = std::make_shared<probes::StopSource>();
  probes::Jq jq_;
  probes::Gate permits_;
  probes::Scope scope_;
  // Last: from its end on nothing is posted any more.
  std::optional<std::stop_callback<std::function<void()>>> asked_;
};

GateProber::GateProber(std::shared_ptr<const config::Config> config, std::vector<const config::Schedule*> schedules,
                       const Clock& clock)
    : config_(std::move(config)), schedules_(std::move(schedules)), engine_(options_with(clock)) {}

void GateProber::once(const OnRun& ended, const std::stop_token& stop) {
  const auto work = [](GateProber* prober, const OnRun* told, std::stop_token asked) -> probes::Task<void> {
    Call call(*prober, asked);
    for (std::size_t i = 0; i < prober->schedules_.size(); ++i) call.scope().spawn(call.once(i, told));
    co_await call.end();
  };
  engine_.loop().run(work(this, &ended, stop));
}

void GateProber::rounds(const Rounds& rounds, const std::stop_token& stop) {
  const auto work = [](GateProber* prober, const Rounds* wanted, std::stop_token asked) -> probes::Task<void> {
    Call call(*prober, asked);
    const std::uint64_t begin = probes::Loop::now_ns();
    for (std::size_t i = 0; i < prober->schedules_.size(); ++i) call.scope().spawn(call.turns(i, wanted, begin));
    call.scope().spawn(call.minutes(wanted, begin));
    co_await call.end();
  };
  engine_.loop().run(work(this, &rounds, stop));
}

bool GateProber::await_version(const std::string& expected, Micros every, Micros limit, const OnRun& ended,
                               const std::stop_token& stop) {
  struct Watch {
    std::string expected;
    Micros every;
    Micros limit;
    const OnRun* ended;
    std::vector<std::size_t> checks;
    std::size_t waiting;
  } watch{expected, every, limit, &ended, {}, 0};
  for (std::size_t i = 0; i < schedules_.size(); ++i) {
    const config::Check* check = config_->check(schedules_[i]->name);
    if (check != nullptr && !check->version.empty()) watch.checks.push_back(i);
  }
  watch.waiting = watch.checks.size();
  if (watch.checks.empty()) return true;
  const auto work = [](GateProber* prober, Watch* all, std::stop_token asked) -> probes::Task<void> {
    Call call(*prober, asked);
    call.scope().spawn(call.limit(all->limit));
    for (const std::size_t i : all->checks) {
      call.scope().spawn(call.watch_version(i, all->expected, all->every, all->ended, &all->waiting));
    }
    co_await call.end();
  };
  engine_.loop().run(work(this, &watch, stop));
  return watch.waiting == 0;
}

// NOLINTEND(*-reference-coroutine-parameters)

}  // namespace nines::agent
