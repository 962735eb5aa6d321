#include "agent/alerts/assess.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <unistd.h>

#include "agent/alerts/assessor.hpp"
#include "base/redact.hpp"
#include "base/text.hpp"

namespace nines::agent {
namespace {

constexpr const char* kOwnPriority = "P2";
constexpr std::size_t kMaxDescription = 2000;

}  // namespace

Assessment Assessor::run() {
  // As soon as they all fail: confirmed together with what they explain, they would come too late.
  uplink_down_ = std::ranges::any_of(facts_.checks, [](const CheckView& view) { return view.schedule->uplink; }) &&
                 std::ranges::all_of(facts_.checks, [](const CheckView& view) {
                   return !view.schedule->uplink || bad(view.state) ||
                          (view.state != sla::State::unknown && view.health.failures > 0);
                 });
  for (const CheckView& view : facts_.checks) {
    check(view);
    certificate(view);
  }
  components();
  // One that was not evaluated yet is not well for that.
  for (const config::Objective& one : config_.objectives) {
    undecided(kBurning + one.name);
    undecided(kMissed + one.name);
  }
  for (const ObjectiveView& view : facts_.objectives) objective(view);
  own();
  return std::move(assessment_);
}

void Assessor::wrong(std::string identity, Words words) {
  const config::Service* service = config_.service(words.service);
  const std::string priority = service != nullptr             ? service->priority
                               : words.service == kOwnService ? kOwnPriority
                                                              : config::Service().priority;
  AlertLabels labels{{"alertname", std::move(words.alertname)}};
  labels.emplace_back("service", words.service);
  labels.insert(labels.end(), words.labels.begin(), words.labels.end());
  labels.emplace_back("region", config_.region);
  if (!config_.environment.empty()) labels.emplace_back("environment", config_.environment);
  labels.emplace_back("severity", words.severity);
  labels.emplace_back("priority", priority);
  if (service != nullptr) {
    for (const auto& [name, value] : service->labels) {
      if (value_of(labels, name).empty()) labels.emplace_back(name, value);
    }
  }
  AlertLabels annotations{{"summary", redactor()->all(words.summary)},
                          {"description", ellipsize(redactor()->all(words.description), kMaxDescription)}};
  if (service != nullptr && !service->runbook_url.empty())
    annotations.emplace_back("runbook_url", service->runbook_url);
  if (const std::string check(value_of(labels, "check")); !check.empty()) {
    if (std::string regions = regions_of(check); !regions.empty()) {
      annotations.emplace_back("regions_seen", std::move(regions));
    }
  }
  std::string url = base_.empty() ? std::string() : base_ + words.path;
  if (!url.empty()) annotations.emplace_back("page_url", url);
  if (!base_.empty() && !words.incident.empty()) annotations.emplace_back("incident_url", base_ + words.incident);
  assessment_.wrong.push_back(
      {std::move(identity), std::move(labels), std::move(annotations), std::move(url), words.since});
}

bool Assessor::silent(const CheckView& view) const {
  if (view.shown == reports::Shown::maintenance || view.shown == reports::Shown::suppressed) return true;
  // This region's own network is down: that is told by the uplink checks.
  if (uplink_down_ && !view.schedule->uplink) return true;
  // One that it depends on fails too and is not critical yet: it will be, or recover.
  return std::ranges::any_of(view.schedule->depends_on, [&](const std::string& name) {
    const CheckView* needed = view_of(name);
    return needed != nullptr && needed->state != sla::State::unknown && needed->health.failures > 0 &&
           needed->state != sla::State::critical;
  });
}

const CheckView* Assessor::view_of(const std::string& name) const {
  const auto found = std::ranges::find_if(facts_.checks, [&](const auto& view) { return view.schedule->name == name; });
  return found == facts_.checks.end() ? nullptr : &*found;
}

std::string Assessor::page_of(const CheckView& view) {
  return (view.check != nullptr ? "/checks/" : "/journeys/") + percent_encode(view.schedule->name);
}

std::string Assessor::incident_of(const CheckView& view, Time at) {
  if (!subjects_) subjects_ = incident_subjects(config_);
  const auto subject = std::ranges::find_if(*subjects_, [&](const IncidentSubject& one) {
    return one.journey == (view.check == nullptr) &&
           std::ranges::find(one.checks, view.schedule->name) != one.checks.end();
  });
  return subject == subjects_->end() ? std::string() : "/incidents/" + percent_encode(incident_id(*subject, at));
}

std::string Assessor::regions_of(const std::string& check) const {
  if (facts_.regions == nullptr) return {};
  const auto found = facts_.regions->find(check);
  if (found == facts_.regions->end() || found->second.all.size() < 2) return {};
  Regions regions = found->second;
  // What is scraped lags behind what is known here.
  for (auto* names : {&regions.down, &regions.all}) {
    if (std::ranges::find(*names, config_.region) == names->end()) names->push_back(config_.region);
    std::ranges::sort(*names);
  }
  return fmt::format("{} of {}: {}", regions.down.size(), regions.all.size(), fmt::join(regions.down, ", "));
}

Assessment assess(const config::Config& config, const Facts& facts,
                  const std::function<std::string(const std::string&)>& firing) {
  return Assessor(config, facts, firing).run();
}

std::string external_url_of(const config::Config& config) {
  if (!config.alerting.external_url.empty()) return config.alerting.external_url;
  if (config.listen_port == 0) return {};
  std::string host = config.listen_host;
  if (host.empty() || host == "0.0.0.0" || host == "::") {
    std::array<char, 256> name{};
    host = gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
  }
  if (host.contains(':')) host = "[" + host + "]";
  return fmt::format("http://{}:{}", host, config.listen_port);
}

}  // namespace nines::agent
