#include "reports/document/parts.hpp"

namespace nines::reports {

const std::string_view kDocumentStyle = R"css(
.report h1 { font-size: clamp(1.5rem, 1.25rem + 1.2vw, 2.25rem); margin: 0 0 1rem; }
.report h1 .item { display: inline-block; max-width: 100%; }
.report h2 { margin: 0 0 .25rem; }
.report h3 { font-size: .875rem; font-weight: 650; margin: 0 0 .5rem; }
.report section { margin-top: 1.5rem; }
.report main > section { margin-top: 2.5rem; padding-top: 1.5rem; border-top: 1px solid var(--ink); }
.report main > section > h2 { font-size: 1rem; }
.origin { color: var(--muted); }
.origin strong { color: var(--ink); font-weight: 650; }
.report header .credit { margin: .5rem 0; }
.summary { margin: 1rem 0; }
.summary td:first-child { width: 9.5rem; }
.summary a.name, .summary .reason { display: block; }
.figures { display: flex; flex-wrap: wrap; gap: .5rem 2.5rem; margin: .75rem 0; }
.figures dt { color: var(--muted); font-size: .875rem; }
.figures dd { margin: 0; font-weight: 650; }
figure { margin: 1.5rem 0 0; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 2rem 3rem;
  margin-top: 1.5rem; align-items: start; }
.pair > figure, .pair > .block { margin: 0; min-width: 0; }
.pair td, .pair th, .data td, .data th { padding-block: .25rem; }
.key { display: flex; flex-wrap: wrap; gap: 0 1.5rem; }
.numbers { font-size: .875rem; margin-top: .25rem; }
.numbers summary { color: var(--muted); cursor: pointer; width: fit-content; }
.numbers[open] { max-height: 24rem; overflow: auto; }
.more > summary { color: var(--muted); cursor: pointer; font-size: .875rem; margin-top: 1rem; width: fit-content; }
.outages th[scope=row] { padding-inline-start: .75rem; border-inline-start: .375rem double var(--critical); }
.outages thead th:first-child { padding-inline-start: 1.125rem; }
.outages .when { width: 8rem; }
.outages .num { width: 8rem; }
.evidence { display: block; font: .875rem/1.5 ui-monospace, monospace; margin-top: .25rem; }
.outages + .pair { margin-top: 2rem; }
.report figure + h3 { margin-top: 2rem; }
.exclusions td:last-child { width: 12rem; }
.exclusions td:nth-child(2) { width: 8rem; }
.block { max-width: 100%; }
.terms { margin: .75rem 0; }
.terms div { display: grid; grid-template-columns: 8rem 1fr; gap: 0 1rem; margin-bottom: .25rem; }
.terms dt { font-weight: 650; }
.terms dd { margin: 0; }
.method p, .method dl { max-width: 48rem; }
@media (max-width: 40rem) {
  .terms div { grid-template-columns: 1fr; }
  .summary td:first-child, .exclusions td:nth-child(n), .outages .when, .outages .num { width: auto; }
  .outages tbody th[scope=row] { border-inline-start: 0; padding: 0; }
  .outages tbody tr { padding-inline-start: .75rem; border-inline-start: .375rem double var(--critical); }
  .summary td:empty { display: none; }
  .compact { display: table; }
  .compact tbody { display: table-row-group; }
  .compact thead { display: table-header-group; }
  .compact tr { display: table-row; }
  .compact thead th, .compact tbody th, .compact tbody td { display: table-cell; padding: .25rem .5rem .25rem 0;
    border-bottom: 1px solid var(--line); }
  .compact tbody .num { text-align: end; }
  .compact td[data-label]::before { content: none; }
}
@media print {
  html { font-size: 9.5pt; }
  .report h1 { font-size: 17pt; }
  .report main > section { margin-top: 7mm; padding-top: 4mm; }
  .report main > section.method { break-inside: auto; }
  .numbers, .more > summary { display: none; }
  .more::details-content { content-visibility: visible; }
  figure, .block, .figures, .terms div, tr, .origin { break-inside: avoid; }
  h2, h3, h2 + p, thead { break-after: avoid; }
  .pair { grid-template-columns: 1fr 1fr; gap: 6mm 8mm; margin-top: 5mm; }
  .report footer { display: none; }
  a.name { text-decoration: none; }
  p { orphans: 3; widows: 3; }
}
)css";

}  // namespace nines::reports
