#include "agent/gate/run.hpp"

#include <algorithm>
#include <set>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/ids.hpp"
#include "base/log.hpp"
#include "base/redact.hpp"

namespace nines::agent {
namespace {

using sla::gate::Decision;
using sla::gate::Verdict;

bool contains(std::span<const std::string> names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

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

}  // namespace nines::agent
