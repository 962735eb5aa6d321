#include <algorithm>
#include <cmath>

#include "reports/svg/frame.hpp"
#include "reports/words.hpp"

namespace nines::reports::svg {
namespace {

constexpr int kHeight = 128;
constexpr std::size_t kMostTicks = 6;

// Where a value lies on the logarithmic axis.
struct LogAxis {
  double low = 0;  // logarithms
  double high = 1;

  double at(double value) const { return std::clamp((std::log10(value) - low) / (high - low), 0.0, 1.0); }
};

LogAxis axis_of(const Distribution& distribution) {
  double low = distribution.bars.front().from;
  double high = distribution.bars.back().to;
  for (const Mark& mark : distribution.marks) {
    if (!(mark.value > 0)) continue;
    low = std::min(low, mark.value);
    high = std::max(high, mark.value * 1.05);
  }
  return {std::log10(low), std::max(std::log10(high), std::log10(low) + 0.1)};
}

void draw_bars(Frame& frame, const Distribution& distribution, const LogAxis& axis, const Scale& scale) {
  for (const Bar& bar : distribution.bars) {
    if (bar.count <= 0) continue;
    const double from = axis.at(bar.from);
    const double to = axis.at(bar.to);
    const double gap = (to - from) * 0.06;
    frame.bar(bar.bad ? "critical" : "count", bar.bad ? "url(#nines-critical)" : "currentColor", from + gap, to - gap,
              scale.from_top(bar.count));
  }
}

// 1, 2 and 5 times powers of ten inside the axis, or the powers alone where those are many.
std::vector<Tick> ticks_of(const LogAxis& axis, const std::function<std::string(double)>& say) {
  for (const bool all : {true, false}) {
    std::vector<Tick> ticks;
    for (int power = static_cast<int>(std::floor(axis.low)); power <= axis.high; ++power) {
      for (const double factor : {1.0, 2.0, 5.0}) {
        const double value = factor * std::pow(10, power);
        const bool inside = std::log10(value) >= axis.low - 1e-9 && std::log10(value) <= axis.high + 1e-9;
        if (inside && (all || factor == 1)) ticks.push_back({axis.at(value), say(value)});
      }
    }
    if (ticks.size() <= kMostTicks || !all) return ticks;
  }
  return {};
}

}  // namespace

void write_distribution(Html& html, const Distribution& distribution) {
  if (distribution.bars.empty()) return;
  const LogAxis axis = axis_of(distribution);
  double most = 0;
  for (const Bar& bar : distribution.bars) most = std::max(most, bar.count);
  const Scale scale = Scale::over(0, most);
  std::vector<Flag> flags;
  for (const Mark& mark : distribution.marks) {
    flags.push_back({axis.at(mark.value), mark.label, mark.target ? "target" : "quantile"});
  }
  Frame frame(html, distribution.caption, "bins", static_cast<int>(flags.size()) * kRow + 12, kHeight);
  frame.grid(scale);
  draw_bars(frame, distribution, axis, scale);
  frame.grid_labels(scale, [](double count) { return grouped(std::llround(count)); });
  frame.marks(std::move(flags));
  frame.ticks(ticks_of(axis, distribution.say));
  frame.close();
}

}  // namespace nines::reports::svg
