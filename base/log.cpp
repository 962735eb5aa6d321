#include "base/log.hpp"

#include <array>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <memory>
#include <mutex>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/line_writer.hpp"
#include "base/redact.hpp"
#include "base/text.hpp"
#include "base/time.hpp"

namespace nines::log {
namespace {

constexpr std::chrono::seconds kAtExit{1};

// Lines before init(): there is nothing to do but to wait for stderr.
void write_all(std::string_view rest) {
  while (!rest.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return;  // nowhere left to complain
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

// spdlog's own sinks write where the line is made, and its thread pool would wait for a stuck pipe at the end.
class StderrSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  void replace(std::shared_ptr<LineWriter> writer) {
    const std::scoped_lock lock(mutex_);
    writer_ = std::move(writer);
  }
  std::shared_ptr<LineWriter> writer() {
    const std::scoped_lock lock(mutex_);
    return writer_;
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    if (writer_ == nullptr) {
      write_all({line.data(), line.size()});
    } else {
      writer_->push({line.data(), line.size()});
    }
  }
  void flush_() override {}

 private:
  std::shared_ptr<LineWriter> writer_;  // null before init()
};

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
    case Level::critical:
      return spdlog::level::critical;
  }
  return spdlog::level::critical;
}

std::string_view level_name(Level level) {
  constexpr std::array<std::string_view, 5> kNames = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"};
  return kNames.at(static_cast<std::size_t>(level));
}

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

struct State {
  Options options{.level = Level::warning, .format = Format::text, .region = {}, .instance = {}};
  std::shared_ptr<StderrSink> sink = std::make_shared<StderrSink>();
  spdlog::logger logger{"nines", sink};

  State() {
    logger.set_formatter(
        std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc, std::string("\n")));
    logger.set_error_handler([](const std::string&) {});
    apply();
  }
  void apply() { logger.set_level(to_spdlog(options.level)); }
};

// Never destroyed: threads may log while the program ends.
State& state() {
  static auto& state = *new State;
  return state;
}

Json to_json(const Value& value, const Redactor& redactor) {
  return std::visit(
      [&redactor](const auto& held) -> Json {
        if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::string>) {
          return redactor.all(held);
        } else {
          return held;
        }
      },
      value.get());
}

bool is_lifted(std::string_view name) {
  return name == "trace_id" || name == "correlation_id";
}

std::string json_line(Level level, std::string_view message, Details details, const Redactor& redactor) {
  const Options& options = state().options;
  Json line = {{"timestamp", format_time(system_clock().now(), 3)},
               {"level", level_name(level)},
               {"service", "nines"},
               {"instance", options.instance},
               {"region", options.region},
               {"trace_id", ""},
               {"correlation_id", ""},
               {"message", redactor.all(message)},
               {"details", Json::object()}};
  for (const auto& [name, value] : details) {
    Json& object = is_lifted(name) ? line : line["details"];
    object[std::string(name)] = to_json(value, redactor);
  }
  return dump_json(line);
}

// Bare when it is one word, as JSON otherwise.
std::string text_value(const Json& value) {
  if (!value.is_string()) return dump_json(value);
  const auto& text = value.get_ref<const std::string&>();
  const bool word = !text.empty() && text.find_first_of(" \"=") == std::string::npos && printable(text) == text;
  return word ? text : dump_json(value);
}

std::string text_line(Level level, std::string_view message, Details details, const Redactor& redactor) {
  std::string line = fmt::format("{} {:<5} {}", format_time(system_clock().now(), 3), level_name(level),
                                 printable(redactor.all(message)));
  for (const auto& [name, value] : details) {
    const Json shown = to_json(value, redactor);
    // People need not read that there is nothing to say.
    if (shown != "") line += fmt::format(" {}={}", name, text_value(shown));
  }
  return line;
}

std::string line_of(Level level, std::string_view message, Details details) {
  const auto redactor = nines::redactor();
  const bool json = state().options.format == Format::json;
  return json ? json_line(level, message, details, *redactor) : text_line(level, message, details, *redactor);
}

std::string notice_of(std::uint64_t dropped) {
  const auto* what = dropped == 1 ? "log line was" : "log lines were";
  return line_of(Level::warning, fmt::format("{} {} dropped", dropped, what), {}) + "\n";
}

}  // namespace

void init(Options options) {
  static const int at_exit = std::atexit([] { shutdown(kAtExit); });
  (void)at_exit;
  shutdown(kAtExit);
  if (options.instance.empty()) options.instance = host_name();
  state().options = std::move(options);
  state().apply();
  state().sink->replace(std::make_shared<LineWriter>(STDERR_FILENO, notice_of));
}

void flush(std::chrono::milliseconds at_most) {
  if (const auto writer = state().sink->writer()) writer->flush(at_most);
}

void shutdown(std::chrono::milliseconds at_most) {
  if (const auto writer = state().sink->writer()) writer->end(at_most);
}

bool enabled(Level level) {
  return state().logger.should_log(to_spdlog(level));
}

void write(Level level, std::string_view message, Details details) {
  if (!enabled(level)) return;
  try {
    const std::string line = line_of(level, message, details);
    state().logger.log(to_spdlog(level), spdlog::string_view_t(line));
  } catch (...) {
    // Out of memory: a lost line is better than a lost agent.
    return;
  }
}

}  // namespace nines::log
