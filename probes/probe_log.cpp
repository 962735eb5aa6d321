#include "probes/probe_log.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/text.hpp"

namespace nines::probes {

namespace {

// logfmt: quoted when it is empty or holds what would end it.
std::string field_text(std::string_view text) {
  const std::string cut = ellipsize(text, ProbeLog::kMaxField);
  const bool plain = !cut.empty() && std::ranges::none_of(cut, [](unsigned char c) {
    return c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f;
  });
  if (plain) return cut;
  std::string quoted = "\"";
  for (const char c : cut) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (c == '\n') {
      quoted += "\\n";
    } else if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) {
      quoted += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

}  // namespace

void ProbeLog::add(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (lines_.size() >= kMaxLines) {
    ++left_out_;
    return;
  }
  std::string line = fmt::format("time={} level={} msg={}", format_time(system_clock().now(), 3),
                                 level == Level::info ? "info" : "error", field_text(message));
  for (const auto& [name, value] : fields) line += fmt::format(" {}={}", name, field_text(value));
  lines_.push_back(std::move(line));
}

std::string ProbeLog::text() const {
  std::string text;
  for (const std::string& line : lines_) text += line + "\n";
  if (left_out_ > 0) text += fmt::format("({} more lines)\n", left_out_);
  return text;
}

}  // namespace nines::probes
