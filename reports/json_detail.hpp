#pragma once

// The parts of the JSON report that tell how an objective went over time. Internal to reports/.

#include "base/json.hpp"
#include "reports/detail.hpp"

namespace nines::reports {

// Adds to what `out`, the objective, holds already.
void set_detail(Json& out, const sla::Evaluation& evaluation, const Detail& detail);

std::string_view verdict_name(sla::Verdict verdict);

}  // namespace nines::reports
