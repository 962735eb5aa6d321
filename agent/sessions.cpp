#include "agent/sessions.hpp"

#include <fmt/format.h>

#include "agent/commands/common.hpp"
#include "base/log.hpp"

namespace nines::agent {
namespace {

// Replaced ones whose probes go on until they end: those of older ones are cut.
constexpr std::size_t kEarlierSessions = 2;

}  // namespace

Sessions::Sessions(SessionOptions options, store::Store& store, Deployments& deployments, const Clock& clock)
    : options_(std::move(options)),
      store_(store),
      deployments_(deployments),
      clock_(clock),
      history_(0),
      alerting_(store, clock) {
  load_.at = clock.now();
}

Expected<void> Sessions::begin(std::shared_ptr<const config::Config> config) {
  history_.set_limit(static_cast<std::size_t>(config->probe_endpoint.history));
  const auto left = store_.reader().ledger();
  if (!left) return std::unexpected(left.error());
  ledger_.emplace(store_, *left);
  if (auto restored = alerting_.restore(); !restored) return restored;
  ground_.emplace(store_, clock_, history_, load_, *ledger_, deployments_, alerting_);
  auto made = Session::make(std::move(config), *ground_);
  if (!made) return std::unexpected(made.error());
  (*made)->prepare(options_.threads);
  if (auto recorded = (*made)->record_settings(); !recorded) return std::unexpected(recorded.error());
  (*made)->start_probing();
  alert_for(*made);
  const std::lock_guard lock(mutex_);
  current_ = std::move(*made);
  return {};
}

void Sessions::alert_for(const std::shared_ptr<Session>& session) {
  alerting_.configure({session->config, &session->monitor, &session->evaluator}, session);
}

std::shared_ptr<Session> Sessions::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

std::vector<Error> Sessions::fixed_by_start(const config::Config& config) const {
  const config::Config& running = *current()->config;
  std::vector<Error> faults;
  const auto compare = [&faults](const char* key, const std::string& was, const std::string& is) {
    if (was == is) return;
    faults.push_back(
        {fmt::format("`{}` was {} when the agent started and is {}: restart the agent to change it", key, was, is),
         {}});
  };
  const auto listen = [](const config::Config& one) { return fmt::format("{}:{}", one.listen_host, one.listen_port); };
  compare("region", running.region, config.region);
  compare("listen", listen(running), listen(config));
  compare("data_dir", running.data_dir, config.data_dir);
  return faults;
}

std::vector<Error> Sessions::replace() {
  if (stopped_) return {Error{"the agent is stopping"}};
  const std::shared_ptr<Session> running = current();
  // What is known of the running one stays secret while both are there.
  LoadedConfig loaded = load_config(options_.config, Programs::check, running->config->secrets);
  std::vector<Error> faults = std::move(loaded.faults);
  if (faults.empty()) faults = fixed_by_start(*loaded.config);
  if (!faults.empty()) return faults;
  log_warnings(loaded);

  store_.flush();
  if (!store_.stats().healthy) return {Error{"results cannot be stored at the moment"}};
  auto made = Session::make(std::move(loaded.config), *ground_);
  if (!made) return {made.error()};
  // All that may fail comes before the running one stops.
  (*made)->prepare(options_.threads);
  if (auto recorded = (*made)->record_settings(); !recorded) return {recorded.error()};
  put_in_place(std::move(*made));
  return {};
}

void Sessions::put_in_place(std::shared_ptr<Session> next) {
  const std::shared_ptr<Session> running = current();
  log::info("probing pauses for a reload");
  running->stop_probing();
  running->evaluator.request_stop();
  try {
    next->take_over(*running);
  } catch (const std::exception& failure) {
    log::error("counts begin again after a reload", {{"reason", failure.what()}});
  }
  history_.set_limit(static_cast<std::size_t>(next->config->probe_endpoint.history));
  next->start_probing();
  try {
    alert_for(next);
  } catch (const std::exception& failure) {
    log::error("alerts go on as before the reload", {{"reason", failure.what()}});
  }
  {
    const std::lock_guard lock(mutex_);
    current_ = std::move(next);
  }
  // Each has its own descriptors for the probes that it is still asked for.
  std::erase_if(earlier_, [](const auto& session) { return session.expired(); });
  earlier_.push_back(running);
  for (std::size_t i = 0; i + kEarlierSessions < earlier_.size(); ++i) {
    if (const auto still = earlier_[i].lock()) still->stop_endpoint();
  }
}

std::vector<Error> Sessions::reload() {
  const std::lock_guard lock(reloading_);
  std::vector<Error> faults;
  try {
    faults = replace();
  } catch (const std::exception& failure) {
    faults = {Error{failure.what()}};
  }
  load_.successful = faults.empty();
  if (faults.empty()) {
    load_.at = clock_.now();
    log::info("configuration reloaded", {{"config", options_.config}});
  }
  for (const Error& fault : faults) {
    log::error("the configuration cannot be reloaded: the one before stays in force", {{"fault", fault.text()}});
  }
  return faults;
}

void Sessions::stop() {
  const std::lock_guard lock(reloading_);
  stopped_ = true;
  const std::shared_ptr<Session> running = current();
  for (const auto& session : earlier_) {
    if (const auto still = session.lock()) still->stop_endpoint();
  }
  running->stop_endpoint();
  running->stop_probing();
  alerting_.stop();
}

}  // namespace nines::agent
