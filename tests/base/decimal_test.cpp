#include "base/decimal.hpp"

#include <random>

#include <catch2/catch.hpp>

namespace nines {
namespace {

__extension__ using Int128 = __int128;

TEST_CASE("a decimal is read exactly and written as short as it can be") {
  struct Case {
    std::string_view text;
    std::int64_t numerator;
    int scale;
    std::string_view shortest;
  };
  const auto c = GENERATE(values<Case>({{"0", 0, 0, "0"},
                                        {"99.9", 999, 1, "99.9"},
                                        {"0.1", 1, 1, "0.1"},
                                        {"-3", -3, 0, "-3"},
                                        {"-0.5", -5, 1, "-0.5"},
                                        {"-0", 0, 0, "0"},
                                        {"500", 500, 0, "500"},
                                        {"99.990", 99990, 3, "99.99"},
                                        {"5.00", 500, 2, "5"},
                                        {"007", 7, 0, "7"},
                                        {"0.000000000001", 1, 12, "0.000000000001"},
                                        {"999999999999999", 999'999'999'999'999, 0, "999999999999999"}}));
  CAPTURE(c.text);
  const auto decimal = Decimal::parse(c.text);
  REQUIRE(decimal);
  CHECK(decimal->numerator() == c.numerator);
  CHECK(decimal->scale() == c.scale);
  CHECK(decimal->text() == c.shortest);
}

TEST_CASE("what is not a decimal is refused") {
  const auto text =
      GENERATE(values<std::string_view>({"", "-", ".", ".5", "5.", "+5", "1,5", "1e3", "0x10", " 1", "1 ", "1.2.3",
                                         "--1", "99.9%", "nan", "inf", "0.0000000000001", "1000000000000000"}));
  CAPTURE(text);
  CHECK_FALSE(Decimal::parse(text));
}

TEST_CASE("decimals that look different but are equal compare equal") {
  CHECK(*Decimal::parse("99.90") == *Decimal::parse("99.9"));
  CHECK(*Decimal::parse("-0") == Decimal());
  CHECK(*Decimal::parse("99.9") < *Decimal::parse("99.91"));
  CHECK(*Decimal::parse("-1") < *Decimal::parse("0.1"));
  CHECK(Decimal(999'999'999'999'999'999, 0) > Decimal(999'999'999'999'999'999, 12));
}

TEST_CASE("shifting moves the point") {
  CHECK(Decimal::parse("99.9")->shifted(-2).text() == "0.999");
  CHECK(Decimal::parse("0.999")->shifted(2).text() == "99.9");
  CHECK(Decimal::parse("5")->shifted(3).text() == "5000");
  CHECK(Decimal::parse("0.1")->shifted(3).text() == "100");
  CHECK(Decimal::parse("99.999999999999")->shifted(-2).text() == "0.99999999999999");
  CHECK(Decimal(100, 18).shifted(-2) == Decimal(1, 18));
  CHECK_THROWS(Decimal(1, 18).shifted(-1));
  CHECK_THROWS(Decimal(5, 0).shifted(18));
}

TEST_CASE("a ratio is compared with a target exactly, where doubles would not") {
  const Decimal target = Decimal::parse("99.9")->shifted(-2);
  CHECK(target.compare_ratio(999, 1000) == std::strong_ordering::equal);
  CHECK(target.compare_ratio(998'999'999'999'999'999, 1'000'000'000'000'000'000) == std::strong_ordering::less);
  CHECK(target.compare_ratio(999'000'000'000'000'001, 1'000'000'000'000'000'000) == std::strong_ordering::greater);
  // A leap year in microseconds, one short.
  constexpr std::int64_t kYear = std::int64_t{366} * 86'400 * 1'000'000;
  CHECK(target.compare_ratio(kYear / 1000 * 999, kYear) == std::strong_ordering::equal);
  CHECK(target.compare_ratio(kYear / 1000 * 999 - 1, kYear) == std::strong_ordering::less);
}

// a / b <=> c / d by whole parts and remainders, as done by hand: no product.
std::strong_ordering by_long_division(Int128 a, Int128 b, Int128 c, Int128 d) {
  for (bool swapped = false;; swapped = !swapped) {
    const auto order = a / b <=> c / d;
    if (order != std::strong_ordering::equal) return swapped ? 0 <=> order : order;
    a %= b;
    c %= d;
    if (a == 0 || c == 0) {
      const auto rest = (a != 0 ? 1 : 0) <=> (c != 0 ? 1 : 0);
      return swapped ? 0 <=> rest : rest;
    }
    std::swap(a, b);
    std::swap(c, d);
  }
}

TEST_CASE("every comparison agrees with long division") {
  std::mt19937_64 random(3);
  const auto below = [&random](std::int64_t end) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(end));
  };
  int equal = 0;
  for (int i = 0; i < 20'000; ++i) {
    const Decimal decimal(below(100), static_cast<int>(below(3)));
    const std::int64_t factor = 1 + below(1'000'000'000'000);
    const std::int64_t part = below(30) * factor + below(2);
    const std::int64_t whole = (1 + below(30)) * factor;
    const auto expected = by_long_division(part, whole, decimal.numerator(), decimal.denominator());
    CAPTURE(part, whole, decimal.text());
    REQUIRE(decimal.compare_ratio(part, whole) == expected);
    if (expected == std::strong_ordering::equal) ++equal;
  }
  CHECK(equal > 0);
}

TEST_CASE("as a double a decimal is the nearest one") {
  CHECK(Decimal::parse("99.9")->to_double() == 99.9);
  CHECK(Decimal::parse("-0.1")->to_double() == -0.1);
}

}  // namespace
}  // namespace nines
