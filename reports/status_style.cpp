#include "reports/status_parts.hpp"

namespace nines::reports {

// Colours have a contrast of at least 4.5 : 1 on --paper; a test computes it.
const std::string_view kStatusStyle = R"css(
:root {
  color-scheme: light dark;
  --paper: #ffffff; --line: #d3d9df; --ink: #1b2026; --muted: #56606b; --link: #0b57b0;
  --up: #1a6e36; --failing: #855200; --warning: #855200; --critical: #b42318;
  --unknown: #56606b; --maintenance: #0b57b0; --suppressed: #56606b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #13161a; --line: #3a424b; --ink: #e8ebee; --muted: #a6afb8; --link: #85bcff;
    --up: #5ccf86; --failing: #f0b445; --warning: #f0b445; --critical: #ff8f86;
    --unknown: #a6afb8; --maintenance: #85bcff; --suppressed: #a6afb8;
  }
}
* { box-sizing: border-box; }
html { font: 100%/1.5 system-ui, sans-serif; background: var(--paper); color: var(--ink); }
body { max-width: 72rem; margin: 0 auto; padding: 1.5rem 1rem 2rem; font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere; }
h1 { font-size: clamp(1.75rem, 1.25rem + 2.2vw, 3rem); line-height: 1.2; margin: 0 0 .5rem; font-weight: 650;
  text-wrap: balance; }
h2 { font-size: 1rem; font-weight: 650; margin: 2rem 0 .5rem; }
p { margin: 0 0 .5rem; }
a { color: var(--link); text-decoration: underline; text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
ul { list-style: none; margin: 0; padding: 0; }
.counts { display: flex; flex-wrap: wrap; gap: 0 1.5rem; }
.state { color: var(--tone); font-weight: 600; white-space: nowrap; }
.small { color: var(--muted); font-size: .875rem; }
.detail { display: block; }
.up { --tone: var(--up); } .failing { --tone: var(--failing); } .warning { --tone: var(--warning); }
.critical { --tone: var(--critical); } .unknown { --tone: var(--unknown); }
.maintenance { --tone: var(--maintenance); } .suppressed { --tone: var(--suppressed); }
.trouble { border: 2px solid var(--critical); padding: .5rem 1rem; margin: 1rem 0; }
.trouble strong { color: var(--critical); }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: start; vertical-align: top; padding: .5rem 1rem .5rem 0; border-bottom: 1px solid var(--line);
  font-weight: inherit; }
thead th { position: sticky; top: 0; background: var(--paper); color: var(--muted); font-size: .875rem;
  vertical-align: bottom; z-index: 1; }
th:last-child, td:last-child { padding-inline-end: 0; }
.num { text-align: end; white-space: nowrap; }
.name { font-weight: 600; }
.reason { display: block; max-width: 44rem; }
.checks thead th:first-child { padding-inline-start: 1.375rem; }
.checks td:first-child { width: 12rem; padding-inline-start: 1rem; border-inline-start: .375rem solid var(--tone); }
.checks .failing td:first-child { border-inline-start-style: dashed; }
.checks .warning td:first-child { border-inline-start-style: double; }
.checks .suppressed td:first-child, .checks .maintenance td:first-child { border-inline-start-style: dotted; }
.checks .unknown td:first-child { border-inline-start-color: transparent; background:
  repeating-linear-gradient(135deg, var(--muted) 0 2px, transparent 2px 8px) left / .375rem 100% no-repeat border-box; }
.checks .since { width: 11.5rem; }
.checks .num { width: 6.5rem; }
.well { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr)); column-gap: 2rem; }
.well li { display: grid; grid-template-columns: auto 1fr auto; column-gap: .75rem; align-content: start;
  padding: .5rem 0; border-bottom: 1px solid var(--line); }
.well .name { justify-self: start; }
.well .detail { grid-column: 2 / -1; }
.budget { white-space: nowrap; }
.bar { display: inline-block; vertical-align: baseline; width: 5rem; height: .625rem; margin-inline-end: .5rem;
  border: 1px solid var(--muted); }
.bar span { display: block; height: 100%; background: var(--muted); }
.bar.over { border-color: var(--critical);
  background: repeating-linear-gradient(135deg, var(--critical) 0 2px, transparent 2px 5px); }
footer { margin-top: 2rem; }
@media (min-width: 100rem) { html { font-size: 118.75%; } }
@media (max-width: 40rem) {
  body { padding: 1rem .75rem 2rem; }
  table, tbody, tr, th, td { display: block; }
  thead { display: none; }
  tbody tr { padding: .75rem 0; border-bottom: 1px solid var(--line); }
  tbody th, tbody td { border: 0; padding: 0; width: auto; }
  .checks tbody tr { padding-inline-start: .75rem; border-inline-start: .375rem solid var(--tone); }
  .checks tbody tr.failing { border-inline-start-style: dashed; }
  .checks tbody tr.warning { border-inline-start-style: double; }
  .checks tbody tr.suppressed, .checks tbody tr.maintenance { border-inline-start-style: dotted; }
  .checks tbody tr.unknown { border-inline-start-color: transparent; background:
    repeating-linear-gradient(135deg, var(--muted) 0 2px, transparent 2px 8px) left / .375rem 100% no-repeat border-box; }
  .checks tbody tr[class] td:first-child { border: 0; padding: 0; background: none; width: auto; }
  .checks .since, .checks .num { width: auto; }
  td[data-label] { display: flex; justify-content: space-between; gap: 1rem; text-align: end; }
  td[data-label]::before { content: attr(data-label); color: var(--muted); text-align: start; white-space: nowrap; }
}
@media print {
  :root { color-scheme: light; --paper: #fff; --line: #999; --ink: #000; --muted: #444; --link: #000;
    --up: #1a6e36; --failing: #855200; --warning: #855200; --critical: #b42318;
    --unknown: #444; --maintenance: #0b57b0; --suppressed: #444; }
  @page { margin: 16mm; }
  body { max-width: none; padding: 0; }
  thead { display: table-header-group; }
  thead th { position: static; }
  tr, li, .trouble { break-inside: avoid; }
  h2 { break-after: avoid; }
  .refresh { display: none; }
  .bar, .bar span { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  a[href^="http"]::after { content: " (" attr(href) ")"; }
}
)css";

}  // namespace nines::reports
