#pragma once

// Alerts as rows. Internal to the store.

#include "store/alerts.hpp"
#include "store/sqlite.hpp"

namespace nines::store {

// In one transaction of its own.
Sql<> write_alerts(Connection& connection, const AlertChanges& changes);

}  // namespace nines::store
