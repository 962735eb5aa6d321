#pragma once

// The credit that a contract grants for an objective that was not kept. Pure; exact: no double decides.

#include "reports/detail.hpp"

namespace nines::reports {

// By the measured uptime, unrounded, against each tier's `below`, which is strict: 99.9 % exactly is not below 99.9 %.
// Of several tiers the one with the lowest `below` that is above the figure. None while the period runs or where there
// is no verdict.
CreditDue credit_due(const config::Credits& credits, const sla::Evaluation& evaluation);

}  // namespace nines::reports
