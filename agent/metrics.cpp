#include "agent/metrics.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace nines::agent {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildHistogram;
using prometheus::Labels;

const std::vector<double> kBuckets{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30};
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
                     .Name("nines_scheduler_lateness_seconds")
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
                            .Register(registry_)) {
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
