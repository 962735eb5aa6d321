#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <signal.h>

#include "agent/commands/commands.hpp"
#include "agent/commands/common.hpp"
#include "agent/endpoints.hpp"
#include "agent/evaluator.hpp"
#include "agent/exporter.hpp"
#include "agent/http/listener.hpp"
#include "agent/monitor.hpp"
#include "agent/objectives.hpp"
#include "agent/probe_thread.hpp"
#include "agent/signals.hpp"
#include "base/ids.hpp"
#include "base/version.hpp"

namespace nines::agent {
namespace {

using namespace std::chrono_literals;

// The agent ends within 10 s, whatever a cleanup is waiting for.
constexpr auto kShutdownLimit = 10s;

// Steps of the wall clock against the monotonic one: no span of a result may cross one (docs/sla.md).
class ClockWatch {
 public:
  ClockWatch(const Clock& clock, store::Store& store, std::string region)
      : clock_(clock), store_(store), region_(std::move(region)), looked_(clock.now()), offset_(offset()) {}

  void look() {
    const Time now = clock_.now();
    const Micros offset_now = offset();
    const Micros step = offset_now - offset_;
    // On the new clock, when it was last seen to be right: no result since then started earlier.
    const Time at = looked_ + step;
    offset_ = offset_now;
    looked_ = now;
    if (step <= 1s && step >= -1s) return;
    log::warning("the wall clock was stepped", {{"seconds", seconds(step)}});
    store_.submit_clock_step({region_, at, step});
  }

 private:
  Micros offset() const {
    return clock_.now().time_since_epoch() - std::chrono::duration_cast<Micros>(clock_.monotonic());
  }

  const Clock& clock_;
  store::Store& store_;
  std::string region_;
  Time looked_;
  Micros offset_;
};

// The signal that ends the agent; looks after the clock meanwhile.
int wait_for_end(const sigset_t& signals, ClockWatch& clock_watch) {
  while (true) {
    const timespec second{1, 0};
    const int signal = sigtimedwait(&signals, nullptr, &second);
    if (signal == SIGTERM || signal == SIGINT) return signal;
    if (signal == SIGHUP) log::warning("SIGHUP: this version does not reload; restart to take up a new configuration");
    clock_watch.look();
  }
}

using ProbeThreads = std::vector<std::unique_ptr<ProbeThread>>;

ProbeThreads start_probing(const std::shared_ptr<const config::Config>& config, int count, Monitor& monitor,
                           const Clock& clock) {
  ProbeThreads threads;
  for (int i = 0; i < count; ++i) {
    const auto mine = [i, count](const config::Schedule& schedule) {
      return stable_hash(schedule.name) / 7 % static_cast<std::uint64_t>(count) == static_cast<std::uint64_t>(i);
    };
    threads.push_back(std::make_unique<ProbeThread>(config, mine, monitor, clock));
  }
  return threads;
}

// Ends the process when the orderly end takes too long; ended itself when it does not.
class ShutdownLimit {
 public:
  ShutdownLimit()
      : thread_([this] {
          std::unique_lock lock(mutex_);
          if (changed_.wait_for(lock, kShutdownLimit, [this] { return over_; })) return;
          log::critical("shutdown took too long: ended");
          log::flush(200ms);
          std::_Exit(static_cast<int>(Exit::broken));
        }) {}
  ~ShutdownLimit() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  ShutdownLimit(const ShutdownLimit&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace

Exit agent_command(const AgentOptions& options) {
  const sigset_t signals = block_signals({SIGTERM, SIGINT, SIGHUP});
  const Clock& clock = system_clock();
  // Armed when the end begins; outlives everything that may be slow to end.
  std::optional<ShutdownLimit> limit;

  const auto config = load_or_tell(options.config, Programs::check);
  if (!config) return Exit::usage;
  log::init({.level = options.log_level, .format = options.log_format, .region = config->region, .instance = {}});

  auto listener = Listener::bind(config->listen_host, config->listen_port);
  if (!listener) return tell(listener.error(), Exit::broken);
  auto opened = store::Store::open({.data_dir = config->data_dir, .clock = &clock});
  if (!opened) return tell(opened.error(), Exit::broken);
  store::Store& store = **opened;
  const Time loaded_at = clock.now();
  if (auto recorded = store.record_settings(settings_of(*config, loaded_at)); !recorded) {
    return tell(recorded.error(), Exit::broken);
  }

  Metrics metrics(*config);
  Monitor monitor(*config, metrics, store, clock);
  {
    store::Reader reader = store.reader();
    auto entries = reader.health();
    if (!entries) return tell(entries.error(), Exit::broken);
    monitor.restore(*entries);
  }
  Evaluator evaluator(config, store, clock);
  const Exporter exporter{*config, metrics, monitor, evaluator, store, loaded_at};
  std::atomic<bool> ready = false;
  const EndpointSources sources{*config, exporter, monitor, evaluator, store, clock, ready};
  add_endpoints(**listener, sources);
  (*listener)->serve();

  ProbeThreads threads = start_probing(config, options.threads, monitor, clock);
  ready = true;
  log::info("agent started", {{"version", kVersion},
                              {"listen", (*listener)->url()},
                              {"checks", config->checks.size()},
                              {"journeys", config->journeys.size()},
                              {"objectives", config->objectives.size()}});

  ClockWatch clock_watch(clock, store, config->region);
  const int signal = wait_for_end(signals, clock_watch);
  log::info("agent stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
  limit.emplace();
  ready = false;
  for (const auto& thread : threads) thread->request_stop();
  for (const auto& thread : threads) thread->join();
  (*listener)->stop();
  store.flush();
  const store::WriterStats stats = store.stats();
  log::info("agent stopped", {{"results_stored", stats.written}, {"results_lost", stats.failed}});
  return stats.failed == 0 ? Exit::passed : Exit::broken;
}

}  // namespace nines::agent
