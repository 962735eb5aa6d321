#include "agent/metrics.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace nines::agent {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildHistogram;
using prometheus::Labels;

const std::vector<double> kBuckets{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30};
constexpr const char* kLateness = "nines_scheduler_lateness_seconds";
const std::vector<double> kLatenessBuckets{0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5};

Labels with(Labels labels, const std::string& name, std::string value) {
  labels[name] = std::move(value);
  return labels;
}

std::string status_label(int status) {
  return status == 0 ? "000" : fmt::format("{}", status);
}

// A step's name without the number of its round, "add[2]": as many series as the configuration has steps.
std::string step_label(const std::string& name) {
  const auto open = name.rfind('[');
  if (!name.ends_with(']') || open == std::string::npos || open == 0 || open + 2 == name.size()) return name;
  const bool number = std::all_of(name.begin() + static_cast<std::ptrdiff_t>(open) + 1, name.end() - 1,
                                  [](char c) { return c >= '0' && c <= '9'; });
  return number ? name.substr(0, open) : name;
}

Labels journey_labels(const config::Config& config, const config::Schedule& schedule) {
  Labels labels = check_labels(config, schedule);
  labels.erase("check");
  labels["journey"] = schedule.name;
  return labels;
}

// Whether what the labels name is configured, with the same labels.
bool is_known(const config::Config& config, const Labels& labels) {
  const auto label = [&labels](const char* name) {
    const auto found = labels.find(name);
    return found == labels.end() ? nullptr : &found->second;
  };
  if (const std::string* module = label("module")) {
    return module->empty() || *module == "http_2xx" || config.modules.contains(*module);
  }
  if (label("service") == nullptr) return true;
  const auto holds = [&labels](const Labels& own) {
    return std::ranges::all_of(own, [&](const auto& pair) {
      const auto found = labels.find(pair.first);
      return found != labels.end() && found->second == pair.second;
    });
  };
  return std::ranges::any_of(config.schedules(), [&](const config::Schedule* schedule) {
    if (label("check") != nullptr) return holds(check_labels(config, *schedule));
    if (label("journey") != nullptr) return holds(journey_labels(config, *schedule));
    return holds({{"service", schedule->service}, {"region", config.region}});
  });
}

// What it counted, on top of what `to` has; nothing when the buckets are others.
void add_counts(prometheus::Histogram& to, const prometheus::ClientMetric::Histogram& from) {
  const auto own = to.Collect().histogram.bucket;
  const bool same = std::ranges::equal(own, from.bucket, {}, &prometheus::ClientMetric::Bucket::upper_bound,
                                       &prometheus::ClientMetric::Bucket::upper_bound);
  if (!same) return;
  std::vector<double> counts;
  std::uint64_t below = 0;
  for (const auto& bucket : from.bucket) {
    counts.push_back(static_cast<double>(bucket.cumulative_count - std::exchange(below, bucket.cumulative_count)));
  }
  to.ObserveMultiple(counts, from.sample_sum);
}

}  // namespace

std::vector<double> duration_buckets(const config::Config& config) {
  std::vector<double> buckets = kBuckets;
  const auto add = [&buckets](const config::Limit& limit) { buckets.push_back(limit.value.to_double() / 1e6); };
  for (const config::Objective& objective : config.objectives) {
    if (objective.indicator != config::Indicator::latency) continue;
    add(objective.target);
    if (objective.critical) add(*objective.critical);
  }
  std::ranges::sort(buckets);
  buckets.erase(std::ranges::unique(buckets).begin(), buckets.end());
  return buckets;
}

Labels check_labels(const config::Config& config, const config::Schedule& schedule) {
  Labels labels{{"check", schedule.name}, {"service", schedule.service}, {"region", config.region}};
  if (const config::Service* service = config.service(schedule.service)) {
    labels.insert(service->labels.begin(), service->labels.end());
  }
  return labels;
}

Metrics::Metrics(const config::Config& config)
    : buckets_(duration_buckets(config)),
      results_(&BuildCounter()
                    .Name("nines_check_results_total")
                    .Help("Runs of a check or journey, by result.")
                    .Register(registry_)),
      attempts_(&BuildCounter()
                     .Name("nines_check_attempts_total")
                     .Help("Attempts of a check, retries included.")
                     .Register(registry_)),
      skipped_(&BuildCounter()
                    .Name("nines_scheduler_skipped_total")
                    .Help("Turns skipped because the run before was still going.")
                    .Register(registry_)),
      durations_(&BuildHistogram()
                      .Name("nines_check_duration_seconds")
                      .Help("Duration of successful runs.")
                      .Register(registry_)),
      step_durations_(&BuildHistogram()
                           .Name("nines_journey_step_duration_seconds")
                           .Help("Duration of successful steps of a journey.")
                           .Register(registry_)),
      completions_(&BuildCounter()
                        .Name("nines_journey_completions_total")
                        .Help("Runs of a journey, by result and failing step.")
                        .Register(registry_)),
      cleanup_failures_(&BuildCounter()
                             .Name("nines_journey_cleanup_failures_total")
                             .Help("Steps of a journey's `finally` that failed: something may have been left behind.")
                             .Register(registry_)),
      given_up_(&BuildCounter()
                     .Name("nines_journey_leftovers_given_up_total")
                     .Help("Things a journey left in its target that it was refused to remove once too often.")
                     .Register(registry_)),
      lateness_(&BuildHistogram()
                     .Name(kLateness)
                     .Help("How late runs started after their turn.")
                     .Register(registry_)
                     .Add({}, kLatenessBuckets)),
      probe_requests_(&BuildCounter()
                           .Name("nines_probe_requests_total")
                           .Help("Requests of /probe, by module and result; refused: nothing was probed.")
                           .Register(registry_)),
      probe_durations_(&BuildHistogram()
                            .Name("nines_probe_request_duration_seconds")
                            .Help("Duration of the probes that /probe was asked for, failed ones too.")
                            .Register(registry_)),
      traces_(&BuildCounter()
                   .Name("nines_traces_total")
                   .Help("Traces of runs, by result: taken by the collector, or dropped.")
                   .Register(registry_)) {
  if (config.tracing.otlp.given()) {
    traces_sent(0);
    traces_dropped(0);
  }
  if (config.application_names) {
    requests_ = &BuildCounter()
                     .Name("http_requests_total")
                     .Help("HTTP requests made by probes, as the client sees them; 000: no answer.")
                     .Register(registry_);
    request_durations_ = &BuildHistogram()
                              .Name("http_request_duration_seconds")
                              .Help("Duration of every HTTP answer, as the client sees it.")
                              .Register(registry_);
  }
  for (const config::Check& check : config.checks) add_schedule(config, check.schedule, nullptr);
  for (const config::Journey& journey : config.journeys) add_schedule(config, journey.schedule, &journey);
}

void Metrics::add_schedule(const config::Config& config, const config::Schedule& schedule,
                           const config::Journey* journey) {
  const Labels labels = check_labels(config, schedule);
  Handles handles{.success = &results_->Add(with(labels, "result", "success")),
                  .failure = &results_->Add(with(labels, "result", "failure")),
                  .attempts = &attempts_->Add(labels),
                  .skipped = &skipped_->Add(labels),
                  .duration = &durations_->Add(labels, buckets_),
                  .journey = journey != nullptr};
  if (journey != nullptr) {
    cleanup_failures_->Add(labels);
    given_up_->Add(labels);
    completions_->Add(with(with(labels, "result", "success"), "failed_step", ""));
    if (!journey->metric.empty()) {
      auto [family, added] = named_.try_emplace(journey->metric);
      if (added) {
        family->second =
            &BuildHistogram().Name(journey->metric).Help("Measured time of successful journeys.").Register(registry_);
      }
      handles.measured = &family->second->Add({{"service", schedule.service}, {"region", config.region}}, buckets_);
    }
  }
  handles_.emplace(schedule.name, handles);
}

void Metrics::take_over(const config::Config& config, const Metrics& before) {
  std::map<std::string, prometheus::Family<prometheus::Counter>*> counters;
  for (auto* family : {results_, attempts_, skipped_, completions_, cleanup_failures_, given_up_, requests_,
                       probe_requests_, traces_}) {
    if (family != nullptr) counters.emplace(family->GetName(), family);
  }
  std::map<std::string, prometheus::Family<prometheus::Histogram>*> histograms(named_.begin(), named_.end());
  for (auto* family : {durations_, step_durations_, request_durations_, probe_durations_}) {
    if (family != nullptr) histograms.emplace(family->GetName(), family);
  }
  for (const prometheus::MetricFamily& family : before.collect()) {
    const auto counter = counters.find(family.name);
    const auto histogram = histograms.find(family.name);
    for (const prometheus::ClientMetric& metric : family.metric) {
      Labels labels;
      for (const auto& label : metric.label) labels.emplace(label.name, label.value);
      if (!is_known(config, labels)) continue;
      if (counter != counters.end()) {
        counter->second->Add(labels).Increment(metric.counter.value);
      } else if (histogram != histograms.end()) {
        add_counts(histogram->second->Add(labels, buckets_), metric.histogram);
      } else if (family.name == kLateness) {
        add_counts(*lateness_, metric.histogram);
      }
    }
  }
}

void Metrics::started(std::chrono::nanoseconds lateness) {
  lateness_->Observe(std::chrono::duration<double>(lateness).count());
}

void Metrics::skipped(const config::Schedule& schedule, std::uint64_t turns) {
  handles_.find(schedule.name)->second.skipped->Increment(static_cast<double>(turns));
}

void Metrics::probe_refused(const std::string& module) {
  probe_requests_->Add({{"module", module}, {"result", "refused"}}).Increment();
}

void Metrics::probe_finished(const std::string& module, bool success, Micros duration) {
  probe_requests_->Add({{"module", module}, {"result", success ? "success" : "failure"}}).Increment();
  probe_durations_->Add({{"module", module}}, buckets_).Observe(seconds(duration));
}

void Metrics::traces_sent(std::size_t count) {
  traces_->Add({{"result", "sent"}}).Increment(static_cast<double>(count));
}

void Metrics::traces_dropped(std::size_t count) {
  traces_->Add({{"result", "dropped"}}).Increment(static_cast<double>(count));
}

void Metrics::finished(const config::Config& config, const RunReport& report) {
  const ResultRow& row = report.result.row;
  const Handles& handles = handles_.find(report.schedule->name)->second;
  handles.attempts->Increment(row.attempts);
  (row.success() ? handles.success : handles.failure)->Increment();
  if (row.success()) handles.duration->Observe(seconds(row.duration));
  if (handles.measured != nullptr && row.measured != ResultRow::kNone) {
    handles.measured->Observe(seconds(row.measured));
  }
  if (handles.journey) count_steps(config, report);
  if (requests_ != nullptr) count_requests(config, *report.schedule, report.requests);
}

void Metrics::cleaned(const config::Config& config, const RunReport& report) {
  const config::Schedule& schedule = *report.schedule;
  const Labels labels = check_labels(config, schedule);
  cleanup_failures_->Add(labels).Increment(static_cast<double>(report.cleanup_failures.size()));
  given_up_->Add(labels).Increment(report.given_up);
  const Labels named = journey_labels(config, schedule);
  for (const journeys::StepResult& step : report.steps) {
    if (!step.finally) continue;
    observe_step(named, step);
    if (requests_ != nullptr) count_requests(config, schedule, step.requests);
  }
}

void Metrics::observe_step(const Labels& labels, const journeys::StepResult& step) {
  if (step.skipped || !step.outcome.ok()) return;
  step_durations_->Add(with(labels, "step", step_label(step.name)), buckets_).Observe(seconds(step.duration));
}

void Metrics::count_steps(const config::Config& config, const RunReport& report) {
  const bool success = report.result.row.success();
  completions_
      ->Add(with(with(check_labels(config, *report.schedule), "result", success ? "success" : "failure"), "failed_step",
                 step_label(report.result.evidence.failed_step)))
      .Increment();
  const Labels labels = journey_labels(config, *report.schedule);
  for (const journeys::StepResult& step : report.steps) {
    if (!step.finally) observe_step(labels, step);
  }
}

void Metrics::count_requests(const config::Config& config, const config::Schedule& schedule,
                             const std::vector<journeys::Request>& requests) {
  const Labels labels{{"service", schedule.service}, {"region", config.region}};
  for (const journeys::Request& request : requests) {
    const Labels named = with(with(labels, "method", request.method), "path", request.path);
    requests_->Add(with(named, "status_code", status_label(request.status))).Increment();
    if (request.status != 0) request_durations_->Add(named, buckets_).Observe(seconds(request.duration));
  }
}

}  // namespace nines::agent
