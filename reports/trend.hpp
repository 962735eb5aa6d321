#pragma once

// The report's period beside those before it, in the words and with the rounding of the rest. Internal to reports/.

#include <optional>
#include <string>

#include "reports/detail.hpp"

namespace nines::reports {

// "99.950%", "412.345 ms", "infinite", "n/a".
std::string figure_text(const TrendPoint& point, const config::Objective& objective);

// The figure as JSON has it: a ratio, milliseconds, a value. None: nothing known, or infinite.
std::optional<double> figure_value(const TrendPoint& point);

enum class Change { better, same, worse };

// How the period stands beside the one before it, exactly. `change` is none where one of them has no figure.
struct Comparison {
  const TrendPoint* before = nullptr;
  std::optional<Change> change;
};
// None: there is no trend, or nothing is stored of the period before.
std::optional<Comparison> comparison(const Detail& detail, const config::Objective& objective);

}  // namespace nines::reports
