#pragma once

// Worked examples drawn as text: one character an interval of a minute, from 2026-10-07T00:00:00Z (a Wednesday).
//   .  success    x  failure (connection refused)    a  fault of the agent    r  success at the second attempt
//   e  failure with status 500    _  no result

#include <string>
#include <string_view>
#include <vector>

#include "sla/evaluate.hpp"

namespace nines::sla::drawn {

inline constexpr Micros kMinute = std::chrono::minutes(1);

Time minute(double count);

// A history whose configuration was loaded at minute 0.
struct Story {
  History history;
  config::Objective objective;  // uptime >= 99%, min_coverage 0, over every check drawn
  std::vector<std::string> regions;

  Story();
  Series& draw(const std::string& check, const std::string& region, std::string_view picture);
  Series& uplink(const std::string& check, const std::string& region, std::string_view picture);
  void window(double from, double to, const std::string& service = {});

  Evaluation figures(double from, double to) const;  // closed: as of a day later
  Evaluation figures_as_of(double from, double to, double as_of) const;
  UptimeTimes net(double from, double to) const { return figures(from, to).uptime->net; }
};

// Minutes, for comparing: "up 3 down 2 unknown 1 excluded 0".
std::string in_minutes(const UptimeTimes& times);

}  // namespace nines::sla::drawn
