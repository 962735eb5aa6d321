#include "agent/sessions.hpp"

#include <fmt/format.h>

#include "agent/commands/common.hpp"
#include "base/log.hpp"

namespace nines::agent {

Sessions::Sessions(SessionOptions options, store::Store& store, const Clock& clock)
    : options_(std::move(options)), store_(store), history_(0), ground_{store, clock, history_, load_} {
  load_.at = clock.now();
}

Expected<void> Sessions::begin(std::shared_ptr<const config::Config> config) {
  history_.set_limit(static_cast<std::size_t>(config->probe_endpoint.history));
  auto made = Session::make(std::move(config), ground_);
  if (!made) return std::unexpected(made.error());
  (*made)->start_probing(options_.threads);
  const std::lock_guard lock(mutex_);
  current_ = std::move(*made);
  return {};
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

  running->stop_probing();
  store_.flush();
  auto made = Session::make(std::move(loaded.config), ground_);
  if (!made) {
    running->start_probing(options_.threads);
    return {made.error()};
  }
  history_.set_limit(static_cast<std::size_t>((*made)->config->probe_endpoint.history));
  (*made)->start_probing(options_.threads);
  std::erase_if(earlier_, [](const auto& session) { return session.expired(); });
  earlier_.push_back(running);
  const std::lock_guard lock(mutex_);
  current_ = std::move(*made);
  return {};
}

std::vector<Error> Sessions::reload() {
  const std::lock_guard lock(reloading_);
  std::vector<Error> faults = replace();
  load_.successful = faults.empty();
  if (faults.empty()) {
    load_.at = ground_.clock.now();
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
}

}  // namespace nines::agent
