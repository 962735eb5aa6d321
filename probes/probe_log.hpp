#pragma once

// What one probe did, line by line: for `debug=true` and the history of /probe.

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace nines::probes {

// Filled on the loop's thread, read after the probe has ended. Bounded: what comes after kMaxLines is counted only.
class ProbeLog {
 public:
  enum class Level { info, error };
  using Field = std::pair<std::string_view, std::string>;
  static constexpr std::size_t kMaxLines = 1000;
  static constexpr std::size_t kMaxField = 1024;  // bytes kept of a field's text

  void add(Level level, std::string_view message, std::initializer_list<Field> fields = {});

  // Lines as logfmt: time=2026-10-01T00:00:00.000Z level=info msg="Making HTTP request" url=http://…
  std::string text() const;

 private:
  std::vector<std::string> lines_;
  std::size_t left_out_ = 0;
};

// For `ProbeLog*` that may be null.
inline void note(ProbeLog* log, std::string_view message, std::initializer_list<ProbeLog::Field> fields = {}) {
  if (log != nullptr) log->add(ProbeLog::Level::info, message, fields);
}
inline void note_error(ProbeLog* log, std::string_view message, std::initializer_list<ProbeLog::Field> fields = {}) {
  if (log != nullptr) log->add(ProbeLog::Level::error, message, fields);
}

}  // namespace nines::probes
