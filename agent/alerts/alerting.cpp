#include "agent/alerts/alerting.hpp"

#include <algorithm>

#include "agent/alerts/regions.hpp"
#include "base/log.hpp"

namespace nines::agent {
namespace {

using namespace std::chrono_literals;

constexpr auto kStep = 5s;      // a change of state is looked at at once
constexpr auto kRegions = 15s;  // as often as Prometheus scrapes
constexpr Micros kForget = 1h;  // how often the store is rid of old alerts

}  // namespace

Alerting::Alerting(store::Store& store, const Clock& clock)
    : store_(store), clock_(clock), spool_(store, clock), engine_(store, spool_, clock) {}

Alerting::~Alerting() {
  stop();
}

Expected<void> Alerting::restore() {
  if (auto restored = spool_.restore(); !restored) return restored;
  engine_.restore();
  return {};
}

void Alerting::configure(AlertSources sources, std::shared_ptr<const void> owner) {
  receivers_.clear();
  auto receivers = make_receivers({sources.config, spool_, store_, clock_, counts_});
  std::vector<std::string> ids;
  for (const auto& receiver : receivers) {
    if (receiver->takes_alerts()) ids.push_back(receiver->id);
  }
  spool_.set_receivers(std::move(ids));
  {
    const std::lock_guard lock(mutex_);
    watched_ = {std::move(sources), std::move(owner)};
    news_ = true;
  }
  wake_.notify_all();
  for (auto& receiver : receivers) receivers_.push_back(std::make_unique<ReceiverThread>(std::move(receiver), spool_));
  if (thread_.joinable()) return;
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  regions_thread_ = std::jthread([this](const std::stop_token& stop) { watch_regions(stop); });
}

void Alerting::stop() {
  for (const auto& receiver : receivers_) receiver->request_stop();
  for (std::jthread* thread : {&thread_, &regions_thread_}) {
    thread->request_stop();
    if (thread->joinable()) thread->join();
  }
  receivers_.clear();
  const std::lock_guard lock(mutex_);
  watched_ = {};
}

void Alerting::started(std::chrono::nanoseconds lateness) {
  engine_.started(lateness);
}

void Alerting::finished(const RunReport& report, const sla::Health& before, const sla::Health& after) {
  engine_.finished(report, before, after);
  if (!engine_.news()) return;
  {
    const std::lock_guard lock(mutex_);
    news_ = true;
  }
  wake_.notify_all();
}

Alerting::Watched Alerting::watched() const {
  const std::lock_guard lock(mutex_);
  return watched_;
}

void Alerting::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    try {
      step();
    } catch (const std::exception& fault) {
      log::error("alerts cannot be assessed", {{"reason", fault.what()}});
    }
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, kStep, [this] { return news_; });
    news_ = false;
  }
}

void Alerting::step() {
  const Watched now = watched();
  if (!now.sources.config->alerting.given()) return;
  std::map<std::string, Regions, std::less<>> regions;
  {
    const std::lock_guard lock(mutex_);
    regions = regions_;
  }
  engine_.step(now.sources, regions);
  if (clock_.now() < forgot_ + kForget) return;
  forgot_ = clock_.now();
  spool_.forget(forgot_ - now.sources.config->retention.results);
}

bool Alerting::asks_regions(const Watched& now) const {
  const config::Config& config = *now.sources.config;
  if (!config.alerting.given() || !config.prometheus.given() || config.regions.size() < 2) return false;
  const Alerts alerts = spool_.alerts();
  return std::ranges::any_of(alerts, [](const auto& entry) {
    return entry.second.firing() && !value_of(entry.second.labels, "check").empty();
  });
}

void Alerting::watch_regions(const std::stop_token& stop) {
  bool failed = false;
  while (!stop.stop_requested()) {
    const std::uint64_t seen = spool_.version();
    const Watched now = watched();
    std::map<std::string, Regions, std::less<>> regions;
    if (asks_regions(now)) {
      auto answer = ask_regions(now.sources.config->prometheus, stop);
      if (!answer && !failed && !stop.stop_requested()) {
        log::warning("other regions cannot be asked: alerts do not say who sees them",
                     {{"reason", answer.error().text()}});
      }
      failed = !answer;
      if (answer) regions = std::move(*answer);
    }
    {
      const std::lock_guard lock(mutex_);
      regions_ = std::move(regions);
    }
    spool_.wait(seen, kRegions, stop);
  }
}

}  // namespace nines::agent
