#pragma once

// The parts of a check's page. Internal to reports/.

#include <string>
#include <string_view>

#include "reports/check_page.hpp"
#include "reports/html.hpp"

namespace nines::reports {

extern const std::string_view kCheckStyle;  // CSS beside that of the status page, of incidents and of the report

void write_last_run(Html& html, const CheckPage& page);
void write_last_failure(Html& html, const CheckPage& page);
void write_history(Html& html, const CheckPage& page);  // uptime, latency
void write_around(Html& html, const CheckPage& page);   // incidents, deployments, planned work

}  // namespace nines::reports
