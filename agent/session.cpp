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
      store_(ground.store),
      clock_(ground.clock) {
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
    threads_.push_back(std::make_unique<ProbeThread>(config, mine, monitor, clock_, runs_at_once, &ledger));
  }
}

Expected<void> Session::record_settings() {
  return store_.record_settings(settings_of(*config, clock_.now()));
}

void Session::take_over(Session& before) {
  metrics.take_over(*config, before.metrics);
  monitor.take_over(before.monitor);
  evaluator.take_over(before.evaluator);
}

void Session::start_probing() {
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
