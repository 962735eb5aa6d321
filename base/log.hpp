#pragma once

// The log: one JSON object a line on stderr (or text for people), every string redacted. May be used from any thread.
// Once init() was called it never blocks and never throws: a thread of its own writes the lines, whole and in order.
// While stderr takes nothing, 8,192 lines or 8 MB wait; what comes on top is dropped, and a line tells how many were.
//
//   log::info("agent started", {{"checks", 12}, {"listen", "127.0.0.1:9999"}});

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace nines::log {

enum class Level { debug, info, warning, error, critical };
enum class Format { json, text };

struct Options {
  Level level = Level::info;
  Format format = Format::json;
  std::string region;
  std::string instance;  // default: the host's name
};

// Starts the thread that writes. Call once, before other threads start; before that, lines go out as text at level
// warning, and wait for stderr to take them. What is logged until the program's end is written then, if that takes
// less than a second. Tests may call it again, while no other thread logs.
void init(Options options);

// Waits until all that was logged is written, or the time is up. Before _Exit, which waits for nothing.
void flush(std::chrono::milliseconds at_most);

// Flushes and ends the thread, whatever stderr does. Lines that are logged later go out if stderr takes them at once.
void shutdown(std::chrono::milliseconds at_most);

class Value {
 public:
  Value(const char* text) : value_(std::string(text)) {}
  Value(std::string text) : value_(std::move(text)) {}
  Value(std::string_view text) : value_(std::string(text)) {}
  Value(bool flag) : value_(flag) {}
  Value(double number) : value_(number) {}
  Value(int number) : value_(std::int64_t{number}) {}
  Value(long number) : value_(std::int64_t{number}) {}
  Value(long long number) : value_(std::int64_t{number}) {}
  Value(unsigned number) : value_(std::int64_t{number}) {}
  Value(unsigned long number) : value_(static_cast<std::int64_t>(number)) {}
  Value(unsigned long long number) : value_(static_cast<std::int64_t>(number)) {}

  const std::variant<std::string, bool, double, std::int64_t>& get() const { return value_; }

 private:
  std::variant<std::string, bool, double, std::int64_t> value_;
};

// Members of `details`; the names "trace_id" and "correlation_id" are lifted to the top of the object.
using Details = std::initializer_list<std::pair<std::string_view, Value>>;

bool enabled(Level level);
void write(Level level, std::string_view message, Details details = {});

inline void debug(std::string_view message, Details details = {}) {
  write(Level::debug, message, details);
}
inline void info(std::string_view message, Details details = {}) {
  write(Level::info, message, details);
}
inline void warning(std::string_view message, Details details = {}) {
  write(Level::warning, message, details);
}
inline void error(std::string_view message, Details details = {}) {
  write(Level::error, message, details);
}
inline void critical(std::string_view message, Details details = {}) {
  write(Level::critical, message, details);
}

}  // namespace nines::log
