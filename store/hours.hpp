#pragma once

// Results of a series hour by hour, for figures over long periods. Internal to the store; see Reader::visit_hours().

#include <cstdint>
#include <optional>
#include <span>

#include "base/result.hpp"
#include "store/sqlite.hpp"
#include "store/store.hpp"

namespace nines::store {

// Of several series: `series` in the order of the visitor's numbers; those without a value have no results. Belongs
// into a transaction of the caller.
Sql<> visit_hours(Connection& connection, std::span<const std::optional<std::int64_t>> series, const Period& period,
                  HourContent content, const SeriesHourVisitor& visitor, const WantsRows& wants_rows);

}  // namespace nines::store
