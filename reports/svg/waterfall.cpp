#include <algorithm>

#include <fmt/format.h>

#include "reports/svg/frame.hpp"

namespace nines::reports::svg {

const std::string_view kWaterfallStyle = R"css(
.chart .fall { fill: var(--ink); }
.chart .fall.failed { fill: var(--critical); font-weight: 650; }
.chart rect.extent { fill: none; stroke: var(--muted); }
.chart rect.extent.failed { stroke: var(--critical); stroke-width: 2px; }
.chart rect.phase { fill: var(--ink); stroke: none; }
.chart .resolve { fill-opacity: .15; } .chart .connect { fill-opacity: .35; } .chart .tls { fill-opacity: .55; }
.chart .processing { fill-opacity: .8; } .chart .transfer { fill-opacity: 1; }
)css";

namespace {

constexpr int kFall = 40;  // pixels of each: its words, its bar, and room
constexpr int kBarTop = 20;
constexpr int kBarHeight = 10;
constexpr double kLeastBar = 0.004;  // what took no time is seen

// Names may run from right to left beside numbers that do not.
std::string isolated(const std::string& text) {
  return "\u2068" + text + "\u2069";
}

void write_bar(Html& html, std::string_view look, double from, double to, int y) {
  const double width = std::max(to - from, kLeastBar);
  html.open("rect", {{"class", look},
                     {"x", percent(std::min(from, 1 - width))},
                     {"width", percent(width)},
                     {"y", number(y)},
                     {"height", number(kBarHeight)}});
}

void write_fall(Html& html, const Fall& fall, int top) {
  const std::string_view look = fall.failed ? "fall failed" : "fall";
  const std::string y = number(top + 14);
  html.open("text", {{"class", look}, {"x", "0"}, {"y", y}}).text((fall.failed ? "■ " : "") + isolated(fall.name));
  html.close();
  html.open("text", {{"x", "100%"}, {"y", y}, {"text-anchor", "end"}}).text(fall.value).close();
  if (fall.from >= fall.to && fall.stretches.empty()) return;
  write_bar(html, fall.failed ? "extent failed" : "extent", fall.from, fall.to, top + kBarTop);
  html.close();
  for (const Stretch& one : fall.stretches) {
    write_bar(html, fmt::format("phase {}", one.look), one.from, one.to, top + kBarTop);
    html.element("title", {}, one.title).close();
  }
  html.line();
}

}  // namespace

void write_waterfall(Html& html, const Waterfall& waterfall) {
  open_chart(html, waterfall.caption, "waterfall", static_cast<int>(waterfall.falls.size()) * kFall);
  int top = 0;
  for (const Fall& fall : waterfall.falls) {
    write_fall(html, fall, top);
    top += kFall;
  }
  html.close().line();
}

void write_phase_swatch(Html& html, std::string_view phase) {
  html.open("svg", {{"class", "chart swatch"}, {"width", "18"}, {"height", "14"}, {"aria-hidden", "true"}});
  html.leaf("rect",
            {{"class", fmt::format("phase {}", phase)}, {"x", "1"}, {"y", "1"}, {"width", "16"}, {"height", "12"}});
  html.close();
}

}  // namespace nines::reports::svg
