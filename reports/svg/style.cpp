#include <fmt/format.h>

#include "reports/svg/svg.hpp"

namespace nines::reports::svg {

const std::string_view kChartStyle = R"css(
.chart { display: block; overflow: visible; font: .875rem/1 system-ui, sans-serif; }
.chart text { fill: var(--muted); font-variant-numeric: tabular-nums; }
.chart.axes { width: calc(100% - 7.5rem); }
.chart .y, .chart .mark, .chart .end { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
.chart .end, .chart .mark { fill: var(--ink); }
.chart text.strong { font-weight: 650; }
.chart text.failed { fill: var(--critical); }
.chart .grid { stroke: var(--line); }
.chart .zero { stroke: var(--muted); }
.chart path { fill: none; stroke-linejoin: round; }
.chart path.strong { stroke: var(--ink); stroke-width: 2.5px; }
.chart path.thin { stroke: var(--muted); stroke-width: 1.25px; }
.chart path.band, .chart path.area { fill: var(--muted); fill-opacity: .18; }
.chart path.failed { stroke: var(--critical); stroke-width: 3px; }
.chart line.target { stroke: var(--ink); stroke-width: 1.5px; stroke-dasharray: 7 4; }
.chart line.quantile { stroke: var(--ink); }
.chart path.even { stroke: var(--muted); stroke-width: 1.5px; stroke-dasharray: 7 4; }
.chart path.forecast { stroke: var(--ink); stroke-width: 2.5px; stroke-dasharray: 1 5; stroke-linecap: round; }
.chart rect { stroke: var(--tone); }
.chart rect.up { fill-opacity: .75; }
.chart rect.count { color: var(--muted); fill-opacity: .5; stroke: none; }
.patterns { position: absolute; }
.patterns rect { fill: var(--paper); }
.patterns .ground { fill: var(--tone); }
.patterns path { stroke: var(--tone); stroke-width: 1.5px; }
.patterns .ground + path { stroke: var(--paper); stroke-width: 2.5px; }
.patterns circle { fill: var(--tone); }
.swatch { display: inline-block; vertical-align: -1px; margin-inline-end: .25rem; }
)css";

namespace {

struct PatternRow {
  Shown state;
  std::string_view shapes;
};

// Told apart without colour: full; bold stripes up; stripes down on paper; dots; bars.
constexpr PatternRow kPatterns[] = {
    {Shown::up, R"(<rect class="ground" width="8" height="8"/>)"},
    {Shown::failing, R"(<rect width="8" height="8"/><path d="M0 2H8M0 6H8"/>)"},
    {Shown::warning, R"(<rect width="8" height="8"/><path d="M2 0V8M6 0V8"/>)"},
    {Shown::critical, R"(<rect class="ground" width="8" height="8"/><path d="M-2 2L2 -2M-2 10L10 -2M6 10L10 6"/>)"},
    {Shown::unknown, R"(<rect width="8" height="8"/><path d="M-2 6L2 10M-2 -2L10 10M6 -2L10 2"/>)"},
    {Shown::maintenance,
     R"(<rect width="8" height="8"/><circle cx="2" cy="2" r="1.3"/><circle cx="6" cy="6" r="1.3"/>)"},
    {Shown::suppressed, R"(<rect width="8" height="8"/><circle cx="4" cy="4" r="1.3"/>)"},
};

}  // namespace

void write_patterns(Html& html) {
  html.open("svg", {{"class", "patterns"}, {"width", "0"}, {"height", "0"}, {"aria-hidden", "true"}}).open("defs");
  html.line();
  for (const PatternRow& row : kPatterns) {
    html.open("pattern", {{"id", fmt::format("nines-{}", shown_name(row.state))},
                          {"class", shown_name(row.state)},
                          {"width", "8"},
                          {"height", "8"},
                          {"patternUnits", "userSpaceOnUse"}});
    html.markup(row.shapes).close().line();
  }
  html.close().close().line();
}

}  // namespace nines::reports::svg
