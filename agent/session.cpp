#include "agent/session.hpp"

#include <algorithm>
#include <map>

#include "agent/objectives.hpp"
#include "base/ids.hpp"
#include "base/log.hpp"
#include "probes/descriptors.hpp"

namespace nines::agent {
namespace {

// Nothing is known any more of how to remove what such a journey left; it stays in the ledger for when it comes back.
void tell_orphans(const config::Config& config, const std::vector<store::LedgerEntry>& left) {
  std::map<std::string, int> orphans;
  for (const store::LedgerEntry& entry : left) {
    if (config.journey(entry.journey) == nullptr) ++orphans[entry.journey];
  }
  for (const auto& [journey, count] : orphans) {
    log::warning("left in a target by a journey that is not configured any more",
                 {{"journey", journey}, {"things", count}});
  }
}

}  // namespace

Session::Session(std::shared_ptr<const config::Config> given, const SessionGround& ground,
                 const std::vector<store::LedgerEntry>& left)
    : config(std::move(given)),
      ledger(ground.store, left),
      metrics(*config),
      monitor(*config, metrics, ground.store, ground.clock),
      evaluator(config, ground.store, ground.clock),
      exporter{*config, metrics, monitor, evaluator, ground.store, ground.load, ledger},
      service(config->probe_endpoint.enabled ? std::make_unique<ProbeService>(config, ground.clock) : nullptr),
      endpoint{*config, metrics, ground.history, service.get()},
      clock_(ground.clock) {}

Session::~Session() {
  stop_probing();
}

Expected<std::shared_ptr<Session>> Session::make(std::shared_ptr<const config::Config> config,
                                                 const SessionGround& ground) {
  store::Reader reader = ground.store.reader();
  const auto entries = reader.health();
  if (!entries) return std::unexpected(entries.error());
  const auto left = reader.ledger();
  if (!left) return std::unexpected(left.error());
  tell_orphans(*config, *left);
  if (auto recorded = ground.store.record_settings(settings_of(*config, ground.clock.now())); !recorded) {
    return std::unexpected(recorded.error());
  }
  std::shared_ptr<Session> session(new Session(std::move(config), ground, *left));
  session->monitor.restore(*entries);
  return session;
}

void Session::start_probing(int threads) {
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

void Session::stop_probing() {
  for (const auto& thread : threads_) thread->request_stop();
  for (const auto& thread : threads_) thread->join();
  threads_.clear();
}

void Session::stop_endpoint() {
  if (service) service->request_stop();
}

}  // namespace nines::agent
