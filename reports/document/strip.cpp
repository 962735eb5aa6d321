#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "reports/document/days.hpp"
#include "reports/document/parts.hpp"
#include "reports/sentences.hpp"
#include "reports/words.hpp"
#include "sla/figures.hpp"

namespace nines::reports {
namespace {

constexpr std::size_t kHoursInTitle = 8;

// What a cell of the strip shows: the hours of its span.
struct Day {
  Period span;
  sla::UptimeTimes times;
  std::vector<const StripCell*> bad;  // hours that were not wholly up
};

void add(sla::UptimeTimes& to, const sla::UptimeTimes& times) {
  to.up += times.up;
  to.down += times.down;
  to.unknown += times.unknown;
  to.excluded += times.excluded;
}

std::vector<Day> days_of(const Section& section) {
  const sla::ReportPeriod& period = section.evaluation.period;
  std::vector<Day> days;
  for (const Period& span : strip_spans(period.period, period.time_zone)) days.push_back({span, {}, {}});
  auto day = days.begin();
  for (const StripCell& cell : section.detail.strip) {
    while (day != days.end() && cell.span.from >= day->span.to) ++day;
    if (day == days.end()) break;
    add(day->times, cell.times);
    if (cell.times.down + cell.times.unknown + cell.times.excluded > Micros(0)) day->bad.push_back(&cell);
  }
  return days;
}

struct StateTime {
  Shown state;
  std::string_view word;
  Micros time;
};

// Worst first.
std::array<StateTime, 4> states_of(const sla::UptimeTimes& times) {
  return {{{Shown::critical, "down", times.down},
           {Shown::unknown, "unknown", times.unknown},
           {Shown::maintenance, "excluded", times.excluded},
           {Shown::up, "up", times.up}}};
}

// "down 12 min 41 s, unknown 1 h"; empty when all is up.
std::string bad_words(const sla::UptimeTimes& times) {
  std::vector<std::string> parts;
  for (const StateTime& state : states_of(times)) {
    if (state.state == Shown::up || state.time == Micros(0)) continue;
    parts.push_back(fmt::format("{} {}", state.word, say_downtime(state.time)));
  }
  return joined(parts);
}

bool is_empty(const sla::UptimeTimes& times) {
  return times == sla::UptimeTimes{};
}

std::string title_of(const Day& day, const std::string& zone) {
  std::string out = say_cell(day.span, zone) + ": ";
  if (is_empty(day.times)) return out + "not yet";
  const std::string bad = bad_words(day.times);
  if (bad.empty()) return out + "up all the time";
  out += bad;
  if (day.times.measured().known()) {
    out += fmt::format("; uptime {}", sla::print_percent(day.times.measured(), sla::RoundTo::down));
  }
  if (day.bad.size() == 1 && day.bad.front()->span == day.span) return out;
  for (std::size_t i = 0; i < std::min(day.bad.size(), kHoursInTitle); ++i) {
    const StripCell& cell = *day.bad[i];
    out += fmt::format("\n{}: {}", say_cell(cell.span, zone), bad_words(cell.times));
    if (cell.reason != Reason::none) out += fmt::format(" ({})", reason_words(cell.reason));
  }
  if (day.bad.size() > kHoursInTitle) out += fmt::format("\nand {} hours more", day.bad.size() - kHoursInTitle);
  return out;
}

svg::Cell cell_of(const Day& day, const sla::ReportPeriod& period) {
  svg::Cell cell{title_of(day, period.time_zone), {}, strip_label(day.span, period.period, period.time_zone)};
  const Micros all = day.times.up + day.times.down + day.times.unknown + day.times.excluded;
  for (const StateTime& state : states_of(day.times)) {
    if (state.time == Micros(0)) continue;
    cell.parts.push_back({state.state, static_cast<double>(state.time.count()) / static_cast<double>(all.count())});
  }
  return cell;
}

// What the patterns mean, with how long each lasted.
void write_key(Html& html, const sla::UptimeTimes& net) {
  html.open("figcaption", {{"class", "small key"}});
  for (const StateTime& state : states_of(net)) {
    if (state.time == Micros(0)) continue;
    html.open("span");
    svg::write_swatch(html, state.state);
    html.text(state.state == Shown::up ? std::string(state.word)
                                       : fmt::format("{} {}", state.word, say_downtime(state.time)));
    html.close().text(" ");
  }
  html.close().line();
}

void write_days(Html& html, const std::vector<Day>& days, const std::string& zone) {
  const std::vector<Column> columns = {{"Span", false}, {"Uptime"}, {"Down"}, {"Unknown"}, {"Excluded"}};
  open_numbers(html);
  open_table(html, "compact data", columns);
  for (const Day& day : days) {
    if (is_empty(day.times)) continue;
    write_table_row(
        html, columns,
        {say_cell(day.span, zone), sla::print_percent(day.times.measured(), sla::RoundTo::down),
         say_time_spent(day.times.down), say_time_spent(day.times.unknown), say_time_spent(day.times.excluded)});
  }
  close_table(html);
  close_numbers(html);
}

}  // namespace

void write_uptime_charts(Html& html, const Section& section) {
  if (section.detail.strip.empty()) return;
  const sla::Evaluation& evaluation = section.evaluation;
  const std::vector<Day> days = days_of(section);
  const auto bad = std::ranges::count_if(days, [](const Day& day) { return day.times.down > Micros(0); });
  const std::string part = part_of_strip(evaluation.period.period, evaluation.period.time_zone);
  svg::Strip strip;
  strip.caption = {
      section.id_of("strip"),
      fmt::format("Uptime by {}: {}, {}", part, evaluation.objective->name, say_period(evaluation.period.label)),
      fmt::format("{} With an outage: {}.", say_figure(evaluation), count_of(bad, part, part + "s"))};
  for (const Day& day : days) strip.cells.push_back(cell_of(day, evaluation.period));
  open_figure(html, fmt::format("{}{} by {}", static_cast<char>(part[0] - 'a' + 'A'), part.substr(1), part));
  svg::write_strip(html, strip);
  write_key(html, evaluation.uptime->net);
  write_days(html, days, evaluation.period.time_zone);
  close_figure(html);
}

}  // namespace nines::reports
