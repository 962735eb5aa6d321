#pragma once

// Outages: maximal down time without up between (docs/sla.md, "outage", "MTTR, MTBF").

#include <optional>
#include <vector>

#include "sla/model.hpp"
#include "sla/subject.hpp"

namespace nines::sla {

// Those with down time inside `period`, in time order; `net` is the objective's combined timeline over all history.
std::vector<Outage> find_outages(const Subject& subject, const Timeline& net, const Period& period, Time as_of);

// Mean length of the outages that ended in the period.
std::optional<Micros> mean_time_to_repair(const std::vector<Outage>& outages, const Period& period);
// Up time over the outages that started in the period.
std::optional<Micros> mean_time_between(const std::vector<Outage>& outages, const Period& period, Micros up);

}  // namespace nines::sla
