#pragma once

// What the pages of incidents have in common. Internal to reports/.

#include <string>
#include <string_view>

#include "reports/html.hpp"
#include "reports/incident_page.hpp"

namespace nines::reports {

extern const std::string_view kIncidentStyle;  // CSS beside that of the status page

// Down to <main>. The page loads itself anew while something is going on.
void open_incident_page(Html& html, const std::string& title, bool going_on);
// From </main> on.
std::string close_incident_page(Html html, const PageOrigin& origin, bool going_on, std::string_view links_to_list);

// "/incidents/tasks-20261001T000030Z"
std::string incident_path(const Incident& incident);

// "■ ongoing" in the state's colour; one that is over has none.
void write_incident_state(Html& html, const Incident& incident);

// "Oct 14, 02:10–02:23 UTC", "since Oct 14, 02:10 UTC", with the exact times in the title.
void write_incident_time(Html& html, const Incident& incident);

}  // namespace nines::reports
