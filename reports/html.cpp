#include "reports/html.hpp"

#include <cstdint>

namespace nines::reports {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<std::uint8_t>(text[at]) : 0;
}

bool is_between(std::uint8_t byte, int low, int high) {
  return low <= byte && byte <= high;
}

// The length of the well-formed UTF-8 sequence of two to four bytes at `at`, or 0 (Unicode, table 3-7).
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const std::uint8_t first = byte_at(text, at);
  const std::uint8_t second = byte_at(text, at + 1);
  const bool third = is_between(byte_at(text, at + 2), 0x80, 0xBF);
  const bool fourth = is_between(byte_at(text, at + 3), 0x80, 0xBF);
  if (is_between(first, 0xC2, 0xDF)) return is_between(second, 0x80, 0xBF) ? 2 : 0;
  if (is_between(first, 0xE0, 0xEF)) {
    const int low = first == 0xE0 ? 0xA0 : 0x80;
    const int high = first == 0xED ? 0x9F : 0xBF;
    return is_between(second, low, high) && third ? 3 : 0;
  }
  if (is_between(first, 0xF0, 0xF4)) {
    const int low = first == 0xF0 ? 0x90 : 0x80;
    const int high = first == 0xF4 ? 0x8F : 0xBF;
    return is_between(second, low, high) && third && fourth ? 4 : 0;
  }
  return 0;
}

std::string_view reference(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n') || c == 0x7F;
}

enum class References { leave, write };

void append(std::string& out, std::string_view text, References references) {
  for (std::size_t at = 0; at < text.size();) {
    if (byte_at(text, at) < 0x80) {
      const std::string_view written = references == References::write ? reference(text[at]) : std::string_view();
      out += is_control(text[at]) ? kReplacement : written.empty() ? text.substr(at, 1) : written;
      ++at;
    } else if (const std::size_t length = sequence_length(text, at); length > 0) {
      out += text.substr(at, length);
      at += length;
    } else {
      out += kReplacement;
      ++at;
    }
  }
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  append(out, text, References::write);
  return out;
}

std::string well_formed(std::string_view text) {
  std::string out;
  append(out, text, References::leave);
  return out;
}

void Html::start(std::string_view tag, Attributes attributes, std::string_view end) {
  out_ += '<';
  out_ += tag;
  for (const auto& [name, value] : attributes) {
    out_ += ' ';
    out_ += name;
    out_ += "=\"";
    append(out_, value, References::write);
    out_ += '"';
  }
  out_ += end;
}

Html& Html::open(std::string_view tag, Attributes attributes) {
  start(tag, attributes);
  open_.push_back(tag);
  return *this;
}

Html& Html::text(std::string_view text) {
  append(out_, text, References::write);
  return *this;
}

Html& Html::close() {
  out_ += "</";
  out_ += open_.back();
  out_ += '>';
  open_.pop_back();
  return *this;
}

Html& Html::element(std::string_view tag, Attributes attributes, std::string_view content) {
  return open(tag, attributes).text(content).close();
}

Html& Html::empty(std::string_view tag, Attributes attributes) {
  start(tag, attributes);
  return *this;
}

Html& Html::leaf(std::string_view tag, Attributes attributes) {
  start(tag, attributes, "/>");
  return *this;
}

Html& Html::markup(std::string_view markup) {
  out_ += markup;
  return *this;
}

Html& Html::line() {
  out_ += '\n';
  return *this;
}

std::string Html::take() && {
  while (!open_.empty()) close();
  return std::move(out_);
}

}  // namespace nines::reports
