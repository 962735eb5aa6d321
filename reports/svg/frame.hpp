#pragma once

// What the charts with axes have in common: the plot, which style leaves a margin for its lines' names, and the scale.
// Internal to reports/svg/.

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/svg/svg.hpp"

namespace nines::reports::svg {

// A number of SVG: at most two decimals, '.' in every locale.
std::string number(double value);
std::string percent(double share);  // of the plot's width: "12.5%"

// Opens <svg> of the full width with its title and description.
void open_chart(Html& html, const Caption& caption, std::string_view look, int height);

// 0 or below to a round number, with at most four lines above the lowest.
struct Scale {
  double low = 0;
  double high = 1;
  double step = 1;

  static Scale over(double low, double high);
  double from_top(double value) const { return (high - value) / (high - low); }
};

// The name of a line, right of its end.
struct EndLabel {
  double from_top = 0;
  std::string text;
  std::string_view look;
  double at = 1;
};

// A vertical line, named above the plot: a row of text each.
struct Flag {
  double at = 0;
  std::string label;
  std::string_view look;
};

// One chart with axes, in pixels from the top: `top` of margin, `height` of plot, then the ticks' labels.
class Frame {
 public:
  // `look` is "axes", with room for names right of the plot, or "bins", without.
  Frame(Html& html, const Caption& caption, std::string_view look, int top, int height);

  void grid(const Scale& scale);
  void line(std::string_view look, double from_top);  // over the whole width
  // Between these, path(): coordinates of 0 to kUnits each way, stretched to the plot; lines keep their width.
  void open_shapes();
  void path(std::string_view look, std::string_view commands);
  void close_shapes();
  // Names of the grid's lines, over what was drawn.
  void grid_labels(const Scale& scale, const std::function<std::string(double)>& say);
  void ticks(const std::vector<Tick>& ticks);
  void ends(std::vector<EndLabel> labels);  // moved apart where they would overlap
  void bar(std::string_view look, std::string_view fill, double from, double to, double from_top);
  void marks(std::vector<Flag> flags);
  void close();

 private:
  double pixel(double from_top) const { return top_ + from_top * height_; }
  void text(double at, double y, std::string_view anchor, std::string_view look, std::string_view words);

  Html& html_;
  int top_;
  int height_;
};

inline constexpr double kUnits = 10'000;
inline constexpr int kRow = 18;  // pixels of a line of text

// "12 340": a point in the units of Frame::path().
std::string point(double at, double from_top);

}  // namespace nines::reports::svg
