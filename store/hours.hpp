#pragma once

// Results of a series hour by hour, for figures over long periods. Internal to the store; see Reader::visit_hours().

#include <cstdint>

#include "base/result.hpp"
#include "store/sqlite.hpp"
#include "store/store.hpp"

namespace nines::store {

// Belongs into a transaction of the caller.
Sql<> visit_hours(Connection& connection, std::int64_t series, const Period& period, HourContent content,
                  const HourVisitor& visitor);

}  // namespace nines::store
