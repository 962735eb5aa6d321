#pragma once

// Targets are compared as exact decimals: '99.9%' is 999/1000, never 0.99899999.

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace nines {

// numerator / 10^scale, with 0 <= scale <= 18 and |numerator| < 10^18.
class Decimal {
 public:
  constexpr Decimal() = default;
  constexpr Decimal(std::int64_t numerator, int scale) : numerator_(numerator), scale_(scale) {}

  // "99.9", "0.1", "-3", "500"; at most 12 digits after the point and 15 in all.
  static Expected<Decimal> parse(std::string_view text);

  std::int64_t numerator() const { return numerator_; }
  int scale() const { return scale_; }
  std::int64_t denominator() const;  // 10^scale
  double to_double() const;
  std::string text() const;  // shortest: "99.9"
  // "99.9" shifted by -2 is "0.999". Throws std::out_of_range when the bounds above do not hold the result.
  Decimal shifted(int powers_of_ten) const;

  // Compares part / whole with this value in exact arithmetic (128 bit). whole > 0.
  std::strong_ordering compare_ratio(std::int64_t part, std::int64_t whole) const;  // ratio <=> *this

  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);
  friend bool operator==(const Decimal& a, const Decimal& b) { return (a <=> b) == 0; }

 private:
  std::int64_t numerator_ = 0;
  int scale_ = 0;
};

}  // namespace nines
