#include "sla/figures.hpp"

#include <cmath>

#include <fmt/format.h>

#include "sla/exact.hpp"
#include "sla/whitebox.hpp"

namespace nines::sla {
namespace {

constexpr int kDecimals = 3;
// Two fractions of the largest counts differ well before this.
constexpr int kMostDecimals = 40;

// A number written out: its digits after the point have a fixed count.
struct Digits {
  Int128 whole = 0;
  std::string fraction;

  auto operator<=>(const Digits&) const = default;
};

void add_one(Digits& digits) {
  for (auto digit = digits.fraction.rbegin(); digit != digits.fraction.rend(); ++digit) {
    if (*digit != '9') {
      ++*digit;
      return;
    }
    *digit = '0';
  }
  ++digits.whole;
}

// numerator / denominator, neither negative, with `decimals` digits.
Digits divide(Int128 numerator, Int128 denominator, int decimals, RoundTo round) {
  Digits digits{numerator / denominator, {}};
  Int128 rest = numerator % denominator;
  for (int i = 0; i < decimals; ++i) {
    rest *= 10;
    digits.fraction += static_cast<char>('0' + static_cast<int>(rest / denominator));
    rest %= denominator;
  }
  if (round == RoundTo::up && rest != 0) add_one(digits);
  return digits;
}

std::string text_of(const Digits& digits) {
  return fmt::format("{}.{}", static_cast<std::int64_t>(digits.whole), digits.fraction);
}

bool printed_holds(const Digits& printed, const config::Limit& limit, int decimals) {
  const Decimal& value = limit.value;
  const int more = std::max(decimals, value.scale());
  const Digits exact = divide(Int128{value.numerator()} * 100, value.denominator(), more, RoundTo::down);
  Digits padded = printed;
  padded.fraction.append(static_cast<std::size_t>(more - decimals), '0');
  return holds(padded <=> exact, limit.op);
}

std::string remaining_percent(const Decimal& allowed, std::int64_t over, std::int64_t spent) {
  const Int128 whole = Int128{allowed.numerator()} * over;
  const Int128 left = whole - Int128{allowed.denominator()} * spent;
  if (whole == 0) return spent == 0 ? "n/a" : "exhausted";
  if (left >= 0) return text_of(divide(left * 100, whole, kDecimals, RoundTo::down)) + "%";
  return "-" + text_of(divide(-left * 100, whole, kDecimals, RoundTo::up)) + "%";
}

}  // namespace

std::string print_percent(const Ratio& ratio, RoundTo round, const config::Limit* limit) {
  if (!ratio.known()) return "n/a";
  const Int128 hundredfold = Int128{ratio.part} * 100;
  const bool truth = limit != nullptr && holds(*limit, ratio.part, ratio.whole);
  for (int decimals = kDecimals;; ++decimals) {
    const Digits printed = divide(hundredfold, ratio.whole, decimals, round);
    if (limit == nullptr || decimals == kMostDecimals || printed_holds(printed, *limit, decimals) == truth) {
      return text_of(printed) + "%";
    }
  }
}

std::string print_latency(Micros duration) {
  return text_of(divide(duration.count(), 1000, kDecimals, RoundTo::up)) + " ms";
}

namespace {

// How a unit is shown, as powers of ten, and what is written behind it.
struct ShownUnit {
  int power;
  const char* behind;
};

ShownUnit shown_unit(config::Unit unit) {
  switch (unit) {
    case config::Unit::ratio:
      return {2, "%"};
    case config::Unit::percent:
      return {0, "%"};
    case config::Unit::seconds:
      return {3, " ms"};
    case config::Unit::milliseconds:
      return {0, " ms"};
    case config::Unit::number:
      break;
  }
  return {0, ""};
}

}  // namespace

std::string print_value(double value, config::Unit unit, const config::Limit& limit) {
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  if (unit == config::Unit::number) return fmt::format("{}", value);
  const auto [power, behind] = shown_unit(unit);
  const double shown = value * std::pow(10, power);
  const config::Limit beside{limit.op, limit.value.shifted(power), {}};
  const bool truth = holds_for_value(limit, value);
  const bool down = limit.op == config::Comparison::greater || limit.op == config::Comparison::greater_equal;
  for (int decimals = kDecimals; decimals <= 15; ++decimals) {
    const double scale = std::pow(10, decimals);
    // A product such as 0.07 x 100 comes as a double a hair beside 7: that is not rounded away from it.
    const double nearest = std::round(shown * scale);
    const bool whole = std::abs(shown * scale - nearest) <= std::abs(nearest) * 1e-12;
    const double rounded = whole ? nearest : down ? std::floor(shown * scale) : std::ceil(shown * scale);
    if (holds_for_value(beside, rounded / scale) == truth)
      return fmt::format("{:.{}f}{}", rounded / scale, decimals, behind);
  }
  return fmt::format("{}{}", shown, behind);
}

std::string print_downtime(Micros duration) {
  return text_of(divide(duration.count(), 1'000'000, kDecimals, RoundTo::up)) + " s";
}

std::string print_remaining(const TimeBudget& budget) {
  return remaining_percent(budget.allowed_ratio, budget.over.count(), budget.spent.count());
}

std::string print_remaining(const CountBudget& budget) {
  return remaining_percent(budget.allowed_ratio, budget.over, budget.spent);
}

std::string print_burn(const std::optional<double>& burn_rate) {
  if (!burn_rate) return "n/a";
  if (std::isinf(*burn_rate)) return "+Inf";
  // A quotient such as 100 comes as a double a hair above it: that is not rounded up.
  const double thousands = *burn_rate * 1000;
  const double nearest = std::round(thousands);
  const bool whole = std::abs(thousands - nearest) <= nearest * 1e-12;
  return fmt::format("{:.3f}", (whole ? nearest : std::ceil(thousands)) / 1000);
}

}  // namespace nines::sla
