#include <concepts>

#include <fmt/format.h>

#include "tests/sla/brute/brute.hpp"

namespace nines::sla::brute {
namespace {

template <std::integral T>
std::string show(T value) {
  return std::to_string(value);
}
std::string show(bool value) {
  return value ? "true" : "false";
}
std::string show(Micros value) {
  return fmt::format("{} us", value.count());
}
std::string show(const std::string& value) {
  return value;
}
std::string show(Verdict value) {
  return value == Verdict::met ? "met" : value == Verdict::missed ? "missed" : "inconclusive";
}
std::string show(Level value) {
  return value == Level::ok ? "ok" : value == Level::warning ? "warning" : "critical";
}
std::string show(Reason value) {
  return std::string(reason_name(value));
}
std::string show(const Ratio& value) {
  return fmt::format("{} / {}", value.part, value.whole);
}
std::string show(const Period& value) {
  return format_time(value.from) + " - " + format_time(value.to);
}
std::string show(const UptimeTimes& value) {
  return fmt::format("up {} down {} unknown {} excluded {}", value.up.count(), value.down.count(),
                     value.unknown.count(), value.excluded.count());
}
std::string show(const std::vector<std::string>& value) {
  return fmt::format("{}", fmt::join(value, " "));
}
template <class T>
std::string show(const std::optional<T>& value) {
  return value ? show(*value) : "none";
}

// Keeps the first difference.
class Comparison {
 public:
  template <class T>
  void same(const std::string& what, const T& plain, const T& fast) {
    if (found_.empty() && !(plain == fast)) {
      found_ = fmt::format("{}: plain {}, fast {}", what, show(plain), show(fast));
    }
  }
  const std::string& found() const { return found_; }

 private:
  std::string found_;
};

void compare(Comparison& all, const std::string& at, const Outage& plain, const Outage& fast) {
  all.same(at + "extent", plain.extent, fast.extent);
  all.same(at + "length", plain.length, fast.length);
  all.same(at + "inside", plain.inside, fast.inside);
  all.same(at + "ongoing", plain.ongoing, fast.ongoing);
  all.same(at + "open_before", plain.open_before, fast.open_before);
  all.same(at + "open_after", plain.open_after, fast.open_after);
  all.same(at + "reason", plain.reason, fast.reason);
  all.same(at + "checks", plain.checks, fast.checks);
  all.same(at + "regions", plain.regions, fast.regions);
}

void compare(Comparison& all, const UptimeFigures& plain, const UptimeFigures& fast) {
  all.same("net", plain.net, fast.net);
  all.same("gross", plain.gross, fast.gross);
  all.same("strict", plain.strict, fast.strict);
  all.same("outages", plain.outages.size(), fast.outages.size());
  for (std::size_t i = 0; i < plain.outages.size() && i < fast.outages.size(); ++i) {
    compare(all, fmt::format("outage {} ", i), plain.outages[i], fast.outages[i]);
  }
  all.same("mttr", plain.mttr, fast.mttr);
  all.same("mtbf", plain.mtbf, fast.mtbf);
  all.same("budget over", plain.budget.over, fast.budget.over);
  all.same("budget spent", plain.budget.spent, fast.budget.spent);
}

void compare(Comparison& all, const LatencyFigures& plain, const LatencyFigures& fast) {
  all.same("samples", plain.samples, fast.samples);
  all.same("measured", plain.measured, fast.measured);
  all.same("infinite", plain.infinite, fast.infinite);
  all.same("bad", plain.bad, fast.bad);
  all.same("budget over", plain.budget.over, fast.budget.over);
  all.same("budget spent", plain.budget.spent, fast.budget.spent);
}

void compare(Comparison& all, const ErrorFigures& plain, const ErrorFigures& fast) {
  all.same("samples", plain.samples, fast.samples);
  all.same("errors", plain.errors, fast.errors);
  all.same("budget over", plain.budget.over, fast.budget.over);
  all.same("budget spent", plain.budget.spent, fast.budget.spent);
}

}  // namespace

std::string difference(const Evaluation& plain, const Evaluation& fast) {
  Comparison all;
  all.same("running", plain.running, fast.running);
  if (plain.uptime && fast.uptime) compare(all, *plain.uptime, *fast.uptime);
  if (plain.latency && fast.latency) compare(all, *plain.latency, *fast.latency);
  if (plain.error_rate && fast.error_rate) compare(all, *plain.error_rate, *fast.error_rate);
  all.same("is uptime", plain.uptime.has_value(), fast.uptime.has_value());
  all.same("is latency", plain.latency.has_value(), fast.latency.has_value());
  all.same("is error rate", plain.error_rate.has_value(), fast.error_rate.has_value());
  all.same("coverage", plain.coverage, fast.coverage);
  all.same("regions", plain.regions.size(), fast.regions.size());
  for (std::size_t i = 0; i < plain.regions.size() && i < fast.regions.size(); ++i) {
    const std::string at = "region " + plain.regions[i].region + " ";
    all.same(at + "name", plain.regions[i].region, fast.regions[i].region);
    all.same(at + "coverage", plain.regions[i].coverage, fast.regions[i].coverage);
    all.same(at + "measured", plain.regions[i].measured, fast.regions[i].measured);
    all.same(at + "measured time", plain.regions[i].measured_time, fast.regions[i].measured_time);
    all.same(at + "infinite", plain.regions[i].infinite, fast.regions[i].infinite);
  }
  all.same("verdict", plain.verdict, fast.verdict);
  all.same("level", plain.level, fast.level);
  all.same("on track", plain.on_track, fast.on_track);
  return all.found();
}

}  // namespace nines::sla::brute
