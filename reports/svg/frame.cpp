#include "reports/svg/frame.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace nines::reports::svg {
namespace {

constexpr int kMostGridLines = 4;
constexpr double kEdge = 0.04;  // a label nearer to an edge than this does not reach over it

// 1, 2 or 5 times a power of ten, not below `least`.
double round_step(double least) {
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

std::string_view anchor_of(double at) {
  if (at < kEdge) return "start";
  return at > 1 - kEdge ? "end" : "middle";
}

}  // namespace

std::string number(double value) {
  std::string text = fmt::format("{:.2f}", value);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string percent(double share) {
  return number(share * 100) + "%";
}

std::string point(double at, double from_top) {
  return fmt::format("{} {}", std::llround(at * kUnits), std::llround(from_top * kUnits));
}

void open_chart(Html& html, const Caption& caption, std::string_view look, int height) {
  const std::string title = caption.id + "-t";
  const std::string description = caption.id + "-d";
  html.open("svg", {{"class", fmt::format("chart {}", look)},
                    {"role", "img"},
                    {"aria-labelledby", title + " " + description},
                    {"width", "100%"},
                    {"height", fmt::format("{}", height)}});
  html.element("title", {{"id", title}}, caption.title).element("desc", {{"id", description}}, caption.description);
  html.line();
}

Scale Scale::over(double low, double high) {
  const double span = std::max(high, 0.0) - std::min(low, 0.0);
  if (!(span > 0) || !std::isfinite(span)) return {};
  Scale scale;
  for (double least = span / kMostGridLines;; least = scale.step * 1.01) {
    scale.step = round_step(least);
    scale.low = std::floor(std::min(low, 0.0) / scale.step + 1e-9) * scale.step;
    scale.high = std::ceil(std::max(high, 0.0) / scale.step - 1e-9) * scale.step;
    if ((scale.high - scale.low) / scale.step < kMostGridLines + 0.5) return scale;
  }
}

Frame::Frame(Html& html, const Caption& caption, std::string_view look, int top, int height)
    : html_(html), top_(top), height_(height) {
  open_chart(html_, caption, look, top + height + kRow + 6);
}

void Frame::line(std::string_view look, double from_top) {
  const std::string y = number(pixel(from_top));
  html_.leaf("line", {{"class", look}, {"x1", "0"}, {"x2", "100%"}, {"y1", y}, {"y2", y}});
}

void Frame::grid(const Scale& scale) {
  for (double value = scale.low; value <= scale.high + scale.step / 2; value += scale.step) {
    line(std::abs(value) < scale.step / 2 ? "zero" : "grid", scale.from_top(value));
  }
  html_.line();
}

void Frame::grid_labels(const Scale& scale, const std::function<std::string(double)>& say) {
  for (double value = scale.low; value <= scale.high + scale.step / 2; value += scale.step) {
    const double exact = std::abs(value) < scale.step / 2 ? 0 : value;
    text(0, pixel(scale.from_top(exact)) - 4, "start", "y", say(exact));
  }
  html_.line();
}

void Frame::open_shapes() {
  html_.open("svg", {{"y", fmt::format("{}", top_)},
                     {"width", "100%"},
                     {"height", fmt::format("{}", height_)},
                     {"viewBox", fmt::format("0 0 {0} {0}", kUnits)},
                     {"preserveAspectRatio", "none"}});
  html_.line();
}

void Frame::path(std::string_view look, std::string_view commands) {
  if (commands.empty()) return;
  html_.leaf("path", {{"class", look}, {"d", commands}, {"vector-effect", "non-scaling-stroke"}}).line();
}

void Frame::close_shapes() {
  html_.close().line();
}

void Frame::text(double at, double y, std::string_view anchor, std::string_view look, std::string_view words) {
  html_.open("text", {{"class", look}, {"x", percent(at)}, {"y", number(y)}, {"text-anchor", anchor}});
  html_.text(words).close();
}

void Frame::ticks(const std::vector<Tick>& ticks) {
  for (const Tick& tick : ticks) {
    const std::string x = percent(tick.at);
    const std::string y = number(pixel(1));
    html_.leaf("line", {{"class", "zero"}, {"x1", x}, {"x2", x}, {"y1", y}, {"y2", number(pixel(1) + 4)}});
    text(tick.at, pixel(1) + kRow, anchor_of(tick.at), "x", tick.label);
  }
  html_.line();
}

void Frame::ends(std::vector<EndLabel> labels) {
  std::ranges::stable_sort(labels, {}, &EndLabel::from_top);
  std::vector<double> places;
  for (const EndLabel& label : labels) {
    const double wanted = pixel(label.from_top) + 4;
    places.push_back(places.empty() ? wanted : std::max(wanted, places.back() + kRow - 2));
  }
  // What was pushed below the axis pushes the others up.
  double lowest = pixel(1) + 4;
  for (std::size_t i = places.size(); i-- > 0; lowest = places[i] - kRow + 2) places[i] = std::min(places[i], lowest);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    html_.open("text", {{"class", fmt::format("end {}", labels[i].look)},
                        {"x", percent(labels[i].at)},
                        {"dx", "8"},
                        {"y", number(places[i])}});
    html_.text(labels[i].text).close();
  }
  html_.line();
}

void Frame::bar(std::string_view look, std::string_view fill, double from, double to, double from_top) {
  const double y = pixel(from_top);
  html_.leaf("rect", {{"class", look},
                      {"x", percent(from)},
                      {"width", percent(to - from)},
                      {"y", number(y)},
                      {"height", number(pixel(1) - y)},
                      {"fill", fill}});
}

void Frame::marks(std::vector<Flag> flags) {
  std::ranges::stable_sort(flags, {}, &Flag::at);
  // Names left of their lines do not meet the lines of smaller ones when those stand lower, and the other way round.
  const bool left = !flags.empty() && flags.front().at > 0.3;
  const auto baseline = [&](std::size_t i) {
    const std::size_t row = left ? flags.size() - 1 - i : i;
    return static_cast<double>((row + 1) * kRow) - 5;
  };
  for (std::size_t i = 0; i < flags.size(); ++i) {
    const std::string x = percent(flags[i].at);
    const std::string y = number(baseline(i) - kRow + 6);
    html_.leaf("line", {{"class", flags[i].look}, {"x1", x}, {"x2", x}, {"y1", y}, {"y2", number(pixel(1))}});
  }
  html_.line();
  for (std::size_t i = 0; i < flags.size(); ++i) {
    const bool before = left || flags[i].at > 0.7;
    html_.open("text", {{"class", "mark"},
                        {"x", percent(flags[i].at)},
                        {"dx", before ? "-6" : "6"},
                        {"y", number(baseline(i))},
                        {"text-anchor", before ? "end" : "start"}});
    html_.text(flags[i].label).close().line();
  }
}

void Frame::close() {
  html_.close().line();
}

}  // namespace nines::reports::svg
