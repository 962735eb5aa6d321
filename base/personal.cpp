#include "base/personal.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include <re2/re2.h>

namespace nines {
namespace {

enum class Kind : std::uint8_t { keep, phone, labelled_phone, ssn, labelled_ssn, card };

struct Shape {
  Kind kind;
  const char* pattern;
};

// Bytes from 0x80 are letters in all patterns (Latin-1, so UTF-8 comes through untouched). Repetitions are bounded
// where text could otherwise be read again and again.

// jane.doe+x@example.co.uk, jane%40example.com; JSON's escapes do not belong to the word after them.
constexpr const char* kEmail = R"((\\[bfnrt]|)[\w.+'\x80-\xff-][\w.%+'\x80-\xff-]{0,63}(?:@|%40))"
                               R"((?:[\w\x80-\xff-]{1,63}\.){1,8}[A-Za-z\x80-\xff]{2,24})";

// What may start where a number, a sign, a bracket or a label does; the first that fits wins. What must stay is a shape
// too, so that nothing is found in its middle.
constexpr auto kShapes = std::to_array<Shape>({
    // traceparent
    {Kind::keep, R"(00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}\b)"},
    // 2026-10-01, 2026-10-01T00:00:00.250+02:00
    {Kind::keep, R"(\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?\b)"},
    // 192.0.2.7:443, 10.0.0.0/8
    {Kind::keep, R"(\d{1,3}(?:\.\d{1,3}){3}(?:[:/]\d+)?\b)"},
    // "phone": "5551234567"
    {Kind::labelled_phone, R"re((?i:\w{0,32}phone|mobile|tel|fax)(?i:_?(?:number|no))?["']?\s{0,4}[:=]\s{0,4}["']?)re"
                           R"re([+(]{0,2}\d(?:[ .()/-]{0,2}\d){6,14}\b)re"},
    {Kind::labelled_ssn,
     R"re((?i:ssn|social_security_number)["']?\s{0,4}[:=]\s{0,4}["']?(?:\d{9}|\d{3}[ -]\d\d[ -]\d{4})\b)re"},
    // +49 (0)30 123456, %2B4930123456
    {Kind::phone, R"((?:\+|%2[Bb])\d(?:[ .()/-]{0,2}\d){7,14}\b)"},
    // (555) 123-4567, 1-555-123-4567, 555 123-4567, 555.123.4567
    {Kind::phone, R"((?:1[ .-])?\([2-9]\d\d\)[ -]?\d{3}[ .-]\d{4}\b)"},
    {Kind::phone, R"((?:1[ .-])?(?:[2-9]\d\d[ -]\d{3}-\d{4}|[2-9]\d\d\.\d{3}\.\d{4})\b)"},
    {Kind::ssn, R"(\d{3}-\d\d-\d{4}\b)"},
    {Kind::card, R"((?:\d{4}(?:[ -]\d{4}){3}|\d{4}[ -]\d{6}[ -]\d{4,5}|\d{13,19})\b)"},
});

struct Match {
  Kind kind;
  std::string_view text;
};

class Patterns {
 public:
  Patterns() : email_(kEmail, RE2::Latin1), shapes_(source(), RE2::Latin1) {}

  void hide_emails(std::string& text) const { RE2::GlobalReplace(&text, email_, "\\1<email>"); }

  // The shape that starts exactly at `from`.
  std::optional<Match> at(re2::StringPiece text, std::size_t from) const {
    std::array<re2::StringPiece, kShapes.size() + 1> groups;
    const auto count = static_cast<int>(groups.size());
    if (!shapes_.Match(text, from, text.size(), RE2::ANCHOR_START, groups.data(), count)) return std::nullopt;
    std::size_t i = 0;
    while (groups[i + 1].data() == nullptr) ++i;
    return Match{kShapes[i].kind, {groups[0].data(), groups[0].size()}};
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

  RE2 email_;
  RE2 shapes_;
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}

bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
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

// What is shown instead of `match`, or nothing when it only looked like it.
std::string_view placeholder(const Match& match, char before) {
  switch (match.kind) {
    case Kind::keep:
      return {};
    case Kind::labelled_phone:
      return "<phone>";
    case Kind::labelled_ssn:
      return "<ssn>";
    case Kind::ssn:
      return is_ssn(digits_of(match.text)) ? "<ssn>" : "";
    case Kind::card:
      return is_card(digits_of(match.text)) ? "<card>" : "";
    // 1+23456789 and 1e+12345678 are sums and exponents.
    case Kind::phone:
      return match.text.front() == '+' && is_word(before) ? "" : "<phone>";
  }
  return {};
}

// Where the number of a labelled number begins.
std::size_t label_size(const Match& match) {
  const bool labelled = match.kind == Kind::labelled_phone || match.kind == Kind::labelled_ssn;
  return labelled ? match.text.find_first_of("+(0123456789", match.text.find_last_of(":=")) : 0;
}

// A step over `text`, from a place that is not inside a word: how long the next piece is and whether a shape may start
// with it. Most text is stepped over without the regular expression.
struct Step {
  std::size_t size;
  bool candidate;
};

Step step(std::string_view text) {
  const char c = text.front();
  if (is_word(c)) {
    const auto* end = std::ranges::find_if_not(text, is_word);
    const auto size = static_cast<std::size_t>(end - text.begin());
    const std::string_view word = text.substr(0, size);
    if (std::ranges::all_of(word, is_digit)) return {size, true};
    // A label has its number behind it: "phone": "555.
    constexpr std::size_t kBetween = 12;
    const std::string_view after = text.substr(size, kBetween);
    const std::size_t sign = after.find_first_not_of("\"' \t");
    const bool label = sign != std::string_view::npos && (after[sign] == ':' || after[sign] == '=');
    return {size, label && std::ranges::any_of(after.substr(sign), is_digit)};
  }
  if (c == '%' && text.size() > 2 && is_hex(text[1]) && is_hex(text[2])) return {3, text[1] == '2'};
  if (c == '\\' && text.size() > 1 && text[1] == 'u') return {std::min<std::size_t>(6, text.size()), false};
  if (c == '\\' && text.size() > 1 && std::string_view("bfnrt").contains(text[1])) return {2, false};
  return {1, c == '+' || c == '('};
}

// The size of ".5" in "12.5", once "12" is known to be no part of an address or a phone number.
std::size_t fraction_size(std::string_view rest) {
  if (rest.size() < 2 || rest[0] != '.' || !is_digit(rest[1])) return 0;
  return static_cast<std::size_t>(std::find_if_not(rest.begin() + 1, rest.end(), is_digit) - rest.begin());
}

std::string hide_numbers(const Patterns& patterns, std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::size_t at = 0;
  while (at < text.size()) {
    auto [size, candidate] = step(text.substr(at));
    std::string_view instead;
    if (candidate) {
      if (const auto match = patterns.at(text, at)) {
        instead = placeholder(*match, at == 0 ? ' ' : text[at - 1]);
        if (!instead.empty() || match->kind == Kind::keep) size = match->text.size();
        if (!instead.empty()) out += match->text.substr(0, label_size(*match));
      } else if (is_digit(text[at])) {
        size += fraction_size(text.substr(at + size));
      }
    }
    out += instead.empty() ? text.substr(at, size) : instead;
    at += size;
  }
  return out;
}

}  // namespace

std::string hide_personal_data(std::string text) {
  static const auto& patterns = *new Patterns;  // never destroyed: threads may log while the program ends
  if (text.contains('@') || text.contains("%40")) patterns.hide_emails(text);
  constexpr auto kFewest = 7;  // digits of the shortest phone number
  return std::ranges::count_if(text, is_digit) < kFewest ? text : hide_numbers(patterns, text);
}

}  // namespace nines
