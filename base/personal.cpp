#include "base/personal.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <re2/re2.h>

namespace nines {
namespace {

enum class Kind : std::uint8_t { keep, email, phone, labelled_phone, ssn, labelled_ssn, card };

struct Shape {
  Kind kind;
  const char* pattern;
};

// Read in one pass, the first shape that fits wins. What must stay is a shape too, so that nothing is found in its
// middle. Bytes from 0x80 are letters (the pattern is Latin-1, so UTF-8 comes through untouched). Repetitions are
// bounded where text could otherwise be read again and again.
constexpr auto kShapes = std::to_array<Shape>({
    // jane.doe+x@example.co.uk, jane%40example.com
    {Kind::email,
     R"([\w.+'\x80-\xff-][\w.%+'\x80-\xff-]{0,63}(?:@|%40)(?:[\w\x80-\xff-]{1,63}\.){1,8}[A-Za-z\x80-\xff]{2,24})"},
    // JSON's escapes do not belong to the word after them.
    {Kind::keep, R"(\\u[0-9A-Fa-f]{4}|\\[bfnrt])"},
    // UUID, traceparent
    {Kind::keep, R"([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b)"},
    {Kind::keep, R"([0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\b)"},
    // 2026-10-01, 2026-10-01T00:00:00.250+02:00
    {Kind::keep, R"(\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?\b)"},
    // 192.0.2.7:443, 10.0.0.0/8
    {Kind::keep, R"(\d{1,3}(?:\.\d{1,3}){3}(?:[:/]\d+)?\b)"},
    // "phone": "5551234567"
    {Kind::labelled_phone,
     R"re((?i:\w{0,32}phone|mobile|tel|fax)(?i:_?(?:number|no))?["']?\s{0,4}[:=]\s{0,4}["']?[+(]{0,2}\d(?:[ .()/-]{0,2}\d){6,14}\b)re"},
    {Kind::labelled_ssn,
     R"re((?i:ssn|social_security_number)["']?\s{0,4}[:=]\s{0,4}["']?(?:\d{9}|\d{3}[ -]\d\d[ -]\d{4})\b)re"},
    // +49 (0)30 123456, %2B4930123456
    {Kind::phone, R"((?:\+|%2[Bb])\d(?:[ .()/-]{0,2}\d){7,14}\b)"},
    // (555) 123-4567, 1-555-123-4567, 555 123-4567, 555.123.4567
    {Kind::phone, R"((?:1[ .-])?\([2-9]\d\d\)[ -]?\d{3}[ .-]\d{4}\b)"},
    {Kind::phone, R"((?:1[ .-])?(?:[2-9]\d\d[ -]\d{3}-\d{4}|[2-9]\d\d\.\d{3}\.\d{4})\b)"},
    {Kind::ssn, R"(\d{3}-\d\d-\d{4}\b)"},
    {Kind::card, R"((?:\d{4}(?:[ -]\d{4}){3}|\d{4}[ -]\d{6}[ -]\d{4,5}|\d{13,19})\b)"},
    // Decimals, URL escapes, words (with hexadecimal ids) and other numbers
    {Kind::keep, R"(\d+\.\d+|%[0-9A-Fa-f]{2}|[\w\x80-\xff]+)"},
});

class Pattern {
 public:
  Pattern() : regex_(source(), options()) {}

  // The next shape in `text` from `from` on; its kind and place.
  bool next(re2::StringPiece text, std::size_t from, Kind& kind, re2::StringPiece& found) const {
    std::array<re2::StringPiece, kShapes.size() + 1> groups;
    if (!regex_.Match(text, from, text.size(), RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size()))) {
      return false;
    }
    found = groups[0];
    for (std::size_t i = 0; i < kShapes.size(); ++i) {
      if (groups[i + 1].data() != nullptr) kind = kShapes[i].kind;
    }
    return true;
  }

 private:
  static std::string source() {
    std::string source;
    for (const Shape& shape : kShapes) {
      source += source.empty() ? "(" : "|(";
      source += shape.pattern;
      source += ")";
    }
    return source;
  }

  static RE2::Options options() {
    RE2::Options options(RE2::Latin1);
    options.set_max_mem(64 << 20);
    return options;
  }

  RE2 regex_;
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string digits_of(std::string_view text) {
  std::string digits;
  std::ranges::copy_if(text, std::back_inserter(digits), is_digit);
  return digits;
}

// ISO/IEC 7812-1, annex B.
bool passes_luhn(std::string_view digits) {
  int sum = 0;
  bool doubled = false;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, doubled = !doubled) {
    const int value = (*digit - '0') * (doubled ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 == 0;
}

// The issuers' ranges, with the lengths they give out: most numbers of these lengths are not cards but times in
// milliseconds, microseconds or nanoseconds (which start with 1).
bool is_card(std::string_view digits) {
  if (!passes_luhn(digits)) return false;
  const auto starts = [digits](std::string_view low, std::string_view high) {
    const std::string_view start = digits.substr(0, low.size());
    return low <= start && start <= high;
  };
  switch (digits.size()) {
    case 13:
      return starts("4", "4");
    case 14:
      return starts("300", "305") || starts("36", "36") || starts("38", "39");
    case 15:
      return starts("34", "34") || starts("37", "37");
    case 16:
    case 17:
    case 18:
    case 19:
      return starts("2221", "2720") || starts("35", "35") || starts("4", "6");
    default:
      return false;
  }
}

// Never given out: 000, 666 and 900 on, group 00, serial 0000.
bool is_ssn(std::string_view digits) {
  const std::string_view area = digits.substr(0, 3);
  return area != "000" && area != "666" && area < "900" && digits.substr(3, 2) != "00" && digits.substr(5) != "0000";
}

// What is shown instead of `found`, or nothing when it only looked like it.
std::string_view placeholder(Kind kind, std::string_view found, char before) {
  switch (kind) {
    case Kind::keep:
      return {};
    case Kind::email:
      return "<email>";
    case Kind::labelled_phone:
      return "<phone>";
    case Kind::labelled_ssn:
      return "<ssn>";
    case Kind::ssn:
      return is_ssn(digits_of(found)) ? "<ssn>" : "";
    case Kind::card:
      return is_card(digits_of(found)) ? "<card>" : "";
    case Kind::phone: {
      const bool sum = found.front() == '+' && (is_digit(before) || is_letter(before));  // 1+23456789, 1e+12345678
      return sum ? "" : "<phone>";
    }
  }
  return {};
}

// How much of `found` is left as it is: the label of a labelled number; all of what stays; of a number that only
// looked like a card or a phone its first digits, since the next group may begin one.
std::size_t kept(Kind kind, std::string_view found, bool hidden) {
  if (kind == Kind::labelled_phone || kind == Kind::labelled_ssn) {
    return found.find_first_of("+(0123456789", found.find_last_of(":="));
  }
  if (hidden) return 0;
  if (kind == Kind::keep) return found.size();
  const auto end = std::ranges::find_if_not(found, is_digit);
  return std::max<std::size_t>(1, static_cast<std::size_t>(end - found.begin()));
}

bool worth_a_look(std::string_view text) {
  constexpr auto kFewest = 7;  // digits of the shortest labelled phone number
  return text.contains('@') || text.contains("%40") || std::ranges::count_if(text, is_digit) >= kFewest;
}

}  // namespace

std::string hide_personal_data(std::string text) {
  if (!worth_a_look(text)) return text;
  static const auto& pattern = *new Pattern;  // never destroyed: threads may log while the program ends
  std::string out;
  out.reserve(text.size());
  std::size_t at = 0;
  Kind kind = Kind::keep;
  re2::StringPiece piece;
  while (pattern.next(text, at, kind, piece)) {
    const std::string_view found(piece.data(), piece.size());
    const auto start = static_cast<std::size_t>(found.data() - text.data());
    const std::string_view instead = placeholder(kind, found, start == 0 ? ' ' : text[start - 1]);
    const std::size_t keep = kept(kind, found, !instead.empty());
    out.append(text, at, start + keep - at);
    out += instead;
    at = start + (instead.empty() ? keep : found.size());
  }
  out.append(text, at);
  return out;
}

}  // namespace nines
