#pragma once

// Objectives over a Prometheus query: what it answered held against the limits (docs/sla.md, "Whitebox figures"). Pure;
// any thread.

#include "sla/model.hpp"

namespace nines::sla {

// `asked` is what came of the query at the end of the period, or at as_of while it runs. Not a number counts as no
// answer. There is no coverage and no error budget.
Evaluation evaluate_answer(const config::Objective& objective, const ReportPeriod& period, Time as_of,
                           PrometheusFigures asked);

// Compares the value, in the limit's unit, with the decimal: 0.8 and '80%' are equal. An infinite value is beyond
// every limit.
bool holds_for_value(const config::Limit& limit, double value);

}  // namespace nines::sla
