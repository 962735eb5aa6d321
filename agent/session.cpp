#include "agent/session.hpp"

#include <algorithm>

#include "agent/objectives.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "probes/descriptors.hpp"

namespace nines::agent {
namespace {

// Nothing is known any more of how to remove what such a journey left; it stays in the ledger for when it comes back.
void tell_orphans(const config::Config& config, const StoredLedger& ledger) {
  for (const auto& [journey, count] : ledger.counts()) {
    if (config.journey(journey) != nullptr) continue;
    log::warning("left in a target by a journey that is not configured any more",
                 {{"journey", journey}, {"things", count}});
  }
}

}  // namespace

Session::Session(std::shared_ptr<const config::Config> given, const SessionGround& ground)
    : config(std::move(given)),
      ledger(ground.ledger),
      metrics(*config),
      monitor(*config, metrics, ground.store, ground.clock),
      evaluator(config, ground.store, ground.clock),
      exporter{*config, metrics, monitor, evaluator, ground.store, ground.load, ledger, ground.alerting.counts()},
      service(config->probe_endpoint.enabled ? std::make_unique<ProbeService>(config, ground.clock) : nullptr),
      endpoint{*config, metrics, ground.history, service.get()},
      traces(config->tracing.otlp.given() ? std::make_unique<Traces>(config, metrics) : nullptr),
      store_(ground.store),
      clock_(ground.clock),
      windows_(config->data_dir, ground.clock) {
  monitor.observe(ground.alerting);
}

Session::~Session() {
  stop_probing();
}

Expected<std::shared_ptr<Session>> Session::make(std::shared_ptr<const config::Config> config,
                                                 const SessionGround& ground) {
  store::Reader reader = ground.store.reader();
  const auto entries = reader.health();
  if (!entries) return std::unexpected(entries.error());
  tell_orphans(*config, ground.ledger);
  std::shared_ptr<Session> session(new Session(std::move(config), ground));
  session->monitor.restore(*entries);
  session->monitor.on_version([&deployments = ground.deployments](const auto& schedule, const auto& version, Time at) {
    deployments.saw(schedule.name, schedule.service, version, at);
  });
  return session;
}

void Session::prepare(int threads) {
  // The other half is for what /probe is asked.
  const std::size_t runs_at_once =
      std::max<std::size_t>(1, probes::runs_at_once() / 2 / static_cast<std::size_t>(threads));
  for (int i = 0; i < threads; ++i) {
    const auto mine = [i, threads](const config::Schedule& schedule) {
      return stable_hash(schedule.name) / 7 % static_cast<std::uint64_t>(threads) == static_cast<std::uint64_t>(i);
    };
    threads_.push_back(
        std::make_unique<ProbeThread>(config, mine, monitor, clock_, runs_at_once, &ledger, traces.get()));
  }
}

Expected<void> Session::record_settings() {
  const Time now = clock_.now();
  if (auto recorded = store_.record_settings(settings_of(*config, now)); !recorded) return recorded;
  std::vector<store::WindowEntry> windows;
  for (const config::Maintenance& window : config->maintenance) windows.push_back(entry_of(window));
  auto book = store::Book::open(config->data_dir);
  if (!book) return std::unexpected(book.error());
  if (auto recorded = book->record_windows(windows, now); !recorded) return recorded;
  look_at_windows();
  return {};
}

void Session::look_at_windows() {
  auto windows = windows_.look();
  if (!windows) {
    log::error("maintenance windows cannot be read: those before stay in force", {{"reason", windows.error().text()}});
  } else if (*windows) {
    monitor.set_windows(std::move(**windows));
  }
}

void Session::take_over(Session& before) {
  metrics.take_over(*config, before.metrics);
  monitor.take_over(before.monitor);
  evaluator.take_over(before.evaluator);
}

void Session::start_probing() {
  store_.set_retention({config->retention.results, config->retention.evidence, config->retention.max_bytes});
  for (const auto& thread : threads_) thread->begin();
}

void Session::stop_probing() {
  for (const auto& thread : threads_) thread->request_stop();
  for (const auto& thread : threads_) thread->join();
  threads_.clear();
}

void Session::stop_endpoint() {
  if (service) service->request_stop();
}

}  // namespace nines::agent
