#include "agent/commands/gate_command.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "agent/commands/common.hpp"
#include "agent/gate/gates.hpp"
#include "agent/gate/remote.hpp"
#include "agent/gate/run.hpp"
#include "agent/signals.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace nines::agent {
namespace {

using namespace std::chrono_literals;

// Turns SIGTERM and Ctrl-C into a stop, so that journeys clean up and silences are closed.
class Interrupt {
 public:
  Interrupt()
      : signals_(block_signals({SIGTERM, SIGINT})), thread_([this](const std::stop_token& over) {
          const timespec moment{0, 50'000'000};
          while (!over.stop_requested()) {
            if (sigtimedwait(&signals_, nullptr, &moment) > 0) source_.request_stop();
          }
        }) {}
  std::stop_token token() const { return source_.get_token(); }
  // False: it was asked for.
  bool sleep(std::chrono::milliseconds duration) const {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable_any changed;
    return !changed.wait_for(lock, source_.get_token(), duration, [] { return false; }) && !source_.stop_requested();
  }

 private:
  sigset_t signals_;
  std::stop_source source_;
  std::jthread thread_;  // last: it uses the others
};

// On a terminal the table of the moment, over and over in its place; elsewhere a line a minute.
class Progress {
 public:
  void show(const reports::GateReport& report, bool minute) {
    if (!terminal_) {
      if (minute) fmt::print(stderr, "{}\n", reports::gate_line(report));
      return;
    }
    Json document = reports::gate_json(report);
    const auto text = reports::gate_text(document, reports::GateFormat::text);
    if (text) put(*text);
  }
  void show(const Json& document) {
    const std::size_t minutes = document.contains("minutes") ? document["minutes"].size() : 0;
    if (terminal_) {
      if (const auto text = reports::gate_text(document, reports::GateFormat::text)) put(*text);
    } else if (minutes > told_) {
      told_ = minutes;
      const Json& last = document["minutes"].back();
      fmt::print(stderr, "minute {}: {}\n", minutes, last.value("verdict", ""));
    }
  }
  void clear() { put({}); }

 private:
  void put(const std::string& text) {
    if (!terminal_) return;
    if (lines_ > 0) fmt::print(stderr, "\x1b[{}A\x1b[J", lines_);
    lines_ = std::ranges::count(text, '\n');
    fmt::print(stderr, "{}", text);
    std::fflush(stderr);
  }

  const bool terminal_ = isatty(STDERR_FILENO) == 1;
  std::ptrdiff_t lines_ = 0;
  std::size_t told_ = 0;
};

Exit write_document(const Json& document, const GateOptions& options) {
  const auto text = reports::gate_text(document, options.format);
  if (!text) return tell(text.error(), Exit::inconclusive);
  if (auto written = write_output(options.output, *text); !written) return tell(written.error(), Exit::inconclusive);
  const Json verdict = document.value("verdict", Json());
  return gate_exit(verdict.is_string() ? verdict.get<std::string>() : std::string(), options.strict);
}

Exit ask_agent(const GateOptions& options) {
  const auto remote = RemoteGates::at(options.agent);
  if (!remote) return tell(Error{"--agent: " + remote.error().message}, Exit::usage);
  const Interrupt interrupt;
  Progress progress;
  GateRequest request = options.request;
  // Whoever types the command wants this deployment to be looked at now.
  request.again = true;
  auto document = remote->ask(request, interrupt.token());
  while (document && document->value("verdict", Json()) == "running") {
    progress.show(*document);
    if (!interrupt.sleep(500ms)) return tell(Error{"stopped: the agent goes on with the gate"}, Exit::inconclusive);
    document = remote->find((*document)["id"].get<std::string>(), interrupt.token());
  }
  progress.clear();
  if (!document) return tell(document.error(), Exit::inconclusive);
  return write_document(*document, options);
}

Exit run_here(const GateOptions& options) {
  const auto config = load_or_tell(options.config, Programs::check);
  if (!config) return Exit::usage;
  auto schedules = schedules_of(*config, options.request);
  if (!schedules) return tell(schedules.error(), Exit::usage);
  GateRequest request = options.request;
  request.measure = options.data_dir.empty() && request.phase == GatePhase::baseline;
  const std::string data_dir = options.data_dir.empty() ? config->data_dir : options.data_dir;
  const Interrupt interrupt;
  Progress progress;
  GateRun run({config, data_dir}, request, std::move(*schedules));
  run.on_progress([&progress](const reports::GateReport& report, bool minute) { progress.show(report, minute); });
  run.run(interrupt.token());
  progress.clear();
  return write_document(reports::gate_json(run.report()), options);
}

Expected<Json> status_of(const GateStatusOptions& options, const std::string& data_dir) {
  if (!options.agent.empty()) {
    const auto remote = RemoteGates::at(options.agent);
    if (!remote) return std::unexpected(remote.error());
    return options.name.empty() ? remote->list() : remote->find(options.name);
  }
  auto book = store::GateBook::open_existing(data_dir);
  if (!book) return std::unexpected(book.error());
  if (options.name.empty()) {
    const auto gates = book->gates(50);
    if (!gates) return std::unexpected(gates.error());
    const auto marks = book->marks();
    if (!marks) return std::unexpected(marks.error());
    return gate_list(*gates, *marks);
  }
  auto entry = book->gate(options.name);
  for (const char* phase : {"verify", "baseline"}) {
    if (entry && !*entry) entry = book->latest(options.name, phase);
  }
  if (!entry) return std::unexpected(entry.error());
  if (!*entry) return fail("there is no gate \"" + printable(options.name) + "\"");
  return parse_json((*entry)->document);
}

std::string list_text(const Json& list) {
  std::string out;
  const auto word = [](const Json& from, const char* key) {
    return from.contains(key) && from[key].is_string() ? printable(from[key].get<std::string>()) : std::string("-");
  };
  for (const Json& gate : list.at("gates")) {
    out += fmt::format("{:<24}  {:<20} {:<9} {:<12}  {}\n", word(gate, "began"), word(gate, "deployment"),
                       word(gate, "phase"), word(gate, "verdict"), word(gate, "id"));
  }
  for (const Json& mark : list.at("deployments")) {
    out += fmt::format("{:<24}  {} is version {} (before: {})\n", word(mark, "time"), word(mark, "service"),
                       word(mark, "version"), word(mark, "previous"));
  }
  return out.empty() ? "no gate yet, and no version that was read\n" : out;
}

}  // namespace

Exit gate_exit(const std::string& verdict, bool strict) {
  if (verdict == "pass") return Exit::passed;
  if (verdict == "warning") return strict ? Exit::failed : Exit::passed;
  return verdict == "rollback" ? Exit::failed : Exit::inconclusive;
}

Exit gate_command(const GateOptions& options) {
  log::init({.level = log::Level::error, .format = log::Format::text, .region = {}, .instance = {}});
  return options.agent.empty() ? run_here(options) : ask_agent(options);
}

Exit gate_status_command(const GateStatusOptions& options) {
  std::string data_dir;
  if (options.agent.empty()) {
    data_dir = data_dir_or_tell(options.data_dir, options.config);
    if (data_dir.empty()) return Exit::usage;
  }
  const auto document = status_of(options, data_dir);
  if (!document) return tell(document.error(), Exit::inconclusive);
  const bool list = options.name.empty() && options.format != reports::GateFormat::json;
  const auto text = list ? Expected<std::string>(list_text(*document)) : reports::gate_text(*document, options.format);
  if (!text) return tell(text.error(), Exit::inconclusive);
  if (auto written = write_output("", *text); !written) return tell(written.error(), Exit::broken);
  return Exit::passed;
}

}  // namespace nines::agent
