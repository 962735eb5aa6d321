#include "base/decimal.hpp"

#include <array>
#include <stdexcept>

#include <fmt/format.h>

#include "base/text.hpp"

namespace nines {
namespace {

__extension__ using Int128 = __int128;

constexpr int kMaxScale = 18;
constexpr int kMaxParsedScale = 12;
constexpr int kMaxParsedDigits = 15;

constexpr auto kPowers = [] {
  std::array<std::int64_t, kMaxScale + 1> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

std::int64_t power_of_ten(int exponent) {
  return kPowers.at(static_cast<std::size_t>(exponent));
}

}  // namespace

Expected<Decimal> Decimal::parse(std::string_view text) {
  const auto bad = [text](std::string_view expected) {
    return fail(fmt::format("\"{}\" is not a number: expected {}", printable(ellipsize(text, 40)), expected));
  };
  constexpr std::string_view kExample = "digits, such as 99.9";
  const bool negative = text.starts_with('-');
  const std::string_view digits = text.substr(negative ? 1 : 0);
  std::int64_t numerator = 0;
  int count = 0;
  int scale = -1;  // until the point is seen
  for (const char c : digits) {
    if (c == '.' && scale < 0 && count > 0) {
      scale = 0;
      continue;
    }
    if (c < '0' || c > '9') return bad(kExample);
    if (++count > kMaxParsedDigits) return bad("at most 15 digits");
    if (scale >= 0 && ++scale > kMaxParsedScale) return bad("at most 12 digits after the point");
    numerator = numerator * 10 + (c - '0');
  }
  if (count == 0 || scale == 0) return bad(kExample);
  return Decimal(negative ? -numerator : numerator, scale < 0 ? 0 : scale);
}

std::int64_t Decimal::denominator() const {
  return power_of_ten(scale_);
}

double Decimal::to_double() const {
  return static_cast<double>(numerator_) / static_cast<double>(denominator());
}

std::string Decimal::text() const {
  const std::int64_t size = numerator_ < 0 ? -numerator_ : numerator_;
  std::string text = fmt::format("{}{}", numerator_ < 0 ? "-" : "", size / denominator());
  if (size % denominator() == 0) return text;
  text += fmt::format(".{:0{}}", size % denominator(), scale_);
  return text.substr(0, text.find_last_not_of('0') + 1);
}

Decimal Decimal::shifted(int powers_of_ten) const {
  Decimal result(numerator_, scale_ - powers_of_ten);
  while (result.scale_ > kMaxScale && result.numerator_ % 10 == 0) {
    result.numerator_ /= 10;
    --result.scale_;
  }
  if (result.scale_ < 0) {
    const Int128 numerator = Int128{numerator_} * power_of_ten(-result.scale_);
    const std::int64_t limit = power_of_ten(kMaxScale);
    if (numerator >= limit || numerator <= -limit) throw std::out_of_range("Decimal::shifted");
    result = Decimal(static_cast<std::int64_t>(numerator), 0);
  }
  if (result.scale_ > kMaxScale) throw std::out_of_range("Decimal::shifted");
  return result;
}

std::strong_ordering Decimal::compare_ratio(std::int64_t part, std::int64_t whole) const {
  return Int128{part} * denominator() <=> Int128{numerator_} * whole;
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
  return Int128{a.numerator_} * b.denominator() <=> Int128{b.numerator_} * a.denominator();
}

}  // namespace nines
