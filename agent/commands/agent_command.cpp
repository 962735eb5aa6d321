#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <signal.h>

#include "agent/commands/commands.hpp"
#include "agent/commands/common.hpp"
#include "agent/endpoints.hpp"
#include "agent/http/listener.hpp"
#include "agent/month_end.hpp"
#include "agent/sessions.hpp"
#include "agent/signals.hpp"
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

// Reloads beside whoever waits for the next signal, one at a time.
class Reloads {
 public:
  explicit Reloads(Sessions& sessions) : sessions_(sessions) {}

  void ask() { asked_ = true; }
  // Begins what was asked for unless one is going on.
  void look() {
    if (!asked_ || (going_.valid() && going_.wait_for(0s) != std::future_status::ready)) return;
    try {
      going_ = std::async(std::launch::async, [this] { sessions_.reload(); });
      asked_ = false;
    } catch (const std::system_error& failure) {
      log::error("the configuration cannot be reloaded yet", {{"reason", failure.what()}});
    }
  }

 private:
  Sessions& sessions_;
  bool asked_ = false;
  std::future<void> going_;
};

// The signal that ends the agent; looks after the clock and the maintenance windows meanwhile, and reloads on SIGHUP.
int wait_for_end(const sigset_t& signals, Reloads& reloads, ClockWatch& clock_watch, const Sessions& sessions) {
  while (true) {
    const timespec second{1, 0};
    const int signal = sigtimedwait(&signals, nullptr, &second);
    if (signal == SIGTERM || signal == SIGINT) return signal;
    if (signal == SIGHUP) reloads.ask();
    reloads.look();
    clock_watch.look();
    sessions.current()->look_at_windows();
  }
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

  const LoadedConfig loaded = load_config(options.config, Programs::check);
  if (!tell_faults(loaded)) return Exit::usage;
  const auto& config = loaded.config;
  log::init({.level = options.log_level, .format = options.log_format, .region = config->region, .instance = {}});
  log_warnings(loaded);

  auto bound = Listener::bind(config->listen_host, config->listen_port);
  if (!bound) return tell(bound.error(), Exit::broken);
  auto opened = store::Store::open({.data_dir = config->data_dir, .clock = &clock});
  if (!opened) return tell(opened.error(), Exit::broken);
  store::Store& store = **opened;
  auto marks = Deployments::stored(config->data_dir);
  if (!marks) return tell(marks.error(), Exit::broken);
  Deployments deployments(config->data_dir, std::move(*marks));
  Sessions sessions({options.config, options.threads}, store, deployments, clock);
  if (auto begun = sessions.begin(config); !begun) return tell(begun.error(), Exit::broken);
  std::atomic<bool> ready = false;
  Gates gates(sessions, deployments, clock);
  const EndpointSources sources{sessions, store, clock, gates, ready};
  // Its handlers use all of these: it ends first, whatever happens.
  const std::unique_ptr<Listener> listener = std::move(*bound);
  add_endpoints(*listener, sources);
  listener->serve();

  ready = true;
  log::info("agent started", {{"version", kVersion},
                              {"listen", listener->url()},
                              {"checks", config->checks.size()},
                              {"journeys", config->journeys.size()},
                              {"objectives", config->objectives.size()}});

  std::optional<MonthEnd> month_end(std::in_place, sessions, store, clock);
  ClockWatch clock_watch(clock, store, config->region);
  Reloads reloads(sessions);
  const int signal = wait_for_end(signals, reloads, clock_watch, sessions);
  log::info("agent stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
  limit.emplace();
  ready = false;
  month_end.reset();
  gates.stop();
  sessions.stop();
  listener->stop();
  store.flush();
  const store::WriterStats stats = store.stats();
  log::info("agent stopped", {{"results_stored", stats.written}, {"results_lost", stats.failed}});
  return stats.failed == 0 ? Exit::passed : Exit::broken;
}

}  // namespace nines::agent
