#include "reports/trend.hpp"

#include <cmath>

#include "sla/exact.hpp"
#include "sla/figures.hpp"

namespace nines::reports {
namespace {

bool more_is_better(const config::Objective& objective) {
  return objective.target.op == config::Comparison::greater || objective.target.op == config::Comparison::greater_equal;
}

// How the figure of `now` is ordered beside that of `before`.
std::optional<std::partial_ordering> order_of(const TrendPoint& now, const TrendPoint& before) {
  if (now.ratio && before.ratio) {
    return sla::Int128{now.ratio->part} * before.ratio->whole <=> sla::Int128{before.ratio->part} * now.ratio->whole;
  }
  const auto latency = [](const TrendPoint& point) {
    return point.infinite ? std::optional(Micros::max()) : point.latency;
  };
  if (latency(now) && latency(before)) return *latency(now) <=> *latency(before);
  if (now.value && before.value) return *now.value <=> *before.value;
  return std::nullopt;
}

}  // namespace

std::string figure_text(const TrendPoint& point, const config::Objective& objective) {
  const sla::RoundTo round = more_is_better(objective) ? sla::RoundTo::down : sla::RoundTo::up;
  if (point.infinite) return "infinite";
  if (point.ratio) return sla::print_percent(*point.ratio, round, &objective.target);
  if (point.latency) return sla::print_latency(*point.latency);
  if (point.value) return sla::print_value(*point.value, objective.unit, objective.target);
  return "n/a";
}

std::optional<double> figure_value(const TrendPoint& point) {
  if (point.ratio) return point.ratio->value();
  if (point.latency) return milliseconds(*point.latency);
  if (point.value && std::isfinite(*point.value)) return point.value;
  return std::nullopt;
}

std::optional<Comparison> comparison(const Detail& detail, const config::Objective& objective) {
  if (detail.trend.size() < 2) return std::nullopt;
  const TrendPoint& now = detail.trend.back();
  const TrendPoint& before = detail.trend[detail.trend.size() - 2];
  if (before.no_data) return std::nullopt;
  Comparison found{&before, std::nullopt};
  const auto order = order_of(now, before);
  if (!order) return found;
  if (*order == 0) {
    found.change = Change::same;
  } else {
    found.change = (*order > 0) == more_is_better(objective) ? Change::better : Change::worse;
  }
  return found;
}

}  // namespace nines::reports
