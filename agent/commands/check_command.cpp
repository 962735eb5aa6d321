#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <span>
#include <thread>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "agent/commands/check_output.hpp"
#include "agent/commands/commands.hpp"
#include "agent/commands/common.hpp"
#include "agent/signals.hpp"
#include "base/text.hpp"
#include "config/load.hpp"
#include "probes/async/scope.hpp"

namespace nines::agent {
namespace {

// Runs at once: more would be felt by the target and cost descriptors.
constexpr std::size_t kAtOnce = 32;

using Run = std::function<probes::Task<RunReport>(probes::Stop)>;

probes::Task<void> keep(Run run, RunReport* into, probes::Stop stop) {
  *into = co_await run(stop);
}

// Every run of the list, results in its order.
probes::Task<std::vector<RunReport>> run_all(probes::Engine* engine, std::vector<Run> runs, probes::Stop stop) {
  std::vector<RunReport> reports(runs.size());
  for (std::size_t first = 0; first < runs.size(); first += kAtOnce) {
    probes::Scope scope(engine->loop(), stop);
    const std::size_t last = std::min(runs.size(), first + kAtOnce);
    for (std::size_t i = first; i < last; ++i) scope.spawn(keep(runs[i], &reports[i], scope.stop()));
    co_await scope.join();
  }
  co_return reports;
}

struct Wanted {
  std::shared_ptr<const config::Config> config;
  std::vector<const config::Schedule*> schedules;
};

probes::Task<std::vector<RunReport>> run_wanted(probes::Engine* engine, std::vector<Wanted> wanted, Record record,
                                                probes::Stop stop) {
  probes::Jq jq(*engine);
  std::vector<Run> runs;
  for (const Wanted& part : wanted) {
    for (const config::Schedule* schedule : part.schedules) {
      if (const config::Check* check = part.config->check(schedule->name)) {
        runs.emplace_back([=, &jq, config = part.config](probes::Stop own) {
          return run_check(*engine, jq, config, check, own, {.record = record});
        });
      } else {
        const config::Journey* journey = part.config->journey(schedule->name);
        runs.emplace_back([=, &jq, config = part.config](probes::Stop own) {
          return run_journey(*engine, jq, config, journey, own, {.trace = {.record = record}});
        });
      }
    }
  }
  auto reports = co_await run_all(engine, std::move(runs), stop);
  co_await jq.close();
  co_return reports;
}

Expected<Wanted> wanted_url(const std::string& url) {
  auto made = config::for_target(url);
  if (!made) return std::unexpected(made.error());
  Wanted wanted{adopt(std::move(*made)), {}};
  wanted.schedules = wanted.config->schedules();
  return wanted;
}

Expected<Wanted> wanted_names(const std::shared_ptr<const config::Config>& config,
                              const std::vector<std::string>& names) {
  Wanted wanted{config, config->schedules()};
  if (names.empty()) return wanted;
  std::vector<const config::Schedule*> named;
  for (const std::string& name : names) {
    const auto found = std::ranges::find(wanted.schedules, name, &config::Schedule::name);
    if (found == wanted.schedules.end()) {
      std::vector<std::string_view> known;
      for (const config::Schedule* schedule : wanted.schedules) known.push_back(schedule->name);
      const std::string near = nearest(name, known);
      return fail(near.empty()
                      ? fmt::format("there is no check or journey named \"{}\"", name)
                      : fmt::format("there is no check or journey named \"{}\": did you mean \"{}\"?", name, near));
    }
    named.push_back(*found);
  }
  wanted.schedules = std::move(named);
  return wanted;
}

// Turns SIGTERM and Ctrl-C into a stop, so that journeys clean up after themselves.
class StopOnSignal {
 public:
  StopOnSignal(const sigset_t& signals, probes::Loop& loop)
      : thread_([this, signals, &loop] {
          const timespec moment{0, 50'000'000};
          while (!over_) {
            if (sigtimedwait(&signals, nullptr, &moment) < 0) continue;
            stopped_ = true;
            loop.post([this] { source_.request_stop(); });
          }
        }) {}
  ~StopOnSignal() {
    over_ = true;
    thread_.join();
  }
  StopOnSignal(const StopOnSignal&) = delete;

  probes::Stop stop() { return source_.stop(); }
  bool stopped() const { return stopped_; }

 private:
  probes::StopSource source_;
  std::atomic<bool> over_ = false;
  std::atomic<bool> stopped_ = false;
  std::thread thread_;
};

// Of the terminal that results go to; 0: it is none, or does not say.
std::size_t terminal_columns() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

std::string render(const std::vector<RunReport>& reports, CheckFormat format) {
  switch (format) {
    case CheckFormat::json:
      return check_json(reports);
    case CheckFormat::junit:
      return check_junit(reports);
    case CheckFormat::text:
      break;
  }
  return check_text(reports, isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr, terminal_columns());
}

Exit exit_of(const std::vector<RunReport>& reports) {
  Exit exit = Exit::passed;
  for (const RunReport& report : reports) {
    const Reason reason = report.result.row.reason;
    if (reason == Reason::none) continue;
    exit = worse(exit, is_agent_fault(reason) ? Exit::broken : Exit::failed);
  }
  return exit;
}

bool is_url(const std::string& name) {
  return name.contains("://");
}

}  // namespace

Exit check_command(const CheckOptions& options) {
  std::vector<Wanted> wanted;
  std::vector<std::string> names;
  for (const std::string& name : options.names) {
    if (!is_url(name)) {
      names.push_back(name);
      continue;
    }
    auto part = wanted_url(name);
    if (!part) return tell(part.error(), Exit::usage);
    wanted.push_back(std::move(*part));
  }
  if (!names.empty() || options.names.empty()) {
    const auto config = load_or_tell(options.config, Programs::check);
    if (!config) return Exit::usage;
    auto part = wanted_names(config, names);
    if (!part) return tell(part.error(), Exit::usage);
    wanted.push_back(std::move(*part));
  }

  const sigset_t signals = block_signals({SIGTERM, SIGINT});
  probes::Engine engine;
  StopOnSignal stop(signals, engine.loop());
  const Record record = options.verbose ? Record::texts : Record::nothing;
  const std::vector<RunReport> reports = engine.loop().run(run_wanted(&engine, wanted, record, stop.stop()));
  if (stop.stopped()) return tell(Error{"stopped before every check had run"}, Exit::broken);
  if (auto written = write_output("", render(reports, options.format)); !written) {
    return tell(written.error(), Exit::broken);
  }
  return exit_of(reports);
}

}  // namespace nines::agent
