#include "sla/whitebox.hpp"

#include <cmath>

#include "sla/exact.hpp"

namespace nines::sla {

bool holds_for_value(const config::Limit& limit, double value) {
  // Both are the doubles nearest to their decimals, so that they are in the order of these.
  const double against = limit.value.to_double();
  return holds(value < against   ? std::strong_ordering::less
               : value > against ? std::strong_ordering::greater
                                 : std::strong_ordering::equal,
               limit.op);
}

Evaluation evaluate_answer(const config::Objective& objective, const ReportPeriod& period, Time as_of,
                           PrometheusFigures asked) {
  Evaluation out;
  out.objective = &objective;
  out.period = period;
  out.as_of = as_of;
  out.running = period.period.to > as_of;
  if (asked.value && std::isnan(*asked.value)) {
    asked.value.reset();
    asked.trouble = "the query gave no number (NaN)";
  }
  if (asked.value) {
    const bool meets = holds_for_value(objective.target, *asked.value);
    const bool critical = objective.critical && holds_for_value(*objective.critical, *asked.value);
    out.level = critical ? Level::critical : meets ? Level::ok : Level::warning;
    if (out.running) {
      out.on_track = meets;
      out.why = "the period is still running and the time that remains can change the outcome";
    } else {
      out.verdict = meets ? Verdict::met : Verdict::missed;
    }
  } else {
    out.why = asked.trouble;
  }
  out.prometheus = std::move(asked);
  return out;
}

}  // namespace nines::sla
