#include "tests/sla/drawn.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace nines::sla::drawn {

Time minute(double count) {
  return *parse_time("2026-10-07T00:00:00Z") + Micros(std::llround(count * 60'000'000));
}

Story::Story() {
  objective.target = {config::Comparison::greater_equal, Decimal(99, 2), "99%"};
  objective.min_coverage = Decimal(0, 0);
  objective.percentile = Decimal(50, 0);
  objective.min_samples = 1;
}

Series& Story::draw(const std::string& check, const std::string& region, std::string_view picture) {
  if (std::ranges::find(objective.checks, check) == objective.checks.end()) objective.checks.push_back(check);
  Series& series = history.series.emplace_back();
  series.key = {check, region};
  series.settings = {{minute(0), kMinute, kMinute * 5 / 2, 3, "shop", false}};
  for (std::size_t i = 0; i < picture.size(); ++i) {
    ResultRow row;
    row.start = minute(static_cast<double>(i));
    row.duration = std::chrono::milliseconds(100);
    row.status = 200;
    switch (picture[i]) {
      case '_':
        continue;
      case 'x':
        row.reason = Reason::connect_refused;
        break;
      case 'a':
        row.reason = Reason::agent_network;
        break;
      case 'e':
        row.reason = Reason::http_status;
        break;
      case 'r':
        row.attempts = 2;
        break;
      default:
        break;
    }
    if (picture[i] == 'x' || picture[i] == 'a') row.status = 0;
    if (picture[i] == 'e') row.status = 500;
    row.first_reason = row.attempts > 1 ? Reason::connect_refused : row.reason;
    series.rows.push_back(row);
  }
  return series;
}

Series& Story::uplink(const std::string& check, const std::string& region, std::string_view picture) {
  Series& series = draw(check, region, picture);
  series.uplink = true;
  std::erase(objective.checks, check);
  return series;
}

void Story::window(double from, double to, const std::string& service) {
  config::Maintenance window;
  window.once = Period{minute(from), minute(to)};
  window.service = service;
  history.maintenance.push_back(window);
}

Evaluation Story::figures(double from, double to) const {
  return figures_as_of(from, to, to + 24.0 * 60);
}

Evaluation Story::figures_as_of(double from, double to, double as_of) const {
  return evaluate(objective, {{minute(from), minute(to)}, "UTC", "drawn"}, minute(as_of), history, regions);
}

std::string in_minutes(const UptimeTimes& times) {
  const auto minutes = [](Micros time) { return seconds(time) / 60; };
  return fmt::format("up {} down {} unknown {} excluded {}", minutes(times.up), minutes(times.down),
                     minutes(times.unknown), minutes(times.excluded));
}

}  // namespace nines::sla::drawn
