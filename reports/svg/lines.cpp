#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "reports/svg/frame.hpp"

namespace nines::reports::svg {
namespace {

constexpr int kTop = 24;
constexpr int kHeight = 152;

using Member = std::optional<double> Point::*;

double middle(const Point& point) {
  return (point.from + point.to) / 2;
}

// The points from `at` on that have a value, up to the next gap; empty where `at` is one.
std::span<const Point> run_at(const std::vector<Point>& points, std::size_t at, Member member) {
  std::size_t end = at;
  while (end < points.size() && (points[end].*member)) ++end;
  return std::span(points).subspan(at, end - at);
}

template <class Draw>
void each_run(const std::vector<Point>& points, Member member, const Draw& draw) {
  for (std::size_t at = 0; at < points.size();) {
    const auto run = run_at(points, at, member);
    if (!run.empty()) draw(run);
    at += std::max<std::size_t>(run.size(), 1);
  }
}

std::string line_of(const std::vector<Point>& points, Member member, const Scale& scale) {
  std::string out;
  each_run(points, member, [&](std::span<const Point> run) {
    // A slice alone between gaps is as long as it is.
    if (run.size() == 1) {
      const double y = scale.from_top(*(run[0].*member));
      out += "M" + point(run[0].from, y) + "L" + point(run[0].to, y);
      return;
    }
    for (const Point& one : run) {
      out += &one == run.data() ? "M" : "L";
      out += point(middle(one), scale.from_top(*(one.*member)));
    }
  });
  return out;
}

std::string band_of(const std::vector<Point>& points, const Scale& scale) {
  std::string out;
  each_run(points, &Point::strong, [&](std::span<const Point> run) {
    if (run.size() == 1) return;
    for (const Point& one : run) {
      out += &one == run.data() ? "M" : "L";
      out += point(middle(one), scale.from_top(*one.strong));
    }
    for (std::size_t i = run.size(); i-- > 0;) {
      out += "L" + point(middle(run[i]), scale.from_top(run[i].thin.value_or(*run[i].strong)));
    }
    out += "Z";
  });
  return out;
}

std::string marks_of(const std::vector<Point>& points) {
  std::string out;
  for (const Point& one : points) {
    if (one.failed) out += "M" + point(middle(one), 1) + "V" + fmt::format("{:.0f}", kUnits * 0.93);
  }
  return out;
}

const Point* last_of(const std::vector<Point>& points, Member member) {
  for (std::size_t i = points.size(); i-- > 0;) {
    if (points[i].*member) return &points[i];
  }
  return nullptr;
}

double highest(const Lines& lines) {
  double high = lines.target.value_or(0);
  for (const Point& one : lines.points) high = std::max({high, one.thin.value_or(0), one.strong.value_or(0)});
  return high;
}

std::vector<EndLabel> names_of(const Lines& lines, const Scale& scale, bool failures) {
  std::vector<EndLabel> names;
  if (lines.target) names.push_back({scale.from_top(*lines.target), lines.target_label, "target"});
  const auto add = [&](Member member, const std::string& name, std::string_view look) {
    const Point* last = last_of(lines.points, member);
    if (last == nullptr || name.empty()) return;
    // A line that goes on to the right edge is named beyond it.
    const double at = last->to > 0.98 ? 1 : middle(*last);
    names.push_back({scale.from_top(*(last->*member)), name, look, at});
  };
  add(&Point::strong, lines.strong, "strong");
  add(&Point::thin, lines.thin, "thin");
  if (failures) names.push_back({1, "failed runs", "failed"});
  return names;
}

}  // namespace

void write_lines(Html& html, const Lines& lines) {
  const Scale scale = Scale::over(0, highest(lines));
  const std::string failures = marks_of(lines.points);
  Frame frame(html, lines.caption, "axes", kTop, kHeight);
  frame.grid(scale);
  frame.open_shapes();
  if (!lines.thin.empty()) {
    frame.path("band", band_of(lines.points, scale));
    frame.path("thin", line_of(lines.points, &Point::thin, scale));
  }
  frame.path("strong", line_of(lines.points, &Point::strong, scale));
  frame.path("failed", failures);
  frame.close_shapes();
  if (lines.target) frame.line("target", scale.from_top(*lines.target));
  frame.grid_labels(scale, lines.say);
  frame.ticks(lines.ticks);
  frame.ends(names_of(lines, scale, !failures.empty()));
  frame.close();
}

}  // namespace nines::reports::svg
