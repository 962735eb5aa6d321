#include "tests/agent/support.hpp"

#include <algorithm>
#include <cmath>

#include <catch2/catch.hpp>

#include "base/log.hpp"
#include "config/load.hpp"

namespace nines::agent::tests {
namespace {

std::unique_ptr<store::Store> open_store(const harness::TempDir& dir, const Clock& clock) {
  auto opened = store::Store::open({.data_dir = dir.path().string(), .clock = &clock});
  REQUIRE(opened.has_value());
  return std::move(*opened);
}

// What the monitor logs is not looked at here.
void quiet() {
  static const bool once = [] {
    log::init({.level = log::Level::critical, .region = "test", .instance = "test"});
    return true;
  }();
  static_cast<void>(once);
}

}  // namespace

std::shared_ptr<const config::Config> config_of(std::string_view yaml) {
  auto loaded = config::load_text(yaml, "test.yml", [](const std::string&) { return std::nullopt; });
  std::string faults;
  if (!loaded) {
    for (const Error& fault : loaded.error()) faults += fault.text() + "\n";
  }
  INFO(faults);
  REQUIRE(loaded.has_value());
  return std::make_shared<const config::Config>(std::move(loaded->config));
}

Time at(double seconds) {
  return *parse_time("2026-10-01T00:00:00Z") + Micros(std::llround(seconds * 1e6));
}

RunReport success_of(const config::Schedule& schedule, Time start) {
  RunReport report;
  report.schedule = &schedule;
  report.result.key = {schedule.name, "test"};
  report.result.row.start = start;
  report.result.row.duration = Micros(12'345);
  report.result.row.interval = schedule.interval;
  report.result.row.status = 200;
  return report;
}

RunReport failure_of(const config::Schedule& schedule, Time start) {
  RunReport report = success_of(schedule, start);
  report.result.row.status = 0;
  report.result.row.reason = report.result.row.first_reason = Reason::connect_refused;
  report.result.evidence.message = "connection refused";
  return report;
}

LabelMap labels_of(const prometheus::ClientMetric& metric) {
  LabelMap labels;
  for (const auto& label : metric.label) labels[label.name] = label.value;
  return labels;
}

const prometheus::MetricFamily* find_family(const Families& families, std::string_view name) {
  const auto found = std::ranges::find(families, name, &prometheus::MetricFamily::name);
  return found == families.end() ? nullptr : &*found;
}

namespace {

const prometheus::ClientMetric* find_sample(const Families& families, std::string_view name, const LabelMap& labels) {
  const prometheus::MetricFamily* family = find_family(families, name);
  if (family == nullptr) return nullptr;
  const auto found = std::ranges::find(family->metric, labels, labels_of);
  return found == family->metric.end() ? nullptr : &*found;
}

}  // namespace

bool has_sample(const Families& families, std::string_view name, const LabelMap& labels) {
  return find_sample(families, name, labels) != nullptr;
}

const prometheus::ClientMetric& sample(const Families& families, std::string_view name, const LabelMap& labels) {
  const prometheus::ClientMetric* found = find_sample(families, name, labels);
  INFO(name);
  CAPTURE(labels);
  REQUIRE(found != nullptr);
  return *found;
}

double counter(const Families& families, std::string_view name, const LabelMap& labels) {
  return sample(families, name, labels).counter.value;
}

double gauge(const Families& families, std::string_view name, const LabelMap& labels) {
  return sample(families, name, labels).gauge.value;
}

MonitorFixture::MonitorFixture(std::string_view yaml)
    : config(config_of(yaml)),
      store(open_store(dir, clock)),
      metrics(*config),
      monitor(*config, metrics, *store, clock) {
  quiet();
}

const config::Schedule& MonitorFixture::schedule(const std::string& name) const {
  const auto schedules = config->schedules();
  const auto found = std::ranges::find(schedules, name, &config::Schedule::name);
  REQUIRE(found != schedules.end());
  return **found;
}

void MonitorFixture::run(const std::string& name, bool success) {
  const config::Schedule& one = schedule(name);
  const Time start = clock.now();
  monitor.started(one, std::chrono::nanoseconds(0));
  RunReport report = success ? success_of(one, start) : failure_of(one, start);
  clock.advance(report.result.row.duration);
  monitor.finished(std::move(report));
}

CheckView MonitorFixture::view(const std::string& name) const {
  const auto views = monitor.checks();
  const auto found = std::ranges::find_if(views, [&](const CheckView& one) { return one.schedule->name == name; });
  REQUIRE(found != views.end());
  return *found;
}

}  // namespace nines::agent::tests
