#pragma once

// Charts as SVG inside an HTML page, drawn without a script: as wide as their place, text and lines of a constant size.
// Pure: the same data gives the same bytes, whatever the locale. What a chart means is told to who cannot see it
// (role=img, title and description), states by pattern and colour both, everything else without colour.
//
//   html.open("style").markup(svg::kChartStyle).close();   // with the page's own: --ink, --paper, --critical …
//   svg::write_patterns(html);                              // once, before the first chart
//   svg::write_strip(html, strip);
//
// Positions of time are shares of the chart's width, 0 to 1. Any thread; one Html per document.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/html.hpp"
#include "reports/status_page.hpp"

namespace nines::reports::svg {

extern const std::string_view kChartStyle;

// The patterns of the states, which charts and swatches refer to by id.
void write_patterns(Html& html);

// What stands for a chart where it cannot be seen. `id` is unique in the document and ours.
struct Caption {
  std::string id;
  std::string title;
  std::string description;
};

// A mark below the axis.
struct Tick {
  double at = 0;
  std::string label;
};

// ---- strip: one cell per hour, day or run

struct Part {
  Shown state = Shown::up;
  double share = 1;  // of the cell
};
struct Cell {
  std::string title;        // span, state and reason
  std::vector<Part> parts;  // the worst first; it is drawn at the bottom, and never too small to be seen
  std::string label;        // below; empty: none
};
struct Strip {
  Caption caption;
  std::vector<Cell> cells;
};
void write_strip(Html& html, const Strip& strip);

// A small square that looks as the state does in a strip.
void write_swatch(Html& html, Shown state);

// ---- lines: a measure over time against its target

struct Point {
  double from = 0, to = 0;             // of the slice
  std::optional<double> thin, strong;  // p50, p95; none: a gap
  bool failed = false;                 // marked on the axis
};
struct Lines {
  Caption caption;
  std::vector<Point> points;
  std::string thin, strong;  // names of the lines; no thin one: no band either
  std::optional<double> target;
  std::string target_label;
  std::vector<Tick> ticks;
  std::function<std::string(double)> say;  // a value of y
};
void write_lines(Html& html, const Lines& lines);

// ---- budget: the share that is left

struct Left {
  double at = 0;
  double share = 1;  // below 0: more was spent
};
struct Budget {
  Caption caption;
  std::vector<Left> points;        // in time order
  double even_until = 1;           // where all of it is gone at an even rate
  std::optional<double> forecast;  // what will be left at the end, at the rate so far
  std::vector<Tick> ticks;
};
void write_budget(Html& html, const Budget& budget);

// ---- distribution: bars over logarithmic bins

struct Bar {
  double from = 0, to = 0;  // both above 0
  double count = 0;
  bool bad = false;  // beyond the target
};
struct Mark {
  double value = 0;
  std::string label;
  bool target = false;
};
struct Distribution {
  Caption caption;
  std::vector<Bar> bars;  // consecutive
  std::vector<Mark> marks;
  std::function<std::string(double)> say;  // a value of x
};
void write_distribution(Html& html, const Distribution& distribution);

// ---- waterfall: what followed what in one run

struct Stretch {
  double from = 0, to = 0;  // shares of the whole
  std::string_view look;    // one of kPhaseNames: how dark it is
  std::string title;        // "tls, 12.3 ms"
};
struct Fall {
  std::string name;   // above the bar, left …
  std::string value;  // … and right: "12.3 ms"
  bool failed = false;
  double from = 0, to = 0;  // of the bar, which shows where no stretch is; equal, without one: none
  std::vector<Stretch> stretches;
};
extern const std::string_view kWaterfallStyle;  // beside kChartStyle, where there is one
struct Waterfall {
  Caption caption;
  std::vector<Fall> falls;
};
void write_waterfall(Html& html, const Waterfall& waterfall);

// A small square as dark as the phase is in a waterfall.
void write_phase_swatch(Html& html, std::string_view phase);

}  // namespace nines::reports::svg
