// The first phase of a gate: how the checks have been, before the deployment.

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "agent/gate/failures.hpp"
#include "agent/gate/neighbours.hpp"
#include "agent/gate/run.hpp"
#include "sla/health.hpp"

namespace nines::agent {

using sla::gate::Decision;
using sla::gate::Verdict;

void GateRun::baseline(const std::stop_token& stop) {
  if (!probe_once(stop)) return;
  BaselineInputs inputs;
  take_samples(inputs, stop);
  list_troubles(stop);
  if (stop.stop_requested() || report().decision.verdict != Verdict::pass) return;
  const Micros length = request_.silence;
  if (length > Micros(0) && !ground_.config->alerting.alertmanagers.empty()) {
    const Time now = ground_.clock->now();
    std::vector<std::string> trouble;
    inputs.silences = open_silences(*ground_.config, services(), {now, now + length + request_.buffer}, request_.author,
                                    silence_comment(), trouble, stop);
    for (const std::string& one : trouble) settle(Verdict::inconclusive, "no silence: " + one);
    if (!trouble.empty() || stop.stop_requested()) {
      // No verification takes up such a baseline, and none would close them.
      std::vector<std::string> left;
      close_silences(*ground_.config, inputs.silences, left);
      for (const std::string& one : left) note(one);
      inputs.silences.clear();
    }
    if (!inputs.silences.empty()) {
      note(fmt::format("silenced until {}", format_time(now + length + request_.buffer, 0)));
    }
  }
  inputs_ = write_inputs(inputs);
}

bool GateRun::probe_once(const std::stop_token& stop) {
  std::vector<std::string> failed;
  prober().once(
      [&](std::size_t index, const RunReport& report) {
        keep(report);
        if (!report.result.row.success()) {
          failed.push_back(fmt::format("{} fails: {}", schedules_[index]->name, say_failure(report)));
        }
      },
      stop);
  write_results();
  for (const std::string& one : failed) settle(Verdict::rollback, one);
  return failed.empty() && !stop.stop_requested();
}

void GateRun::take_samples(BaselineInputs& inputs, const std::stop_token& stop) {
  auto reader = store::open_reader(ground_.data_dir);
  if (!reader) return settle(Verdict::inconclusive, reader.error().message);
  const auto marks = book_->marks();
  if (!marks) return settle(Verdict::inconclusive, marks.error().message);
  const std::vector<Period> periods = baseline_periods(request_, ground_.clock->now());
  auto samples = read_samples(*reader, *ground_.config, schedules_, *marks, periods);
  if (!samples) return settle(Verdict::inconclusive, samples.error().message);
  inputs.checks = std::move(*samples);
  const bool none = std::ranges::all_of(inputs.checks, [](const auto& check) { return check.baseline.results == 0; });
  if (none && request_.measure) measure(inputs, stop);
  const sla::gate::Rules rules = request_.rules;
  for (const auto& check : inputs.checks) {
    const int least = check.journey ? rules.min_journey_samples : rules.min_samples;
    if (check.baseline.results >= least) continue;
    note(fmt::format("{} has {} results in its baseline: a verification needs {}", check.name, check.baseline.results,
                     least));
  }
  Decision decision;
  decision.judgement = sla::gate::judge(inputs.checks, rules);
  const std::lock_guard lock(mutex_);
  report_.baseline = id_;
  for (const auto& service : decision.judgement.services) {
    if (service.bad_baseline)
      report_.notes.push_back(service.name + " has a bad baseline: 5xx over 1 %, or health under 90 %");
  }
}

void GateRun::measure(BaselineInputs& inputs, const std::stop_token& stop) {
  note(fmt::format("measured for {} by the gate itself: the store has no results of the time before",
                   format_duration(request_.length)));
  GateProber::Rounds rounds;
  rounds.length = request_.length;
  rounds.every = request_.every;
  rounds.journeys_every = request_.journeys_every;
  rounds.ended = [&](std::size_t index, const RunReport& report) {
    keep(report);
    inputs.checks[index].baseline.add(report.result.row);
    return false;
  };
  rounds.outside = [this] { write_results(); };
  rounds.minute = [] { return false; };
  prober().rounds(rounds, stop);
  for (auto& check : inputs.checks) check.baseline.sort();
}

void GateRun::list_troubles(const std::stop_token& stop) {
  if (auto reader = store::open_reader(ground_.data_dir)) {
    const auto health = reader->health();
    if (!health) return settle(Verdict::inconclusive, health.error().message);
    for (const store::HealthEntry& entry : *health) {
      const auto state = static_cast<sla::State>(entry.state);
      const bool chosen = std::ranges::find(schedules_, entry.check, &config::Schedule::name) != schedules_.end();
      if (chosen && (state == sla::State::warning || state == sla::State::critical)) {
        note(fmt::format("{} was {} already", entry.check, sla::state_name(state)));
      }
    }
  }
  if (ground_.config->alerting.alertmanagers.empty()) return;
  const auto alerts = active_alerts(*ground_.config, services(), stop);
  if (!alerts) return settle(Verdict::inconclusive, alerts.error().message);
  for (const std::string& alert : *alerts) note("active already: " + alert);
}

}  // namespace nines::agent
