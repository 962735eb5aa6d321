#pragma once

// The figures of one objective over one period, by docs/sla.md. Pure functions: no I/O, any thread; the same input
// gives the same output to the microsecond.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/objectives.hpp"
#include "sla/model.hpp"
#include "sla/subject.hpp"

namespace nines::sla {

// `regions` is Config::regions (the regions that should report; may be empty).
// Not for the indicator prometheus: whitebox.hpp.
// History may hold more series than the objective names: others are ignored, uplink series are used for voids.
// It must hold results from before the period: see reaches_back().
Evaluation evaluate(const config::Objective& objective, const ReportPeriod& period, Time as_of, const History& history,
                    std::span<const std::string> regions);

// The same where the subject of the objective over the period is at hand.
Evaluation evaluate(const Subject& subject, const ReportPeriod& period, Time as_of);

// The period, to as_of while it runs: what the figures are over.
Period period_so_far(const Evaluation& evaluation);
// Of a timeline that combined() made.
UptimeTimes times_of(const Timeline& combined, const Period& period);

// Bad ratio over [as_of - window, as_of) divided by what is allowed. Infinite: allowed is 0 and there were errors.
// None: nothing known in the window.
std::optional<double> burn_rate(const config::Objective& objective, Micros window, Time as_of, const History& history,
                                std::span<const std::string> regions);

// The same for several windows, the history judged once.
std::vector<std::optional<double>> burn_rates(const config::Objective& objective, std::span<const Micros> windows,
                                              Time as_of, const History& history, std::span<const std::string> regions);

// The runs that touch the period must be whole. Rows are needed from the start of the earliest failure run that
// reaches into it: ask the store for rows from `period.from - slack` on and go back further while the first row of a
// series is a failure. This says whether `series` reaches back far enough. After a closed period, rows are needed until
// each series has had a success, or up to as_of. An outage over an edge can outlast its runs (a window or another
// check bridges them): Outage::open_before and open_after say where more history could make it longer.
bool reaches_back(const Series& series, Time period_from);

}  // namespace nines::sla
