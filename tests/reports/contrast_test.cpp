#include <cmath>
#include <map>

#include <catch2/catch.hpp>

#include "reports/status_parts.hpp"

namespace {

// The custom properties of the first ":root {" after `start`.
std::map<std::string, std::string> colours(std::string_view css, std::size_t start) {
  std::map<std::string, std::string> found;
  const std::size_t end = css.find('}', start);
  for (std::size_t at = css.find("--", start); at < end; at = css.find("--", at + 2)) {
    const std::size_t colon = css.find(':', at);
    found[std::string(css.substr(at + 2, colon - at - 2))] = css.substr(colon + 2, 7);
  }
  return found;
}

double channel(const std::string& colour, std::size_t index) {
  const double value = std::stoi(colour.substr(1 + 2 * index, 2), nullptr, 16) / 255.0;
  return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
}

double luminance(const std::string& colour) {
  return 0.2126 * channel(colour, 0) + 0.7152 * channel(colour, 1) + 0.0722 * channel(colour, 2);
}

// WCAG 2.1, contrast ratio.
double contrast(const std::string& a, const std::string& b) {
  const auto [low, high] = std::minmax(luminance(a), luminance(b));
  return (high + 0.05) / (low + 0.05);
}

}  // namespace

TEST_CASE("every colour of the page stands out from its ground by 4.5 to 1, light and dark") {
  const std::string_view css = nines::reports::kStatusStyle;
  const std::size_t light = css.find(":root {");
  const std::size_t dark = css.find(":root {", light + 1);
  REQUIRE(css.substr(0, dark).find("prefers-color-scheme: dark") != std::string_view::npos);
  for (const std::size_t start : {light, dark}) {
    const auto found = colours(css, start);
    REQUIRE(found.size() == 12);
    for (const auto& [name, colour] : found) {
      if (name == "paper" || name == "line") continue;
      INFO(name << " " << colour);
      CHECK(contrast(colour, found.at("paper")) >= 4.5);
    }
  }
}
