// The second phase of a gate: how the checks are, after the deployment.

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "agent/gate/failures.hpp"
#include "agent/gate/neighbours.hpp"
#include "agent/gate/run.hpp"
#include "base/text.hpp"

namespace nines::agent {
namespace {

using namespace std::chrono_literals;
using sla::gate::Verdict;

constexpr Micros kOldestBaseline = 24h;
constexpr auto kLookEvery = 500ms;
// For the runs that go on at the end, and what is asked of neighbours.
constexpr Micros kToEnd = 5min;

}  // namespace

void GateRun::verify(const std::stop_token& stop) {
  auto inputs = find_baseline();
  if (!inputs) return;
  follow_baseline(*inputs);
  extend_silence(*inputs);
  if (went_live(stop)) try_out(*inputs, stop);
  std::vector<std::string> trouble;
  close_silences(*ground_.config, inputs->silences, trouble);
  for (const std::string& one : trouble) note(one);
  announce();
}

// Once, until what is waited for and measured must have ended, so that one that is killed leaves no more than that.
void GateRun::extend_silence(BaselineInputs& inputs) {
  const Time now = ground_.clock->now();
  const Micros wait = request_.expect_version.empty() ? Micros(0) : request_.wait;
  const Period needed{now, now + wait + request_.length + kToEnd};
  std::vector<std::string> trouble;
  const int extended = extend_silences(*ground_.config, inputs.silences, needed, silence_comment(), trouble);
  for (const std::string& one : trouble) note(one);
  if (extended > 0) note(fmt::format("silenced until {} at the latest", format_time(needed.to, 0)));
}

std::optional<BaselineInputs> GateRun::find_baseline() {
  const auto none = [&](const std::string& why) -> std::optional<BaselineInputs> {
    settle(Verdict::inconclusive, why);
    return std::nullopt;
  };
  const auto entry = book_->latest(request_.deployment, "baseline");
  if (!entry) return none(entry.error().message);
  const std::string name = printable(request_.deployment);
  if (!*entry) return none(fmt::format("there is no baseline of {}", name));
  const store::GateEntry& found = **entry;
  if (found.verdict != "pass" || found.inputs.empty()) {
    return none(fmt::format("the baseline of {} was not taken: {}", name, found.verdict));
  }
  if (ground_.clock->now() - found.ended > kOldestBaseline) {
    return none(fmt::format("the baseline of {} is older than a day", name));
  }
  auto inputs = read_inputs(found.inputs);
  if (!inputs) return none(inputs.error().message);
  since_ = found.began;
  const std::lock_guard lock(mutex_);
  report_.baseline = found.id;
  return std::move(*inputs);
}

// Without services of its own a verification judges those of its baseline.
void GateRun::follow_baseline(const BaselineInputs& inputs) {
  if (!request_.services.empty()) return;
  std::erase_if(schedules_, [&](const config::Schedule* schedule) {
    return std::ranges::find(inputs.checks, schedule->service, &sla::gate::CheckSamples::service) ==
           inputs.checks.end();
  });
}

bool GateRun::went_live(const std::stop_token& stop) {
  if (request_.expect_version.empty() || schedules_.empty()) return true;
  struct Seen {
    std::string version;  // the last
    int running = 0;      // how often it was the expected one, up to now
  };
  std::map<std::string, Seen> seen;  // by check
  for (const config::Schedule* schedule : schedules_) {
    const config::Check* check = ground_.config->check(schedule->name);
    if (check != nullptr && !check->version.empty()) seen.try_emplace(schedule->name);
  }
  if (seen.empty()) {
    settle(Verdict::inconclusive, "a version is expected, and no check of the baseline's services has `version`");
    return false;
  }
  const auto ended = [&](std::size_t index, const RunReport& report) {
    keep(report);
    Seen& last = seen[schedules_[index]->name];
    last.version = report.version;
    last.running = report.version == request_.expect_version ? last.running + 1 : 0;
  };
  const bool live = prober().await_version(request_.expect_version, request_.every, request_.wait, ended, stop);
  write_results();
  if (live || stop.stop_requested()) return live;
  for (const auto& [check, last] : seen) {
    if (last.running >= kRunningVersions) continue;
    settle(Verdict::rollback, fmt::format("not live: {} reports {} after {}, expected version {} three times running",
                                          check, last.version.empty() ? "no version" : "version " + last.version,
                                          format_duration(request_.wait), request_.expect_version));
  }
  return false;
}

void GateRun::try_out(const BaselineInputs& inputs, const std::stop_token& stop) {
  std::vector<sla::gate::CheckSamples> checks;
  for (const config::Schedule* schedule : schedules_) {
    const auto known = std::ranges::find(inputs.checks, schedule->name, &sla::gate::CheckSamples::name);
    sla::gate::CheckSamples& check = checks.emplace_back();
    if (known != inputs.checks.end()) check.baseline = known->baseline;
    check.name = schedule->name;
    check.service = schedule->service;
    check.journey = ground_.config->journey(schedule->name) != nullptr;
  }
  sla::gate::TrialPlan plan;
  plan.length = request_.length;
  plan.rules = request_.rules;
  plan.rollback_on = request_.rollback_on;
  sla::gate::Trial trial(std::move(checks), plan, ground_.clock->now());
  sla::gate::Surroundings around;
  Failures failures;
  bool over = false;
  std::chrono::nanoseconds looked{0};
  const auto judge = [&](bool last) {
    decided(trial.judge(ground_.clock->now(), last, around), true);
    over = over || report().decision.verdict == Verdict::rollback;
    return over;
  };
  const auto look = [&] {
    write_results();
    around = look_around(*ground_.config, services(), since_, stop);
  };
  GateProber::Rounds rounds;
  rounds.length = request_.length;
  rounds.every = request_.every;
  rounds.journeys_every = request_.journeys_every;
  rounds.ended = [&](std::size_t index, const RunReport& report) {
    keep(report);
    failures.add(schedules_[index]->name, report);
    trial.add(index, report.result.row);
    if (progress_ && ground_.clock->monotonic() - looked > kLookEvery) {
      looked = ground_.clock->monotonic();
      decided(trial.look(ground_.clock->now()), false);
    }
    return trial.unhealthy();
  };
  rounds.outside = look;
  rounds.minute = [&] { return judge(false); };
  prober().rounds(rounds, stop);
  if (stop.stop_requested()) return;
  if (!over) {
    look();
    judge(true);
  }
  for (const std::string& one : failures.sentences()) note(one);
}

void GateRun::announce() {
  if (!ground_.config->grafana.given()) return;
  const reports::GateReport now = report();
  std::vector<std::string> tags = {"deployment", "nines", request_.deployment,
                                   std::string(sla::gate::verdict_name(now.decision.verdict))};
  for (const std::string& service : services()) tags.push_back(service);
  const std::string why = now.decision.reasons.empty() ? "" : ": " + now.decision.reasons.front();
  const auto done = annotate(
      ground_.config->grafana, {now.began, ground_.clock->now()}, tags,
      fmt::format("Deployment {}: {}{}", request_.deployment, sla::gate::verdict_name(now.decision.verdict), why));
  if (!done) note("no annotation: " + done.error().message);
}

}  // namespace nines::agent
