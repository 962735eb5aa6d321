#pragma once

// Tails of the distributions that the gate's tests need. Probabilities are sums of positive terms, so that small ones
// are as exact as large ones (about 1e-11 relative).

#include <cstdint>

namespace nines::sla::gate {

// P(X >= k) of a binomial X of n trials with probability p each. R: pbinom(k - 1, n, p, lower.tail = FALSE).
double binomial_tail(std::int64_t k, std::int64_t n, double p);

// P(X >= k) of the number of marked items among `drawn`, drawn without return from `marked` marked and `plain` others.
// R: phyper(k - 1, marked, plain, drawn, lower.tail = FALSE).
double hypergeometric_tail(std::int64_t k, std::int64_t marked, std::int64_t plain, std::int64_t drawn);

// P(Z >= z) of a standard normal Z. R: pnorm(z, lower.tail = FALSE).
double normal_tail(double z);

}  // namespace nines::sla::gate
