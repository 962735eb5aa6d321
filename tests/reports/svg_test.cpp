#include "reports/svg/svg.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "reports/svg/frame.hpp"

using namespace nines::reports;
using namespace nines::reports::svg;

namespace {

std::string say(double value) {
  return fmt::format("{:g}", value);
}

std::string drawn(const Lines& lines) {
  Html html;
  write_lines(html, lines);
  return std::move(html).take();
}

// The commands of the path of that class; empty: there is none.
std::string path_of(const std::string& svg, std::string_view look) {
  const std::string begin = fmt::format("<path class=\"{}\" d=\"", look);
  const std::size_t at = svg.find(begin);
  if (at == std::string::npos) return {};
  return svg.substr(at + begin.size(), svg.find('"', at + begin.size()) - at - begin.size());
}

Lines ten_points() {
  Lines lines;
  lines.caption = {"c", "title", "description"};
  lines.thin = "p50";
  lines.strong = "p95";
  lines.target = 100;
  lines.target_label = "target < 100";
  lines.say = say;
  for (int i = 0; i < 10; ++i) lines.points.push_back({i / 10.0, (i + 1) / 10.0, 20.0, 50.0, i == 3});
  return lines;
}

}  // namespace

TEST_CASE("a scale holds its values from 0 or below in at most four steps of 1, 2 or 5") {
  for (const double low : {0.0, -0.3, -4.45, -120.0}) {
    for (double high = 1e-6; high < 1e9; high *= 1.37) {
      const Scale scale = Scale::over(low, high);
      INFO(low << " to " << high << ": " << scale.low << " " << scale.high << " " << scale.step);
      CHECK(scale.low <= low + scale.step * 1e-6);
      CHECK(scale.high >= high * (1 - 1e-9));
      CHECK((low < 0 || scale.low == 0));
      CHECK((scale.high - scale.low) / scale.step < 4.5);
      const std::string digits = fmt::format("{:.3e}", scale.step);
      CHECK((digits.starts_with("1.000e") || digits.starts_with("2.000e") || digits.starts_with("5.000e")));
    }
  }
}

TEST_CASE("a gap of a line stays a gap, and a slice alone between gaps is as long as it is") {
  Lines lines = ten_points();
  CHECK(path_of(drawn(lines), "strong") ==
        "M500 5000L1500 5000L2500 5000L3500 5000L4500 5000L5500 5000L6500 5000L7500 5000L8500 5000L9500 5000");
  for (const int gap : {4, 6, 7}) {
    lines.points[gap].thin.reset();
    lines.points[gap].strong.reset();
  }
  const std::string svg = drawn(lines);
  CHECK(path_of(svg, "strong") == "M500 5000L1500 5000L2500 5000L3500 5000M5000 5000L6000 5000M8500 5000L9500 5000");
  CHECK(path_of(svg, "thin") == "M500 8000L1500 8000L2500 8000L3500 8000M5000 8000L6000 8000M8500 8000L9500 8000");
}

TEST_CASE("failed runs are marked on the axis and named") {
  Lines lines = ten_points();
  CHECK(path_of(drawn(lines), "failed") == "M3500 10000V9300");
  CHECK(drawn(lines).find(">failed runs</text>") != std::string::npos);
  lines.points[3].failed = false;
  CHECK(drawn(lines).find("failed") == std::string::npos);
}

TEST_CASE("a chart says what it shows to who cannot see it") {
  CHECK(drawn(ten_points()).find("role=\"img\" aria-labelledby=\"c-t c-d\"") != std::string::npos);
  CHECK(drawn(ten_points()).find("<title id=\"c-t\">title</title><desc id=\"c-d\">description</desc>") !=
        std::string::npos);
}

TEST_CASE("a second down in a day is seen in its cell") {
  Html html;
  write_strip(html, {{"c", "t", "d"}, {{"day", {{Shown::critical, 1.0 / 86'400}, {Shown::up, 1}}, "1"}}});
  const std::string svg = std::move(html).take();
  CHECK(svg.find("<rect class=\"critical\" x=\"6%\" width=\"88%\" y=\"33.68\" height=\"10.32\"") != std::string::npos);
}

TEST_CASE("numbers of a chart have a point and at most two decimals") {
  CHECK(number(1.0 / 3) == "0.33");
  CHECK(number(1200) == "1200");
  CHECK(number(-0.001) == "0");
  CHECK(percent(0.125) == "12.5%");
}
