#include "agent/gate/gates.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/family.hpp"
#include "reports/gate.hpp"

namespace nines::agent {
namespace {

// More would make them slow each other, and what they measure.
constexpr std::size_t kMostRuns = 8;
constexpr int kListed = 50;

Gates::Answer answer_of(const GateRun& run) {
  const Json document = reports::gate_json(run.report());
  return {document.at("verdict").get<std::string>(), dump_json(document)};
}

Gates::Answer answer_of(const store::GateEntry& entry) {
  return {entry.verdict, entry.document};
}

}  // namespace

Gates::Gates(const Sessions& sessions, const Deployments& deployments, const Clock& clock)
    : sessions_(sessions), deployments_(deployments), clock_(clock) {
  auto book = store::GateBook::open_existing(sessions_.current()->config->data_dir);
  if (!book) return;
  const auto last = book->last_ended("verify");
  if (last && *last) last_ = Last{(*last)->deployment, (*last)->verdict};
}

Gates::~Gates() {
  stop();
}

void Gates::stop() {
  std::list<Going> all;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    all.swap(going_);
  }
  for (Going& one : all) one.thread.request_stop();
  for (Going& one : all) one.thread.join();
}

GateRun* Gates::going(const std::string& name, std::optional<GatePhase> phase) {
  for (const Going& one : going_) {
    const GateRequest& request = one.run->request();
    const bool named = one.run->id() == name || request.deployment == name;
    if (named && (!phase || request.phase == *phase) && one.run->report().running) return one.run.get();
  }
  return nullptr;
}

std::optional<store::GateEntry> Gates::ended(store::GateBook& book, const GateRequest& request) const {
  if (request.again) return std::nullopt;
  auto last = book.latest(request.deployment, std::string(phase_name(request.phase)));
  if (!last || !*last || request.phase == GatePhase::baseline) return last ? *last : std::nullopt;
  const auto baseline = book.latest(request.deployment, "baseline");
  const bool anew = baseline && *baseline && (*baseline)->began > (*last)->began;
  return anew ? std::nullopt : *last;
}

std::expected<Gates::Answer, Gates::Refusal> Gates::ask(const GateRequest& request) {
  const std::lock_guard lock(mutex_);
  std::erase_if(going_, [](const Going& one) { return !one.run->report().running; });
  if (const GateRun* run = going(request.deployment, request.phase)) return answer_of(*run);
  auto book = store::GateBook::open_existing(sessions_.current()->config->data_dir);
  if (!book) return std::unexpected(Refusal{Fault::store, book.error().message});
  if (const auto last = ended(*book, request)) return answer_of(*last);
  return start(request);
}

std::expected<Gates::Answer, Gates::Refusal> Gates::start(const GateRequest& request) {
  if (stopped_) return std::unexpected(Refusal{Fault::busy, "the agent is stopping"});
  if (going_.size() >= kMostRuns) {
    return std::unexpected(Refusal{Fault::busy, fmt::format("{} gates are going on: ask again later", kMostRuns)});
  }
  const std::shared_ptr<const config::Config> config = sessions_.current()->config;
  auto schedules = schedules_of(*config, request);
  if (!schedules) return std::unexpected(Refusal{Fault::request, schedules.error().message});
  Going& started = going_.emplace_back();
  started.run =
      std::make_unique<GateRun>(GateGround{config, config->data_dir, &clock_}, request, std::move(*schedules));
  started.thread = std::jthread([this, run = started.run.get()](const std::stop_token& stop) { work(*run, stop); });
  return answer_of(*started.run);
}

void Gates::work(GateRun& run, const std::stop_token& stop) {
  run.run(stop);
  if (run.request().phase != GatePhase::verify) return;
  const std::string_view verdict = sla::gate::verdict_name(run.report().decision.verdict);
  const std::lock_guard lock(last_mutex_);
  last_ = Last{run.request().deployment, std::string(verdict)};
}

Expected<std::optional<Gates::Answer>> Gates::find(const std::string& name) {
  const std::lock_guard lock(mutex_);
  for (const auto phase : {GatePhase::verify, GatePhase::baseline}) {
    if (const GateRun* run = going(name, phase)) return answer_of(*run);
  }
  auto book = store::GateBook::open_existing(sessions_.current()->config->data_dir);
  if (!book) return std::unexpected(book.error());
  auto entry = book->gate(name);
  for (const char* phase : {"verify", "baseline"}) {
    if (entry && !*entry) entry = book->latest(name, phase);
  }
  if (!entry) return std::unexpected(entry.error());
  if (*entry) return answer_of(**entry);
  return std::nullopt;
}

Json gate_list(const std::vector<store::GateEntry>& gates, const std::vector<store::DeploymentMark>& marks) {
  Json document = {{"gates", Json::array()}, {"deployments", Json::array()}};
  for (const store::GateEntry& gate : gates) {
    document["gates"].push_back(
        {{"id", gate.id},
         {"deployment", gate.deployment},
         {"phase", gate.phase},
         {"verdict", gate.verdict},
         {"began", format_time(gate.began, 3)},
         {"ended", gate.verdict == "running" ? Json(nullptr) : Json(format_time(gate.ended, 3))}});
  }
  for (const store::DeploymentMark& mark : marks) {
    document["deployments"].push_back({{"service", mark.service},
                                       {"version", mark.version},
                                       {"previous", mark.previous.empty() ? Json(nullptr) : Json(mark.previous)},
                                       {"time", format_time(mark.at, 3)}});
  }
  return document;
}

Expected<Json> Gates::list() {
  const std::lock_guard lock(mutex_);
  auto book = store::GateBook::open_existing(sessions_.current()->config->data_dir);
  if (!book) return std::unexpected(book.error());
  auto stored = book->gates(kListed);
  if (!stored) return std::unexpected(stored.error());
  const auto marks = book->marks();
  if (!marks) return std::unexpected(marks.error());
  std::vector<store::GateEntry> all;
  for (const Going& one : going_) {
    const reports::GateReport report = one.run->report();
    if (report.running)
      all.push_back({report.id, report.deployment, report.phase, report.began, {}, "running", {}, {}});
  }
  std::ranges::move(*stored, std::back_inserter(all));
  return gate_list(all, *marks);
}

std::vector<prometheus::MetricFamily> Gates::families(std::string_view service) const {
  const std::string& region = sessions_.current()->config->region;
  FamilyBuilder info("nines_deployment_info", "The version that a service's answers tell.");
  FamilyBuilder since("nines_deployment_timestamp_seconds", "When a service first answered with its version.");
  for (const store::DeploymentMark& mark : deployments_.current()) {
    if (!service.empty() && mark.service != service) continue;
    const prometheus::Labels labels = {{"service", mark.service}, {"version", mark.version}, {"region", region}};
    info.add(labels, 1);
    since.add(labels, seconds(mark.at.time_since_epoch()));
  }
  FamilyBuilder verdicts("nines_gate_verdict", "The verdict of the gate that ended last: 1 of its four is 1.");
  const std::lock_guard lock(last_mutex_);
  if (last_) {
    for (const char* verdict : {"pass", "warning", "rollback", "inconclusive"}) {
      verdicts.add({{"deployment", last_->deployment}, {"region", region}}, "verdict", verdict,
                   last_->verdict == verdict ? 1 : 0);
    }
  }
  std::vector<prometheus::MetricFamily> all;
  all.push_back(std::move(info).take());
  all.push_back(std::move(since).take());
  all.push_back(std::move(verdicts).take());
  return all;
}

}  // namespace nines::agent
