#pragma once

// The agent's counters and histograms (prometheus-cpp's registry is the data model). What is a state rather than a
// count is written at the scrape, from the Monitor: exporter.hpp.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "agent/runner.hpp"
#include "config/config.hpp"

namespace nines::agent {

// Seconds; 0.005 … 30 and every limit that a latency objective names.
std::vector<double> duration_buckets(const config::Config& config);

// The labels `check, service, region` and the service's own.
prometheus::Labels check_labels(const config::Config& config, const config::Schedule& schedule);

// All methods may be called from any thread.
class Metrics {
 public:
  explicit Metrics(const config::Config& config);

  void started(std::chrono::nanoseconds lateness);
  void skipped(const config::Schedule& schedule, std::uint64_t turns);
  // Counts a finished run, of a journey without its cleanup. Durations are observed of successes only.
  void finished(const config::Config& config, const RunReport& report);
  // Counts the cleanup of a journey: of the report, what `finally` did.
  void cleaned(const config::Config& config, const RunReport& report);

  // A /probe request that was answered without a probe, or with one. Modules are those of the configuration and ""
  // (unknown).
  void probe_refused(const std::string& module);
  void probe_finished(const std::string& module, bool success, Micros duration);

  // Traces of runs that the collector took, and those that it will never have.
  void traces_sent(std::size_t count);
  void traces_dropped(std::size_t count);

  // Goes on from another's counts: of checks, journeys, services and modules that are still there, with the same labels
  // and buckets. Before anything is counted, and after the other's last count.
  void take_over(const config::Config& config, const Metrics& before);

  std::vector<prometheus::MetricFamily> collect() const { return registry_.Collect(); }

 private:
  // The handles of one check or journey, looked up once.
  struct Handles {
    prometheus::Counter* success;
    prometheus::Counter* failure;
    prometheus::Counter* attempts;
    prometheus::Counter* skipped;
    prometheus::Histogram* duration;
    prometheus::Histogram* measured = nullptr;  // the histogram that a journey's `metric` names
    bool journey = false;
  };
  void add_schedule(const config::Config& config, const config::Schedule& schedule, const config::Journey* journey);
  void count_requests(const config::Config& config, const config::Schedule& schedule,
                      const std::vector<journeys::Request>& requests);
  void observe_step(const prometheus::Labels& labels, const journeys::StepResult& step);
  void count_steps(const config::Config& config, const RunReport& report);

  std::vector<double> buckets_;
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>* results_;
  prometheus::Family<prometheus::Counter>* attempts_;
  prometheus::Family<prometheus::Counter>* skipped_;
  prometheus::Family<prometheus::Histogram>* durations_;
  prometheus::Family<prometheus::Histogram>* step_durations_;
  prometheus::Family<prometheus::Counter>* completions_;
  prometheus::Family<prometheus::Counter>* cleanup_failures_;
  prometheus::Family<prometheus::Counter>* given_up_;
  prometheus::Family<prometheus::Counter>* requests_ = nullptr;             // application names
  prometheus::Family<prometheus::Histogram>* request_durations_ = nullptr;  // application names
  std::map<std::string, prometheus::Family<prometheus::Histogram>*> named_;
  prometheus::Histogram* lateness_;
  prometheus::Family<prometheus::Counter>* probe_requests_;
  prometheus::Family<prometheus::Histogram>* probe_durations_;
  prometheus::Family<prometheus::Counter>* traces_;
  std::map<std::string, Handles, std::less<>> handles_;
};

}  // namespace nines::agent
