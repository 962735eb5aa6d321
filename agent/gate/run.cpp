#include "agent/gate/run.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/ids.hpp"
#include "base/log.hpp"
#include "base/redact.hpp"
#include "base/text.hpp"
#include "sla/health.hpp"

namespace nines::agent {
namespace {

using namespace std::chrono_literals;
using sla::gate::Decision;
using sla::gate::Verdict;

constexpr Micros kOldestBaseline = 24h;
constexpr auto kLookEvery = 500ms;

template <class Range, class Value, class Projection = std::identity>
bool contains(const Range& range, const Value& value, Projection projection = {}) {
  return std::ranges::find(range, value, projection) != std::ranges::end(range);
}

std::string say_failure(const RunReport& report) {
  const std::string& message = report.result.evidence.message;
  return ellipsize(printable(message.empty() ? std::string(reason_name(report.result.row.reason)) : message), 300);
}

// What failed last of each check, so that a verdict says more than how often.
class Failures {
 public:
  void add(const std::string& check, const RunReport& report) {
    if (!report.result.row.success()) last_[check] = say_failure(report);
    for (const auto& [name, up] : report.components) {
      if (!up) down_[check].insert(name);
    }
  }
  std::vector<std::string> sentences() const {
    std::vector<std::string> all;
    for (const auto& [check, message] : last_) all.push_back(fmt::format("{} failed, last: {}", check, message));
    for (const auto& [check, names] : down_) {
      all.push_back(fmt::format("{} tells of dependencies that are not available: {}", check, fmt::join(names, ", ")));
    }
    return all;
  }

 private:
  std::map<std::string, std::string> last_;
  std::map<std::string, std::set<std::string>> down_;
};

}  // namespace

Expected<std::vector<const config::Schedule*>> schedules_of(const config::Config& config, const GateRequest& request) {
  std::vector<const config::Schedule*> chosen;
  std::set<std::string_view> found;
  bool has_version = false;
  for (const config::Schedule* schedule : config.schedules()) {
    const bool wanted = request.services.empty() || contains(request.services, schedule->service);
    if (schedule->uplink || !wanted) continue;
    chosen.push_back(schedule);
    found.insert(schedule->service);
    const config::Check* check = config.check(schedule->name);
    has_version = has_version || (check != nullptr && !check->version.empty());
  }
  for (const std::string& service : request.services) {
    if (!found.contains(service)) return fail(fmt::format("there is no check of a service \"{}\"", service));
  }
  if (chosen.empty()) return fail("there is no check to judge by");
  if (!request.expect_version.empty() && !has_version) {
    return fail("a version is expected, and no check of these services has `version`");
  }
  return chosen;
}

GateRun::GateRun(GateGround ground, GateRequest request, std::vector<const config::Schedule*> schedules)
    : ground_(std::move(ground)), request_(std::move(request)), id_(make_uuid()), schedules_(std::move(schedules)) {
  report_.id = id_;
  report_.deployment = request_.deployment;
  report_.phase = phase_name(request_.phase);
  report_.began = ground_.clock->now();
  report_.running = true;
  report_.decision.verdict = Verdict::pass;
}

reports::GateReport GateRun::report() const {
  const std::lock_guard lock(mutex_);
  return report_;
}

void GateRun::run(const std::stop_token& stop) {
  try {
    auto opened =
        request_.measure ? store::GateBook::open(ground_.data_dir) : store::GateBook::open_existing(ground_.data_dir);
    if (!opened) {
      settle(Verdict::inconclusive, opened.error().message);
    } else {
      book_.emplace(std::move(*opened));
      request_.phase == GatePhase::baseline ? baseline(stop) : verify(stop);
    }
    if (stop.stop_requested()) settle(Verdict::inconclusive, "it was stopped before its end");
    finish();
  } catch (const std::exception& failure) {
    settle(Verdict::inconclusive, fmt::format("the gate itself failed: {}", failure.what()));
    const std::lock_guard lock(mutex_);
    report_.ended = ground_.clock->now();
    report_.running = false;
  }
}

GateProber& GateRun::prober() {
  if (!prober_) prober_.emplace(ground_.config, schedules_, *ground_.clock);
  return *prober_;
}

std::vector<std::string> GateRun::services() const {
  std::vector<std::string> names;
  for (const config::Schedule* schedule : schedules_) {
    if (!contains(names, schedule->service)) names.push_back(schedule->service);
  }
  return names;
}

void GateRun::settle(Verdict verdict, const std::string& reason) {
  const std::lock_guard lock(mutex_);
  Decision& decision = report_.decision;
  decision.verdict = std::max(decision.verdict, verdict);
  const auto at = decision.verdict == verdict ? decision.reasons.begin() : decision.reasons.end();
  decision.reasons.insert(at, redactor()->all(reason));
}

void GateRun::note(const std::string& text) {
  const std::lock_guard lock(mutex_);
  report_.notes.push_back(redactor()->all(text));
}

void GateRun::decided(Decision decision, bool minute) {
  reports::GateReport shown;
  {
    const std::lock_guard lock(mutex_);
    report_.decision = std::move(decision);
    if (minute) report_.minutes.push_back({report_.decision.at, report_.decision.verdict});
    shown = report_;
  }
  if (progress_) progress_(shown, minute);
}

void GateRun::keep(const RunReport& report) {
  const std::lock_guard lock(mutex_);
  handed_over_.push_back(report.result);
}

void GateRun::write_results() {
  {
    const std::lock_guard lock(mutex_);
    std::ranges::move(handed_over_, std::back_inserter(results_));
    handed_over_.clear();
  }
  if (results_.empty()) return;
  if (auto written = book_->add_results(results_); !written) store_trouble_ = written.error().message;
  results_.clear();
}

void GateRun::finish() {
  if (book_) write_results();
  // A verdict whose results nobody can look into is none.
  if (!store_trouble_.empty()) settle(Verdict::inconclusive, store_trouble_);
  store::GateEntry entry{id_, request_.deployment, std::string(phase_name(request_.phase)), {}, {}, {}, {}, inputs_};
  reports::GateReport ended;
  {
    const std::lock_guard lock(mutex_);
    report_.ended = ground_.clock->now();
    ended = report_;
  }
  ended.running = false;
  entry.began = ended.began;
  entry.ended = ended.ended;
  entry.verdict = sla::gate::verdict_name(ended.decision.verdict);
  entry.document = dump_json(reports::gate_json(ended));
  if (book_) {
    if (auto written = book_->put(entry); !written) settle(Verdict::inconclusive, written.error().message);
  }
  log::info("gate ended",
            {{"gate", id_}, {"deployment", request_.deployment}, {"phase", entry.phase}, {"verdict", entry.verdict}});
  const std::lock_guard lock(mutex_);
  report_.running = false;
}

// A baseline.

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
                                    fmt::format("deployment {}", request_.deployment), trouble, stop);
    for (const std::string& one : trouble) settle(Verdict::inconclusive, "no silence: " + one);
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
      const bool chosen = contains(schedules_, entry.check, &config::Schedule::name);
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

// A verification.

void GateRun::verify(const std::stop_token& stop) {
  const auto inputs = find_baseline();
  if (!inputs) return;
  follow_baseline(*inputs);
  if (went_live(stop)) try_out(*inputs, stop);
  std::vector<std::string> trouble;
  close_silences(*ground_.config, inputs->silences, trouble);
  for (const std::string& one : trouble) note(one);
  announce();
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
    return !contains(inputs.checks, schedule->service, &sla::gate::CheckSamples::service);
  });
}

bool GateRun::went_live(const std::stop_token& stop) {
  if (request_.expect_version.empty() || schedules_.empty()) return true;
  std::map<std::string, std::string> seen;  // the last version of each check
  const auto ended = [&](std::size_t index, const RunReport& report) {
    keep(report);
    seen[schedules_[index]->name] = report.version;
  };
  const bool live = prober().await_version(request_.expect_version, request_.every, request_.wait, ended, stop);
  write_results();
  if (live || stop.stop_requested()) return live;
  for (const auto& [check, version] : seen) {
    if (version == request_.expect_version) continue;
    settle(Verdict::rollback, fmt::format("not live: {} reports {} after {}, expected version {} three times running",
                                          check, version.empty() ? "no version" : "version " + version,
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
