#include <utility>

#include <fmt/format.h>

#include "tests/sla/brute/generate.hpp"

namespace nines::sla::brute {
namespace {

// Leaves out elements of `list` one by one where the case still fails without them.
template <class List>
void thin_out(Case& failing, List& list, bool (*fails)(const Case&)) {
  for (std::size_t i = list.size(); i-- > 0;) {
    auto taken = std::move(list[i]);
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(i));
    if (!fails(failing)) list.insert(list.begin() + static_cast<std::ptrdiff_t>(i), std::move(taken));
  }
}

std::string text_of(const ResultRow& row) {
  return fmt::format("    {} {}us {} status {} attempts {} first {} interval {} measured {}{}\n",
                     format_time(row.start), row.duration.count(), reason_name(row.reason), row.status, row.attempts,
                     reason_name(row.first_reason), row.interval.count(), row.measured.count(),
                     row.origin == Origin::scheduled ? "" : " not scheduled");
}

std::string text_of(const Series& series) {
  std::string text =
      fmt::format("  {} in {}{}\n", series.key.check, series.key.region, series.uplink ? ", uplink" : "");
  for (const Settings& entry : series.settings) {
    text += fmt::format("    settings {} interval {} stale {} warning {} service {}{}\n", format_time(entry.from),
                        entry.interval.count(), entry.stale_after.count(), entry.warning, entry.service,
                        entry.removed ? " removed" : "");
  }
  for (const ResultRow& row : series.rows) text += text_of(row);
  return text;
}

}  // namespace

Case shrunk(Case failing, bool (*fails)(const Case&)) {
  History& history = failing.history;
  thin_out(failing, history.series, fails);
  thin_out(failing, history.maintenance, fails);
  thin_out(failing, history.clock_steps, fails);
  thin_out(failing, failing.objective.checks, fails);
  for (Series& series : history.series) thin_out(failing, series.rows, fails);
  return failing;
}

std::string describe(const Case& one) {
  const config::Objective& o = one.objective;
  std::string text = fmt::format(
      "period {} - {}, as of {}\nindicator {} target {} {} combine {} quorum {}/{} confirm_after {} min_regions {} "
      "of {} errors {} hours {} {} checks [{}] regions [{}] [{}]\n",
      format_time(one.period.period.from), format_time(one.period.period.to), format_time(one.as_of),
      static_cast<int>(o.indicator), static_cast<int>(o.target.op), o.target.value.text(), static_cast<int>(o.combine),
      static_cast<int>(o.quorum.kind), o.quorum.number, o.confirm_after.value_or(0), o.min_regions.value_or(0),
      static_cast<int>(o.of), static_cast<int>(o.errors), o.hours.has_value(), o.time_zone, fmt::join(o.checks, " "),
      fmt::join(o.regions, " "), fmt::join(one.regions, " "));
  for (const auto& step : one.history.clock_steps)
    text += fmt::format("  step {} {}\n", step.region, format_time(step.at));
  for (const auto& window : one.history.maintenance) {
    text += fmt::format("  window '{}' {} {} {}\n", window.service, window.excluded, window.time_zone,
                        window.once ? format_time(window.once->from) + " - " + format_time(window.once->to) : "weekly");
  }
  for (const Series& series : one.history.series) text += text_of(series);
  return text;
}

}  // namespace nines::sla::brute
