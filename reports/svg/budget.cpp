#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "reports/svg/frame.hpp"

namespace nines::reports::svg {
namespace {

constexpr int kTop = 24;
constexpr int kHeight = 152;

std::string line_of(const std::vector<Left>& points, const Scale& scale) {
  std::string out;
  for (const Left& one : points) out += (out.empty() ? "M" : "L") + point(one.at, scale.from_top(one.share));
  return out;
}

// What lies between the line and nothing left.
std::string area_of(const std::vector<Left>& points, const Scale& scale) {
  if (points.size() < 2) return {};
  return line_of(points, scale) + "L" + point(points.back().at, scale.from_top(0)) + "L" +
         point(points.front().at, scale.from_top(0)) + "Z";
}

std::string straight(const Left& from, const Left& to, const Scale& scale) {
  return "M" + point(from.at, scale.from_top(from.share)) + "L" + point(to.at, scale.from_top(to.share));
}

}  // namespace

void write_budget(Html& html, const Budget& budget) {
  double low = budget.forecast.value_or(0);
  for (const Left& one : budget.points) low = std::min(low, one.share);
  const Scale scale = Scale::over(low, 1);
  const Left last = budget.points.empty() ? Left{} : budget.points.back();
  std::vector<EndLabel> names = {{scale.from_top(0), "even burn", "even", budget.even_until}};
  Frame frame(html, budget.caption, "axes", kTop, kHeight);
  frame.grid(scale);
  frame.open_shapes();
  frame.path("area", area_of(budget.points, scale));
  frame.path("even", straight({0, 1}, {budget.even_until, 0}, scale));
  if (budget.forecast) {
    frame.path("forecast", straight(last, {1, *budget.forecast}, scale));
    names.push_back({scale.from_top(*budget.forecast), "forecast", "forecast"});
  } else {
    names.push_back({scale.from_top(last.share), "left", "strong", last.at});
  }
  frame.path("strong", line_of(budget.points, scale));
  frame.close_shapes();
  frame.grid_labels(scale, [](double share) { return fmt::format("{:.0f}%", share * 100); });
  frame.ticks(budget.ticks);
  frame.ends(std::move(names));
  frame.close();
}

}  // namespace nines::reports::svg
