#include <algorithm>

#include "reports/svg/frame.hpp"

namespace nines::reports::svg {
namespace {

constexpr int kHeight = 44;
constexpr double kLeast = 0.24;  // of a cell's height: what is worth showing is seen

std::string fill(Shown state) {
  return "url(#nines-" + std::string(shown_name(state)) + ")";
}

// The heights of the parts: each at least kLeast, what that takes goes off the last, which is the best.
std::vector<double> heights(const std::vector<Part>& parts) {
  const double least = std::min(kLeast, 1 / static_cast<double>(parts.size()));
  std::vector<double> out;
  double rest = 1;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    const double later = least * static_cast<double>(parts.size() - i - 1);
    out.push_back(std::clamp(parts[i].share, least, std::max(rest - later, least)));
    rest -= out.back();
  }
  if (!parts.empty()) out.push_back(rest);
  return out;
}

void write_part(Html& html, Shown state, double x, double width, double y, double height) {
  html.leaf("rect", {{"class", shown_name(state)},
                     {"x", percent(x)},
                     {"width", percent(width)},
                     {"y", number(y)},
                     {"height", number(height)},
                     {"fill", fill(state)}});
}

void write_cell(Html& html, const Cell& cell, double x, double width) {
  html.open("g").element("title", {}, cell.title);
  const std::vector<double> shares = heights(cell.parts);
  double y = kHeight;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const double height = shares[i] * (kHeight - 1);
    y -= height;
    write_part(html, cell.parts[i].state, x, width, y, height);
  }
  html.close().line();
}

}  // namespace

void write_strip(Html& html, const Strip& strip) {
  open_chart(html, strip.caption, "strip", kHeight + kRow + 2);
  const double step = 1.0 / std::max<double>(1, static_cast<double>(strip.cells.size()));
  const double gap = step * 0.12;
  for (std::size_t i = 0; i < strip.cells.size(); ++i) {
    const double x = static_cast<double>(i) * step;
    write_cell(html, strip.cells[i], x + gap / 2, step - gap);
    if (strip.cells[i].label.empty()) continue;
    html.open("text", {{"x", percent(x + step / 2)}, {"y", number(kHeight + kRow - 2)}, {"text-anchor", "middle"}});
    html.text(strip.cells[i].label).close().line();
  }
  html.close().line();
}

void write_swatch(Html& html, Shown state) {
  html.open("svg", {{"class", "chart swatch"}, {"width", "18"}, {"height", "14"}, {"aria-hidden", "true"}});
  html.leaf(
      "rect",
      {{"class", shown_name(state)}, {"x", "1"}, {"y", "1"}, {"width", "16"}, {"height", "12"}, {"fill", fill(state)}});
  html.close();
}

}  // namespace nines::reports::svg
