#include "sla/gate/distributions.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace nines::sla::gate {
namespace {

// std::lgamma writes a global sign, which threads would share.
double log_gamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}

double log_choose(std::int64_t n, std::int64_t k) {
  const auto gamma = [](std::int64_t value) { return log_gamma(static_cast<double>(value) + 1); };
  return gamma(n) - gamma(k) - gamma(n - k);
}

// The sum from a first term on, each the one before times ratio(i), until there are no more or they do not count.
template <class Ratio>
double sum_from(double first, std::int64_t from, std::int64_t to, const Ratio& ratio) {
  double term = first;
  double sum = first;
  for (std::int64_t i = from; i < to; ++i) {
    const double factor = ratio(i);
    term *= factor;
    sum += term;
    if (factor < 1 && term < sum * 1e-17) break;
  }
  return sum;
}

// The same downwards, each term the one after divided by ratio.
template <class Ratio>
double sum_down(double first, std::int64_t from, std::int64_t to, const Ratio& ratio) {
  double term = first;
  double sum = first;
  for (std::int64_t i = from; i > to; --i) {
    const double factor = 1 / ratio(i - 1);
    term *= factor;
    sum += term;
    if (factor < 1 && term < sum * 1e-17) break;
  }
  return sum;
}

}  // namespace

double binomial_tail(std::int64_t k, std::int64_t n, double p) {
  if (k <= 0) return 1;
  if (k > n || p <= 0) return 0;
  if (p >= 1) return 1;
  const auto term = [&](std::int64_t i) {
    return std::exp(log_choose(n, i) + static_cast<double>(i) * std::log(p) +
                    static_cast<double>(n - i) * std::log1p(-p));
  };
  const auto ratio = [&](std::int64_t i) {
    return static_cast<double>(n - i) / static_cast<double>(i + 1) * p / (1 - p);
  };
  // The smaller side is summed: the other is its complement.
  if (static_cast<double>(k) > static_cast<double>(n) * p) return std::min(1.0, sum_from(term(k), k, n, ratio));
  return std::max(0.0, 1 - sum_down(term(k - 1), k - 1, 0, ratio));
}

double hypergeometric_tail(std::int64_t k, std::int64_t marked, std::int64_t plain, std::int64_t drawn) {
  const std::int64_t least = std::max<std::int64_t>(0, drawn - plain);
  const std::int64_t most = std::min(marked, drawn);
  if (k <= least) return 1;
  if (k > most) return 0;
  const auto term = [&](std::int64_t i) {
    return std::exp(log_choose(marked, i) + log_choose(plain, drawn - i) - log_choose(marked + plain, drawn));
  };
  const auto ratio = [&](std::int64_t i) {
    return static_cast<double>(marked - i) / static_cast<double>(i + 1) * static_cast<double>(drawn - i) /
           static_cast<double>(plain - drawn + i + 1);
  };
  const double mean = static_cast<double>(drawn) * static_cast<double>(marked) / static_cast<double>(marked + plain);
  if (static_cast<double>(k) > mean) return std::min(1.0, sum_from(term(k), k, most, ratio));
  return std::max(0.0, 1 - sum_down(term(k - 1), k - 1, least, ratio));
}

double normal_tail(double z) {
  return std::erfc(z / std::numbers::sqrt2) / 2;
}

}  // namespace nines::sla::gate
