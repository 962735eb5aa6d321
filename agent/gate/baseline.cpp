#include "agent/gate/baseline.hpp"

#include <algorithm>
#include <chrono>

#include <nlohmann/json.hpp>

#include "agent/windows.hpp"
#include "sla/exclusions.hpp"

namespace nines::agent {
namespace {

using std::chrono::days;
using std::chrono::hours;

Time cut_of(std::span<const store::DeploymentMark> marks, const std::string& service) {
  Time cut = Time::min();
  for (const store::DeploymentMark& mark : marks) {
    if (mark.service == service && !mark.previous.empty()) cut = std::max(cut, mark.at);
  }
  return cut;
}

std::vector<Period> maintenance_of(std::span<const config::Maintenance> windows, const std::string& service,
                                   const Period& range) {
  std::vector<Period> periods;
  for (const config::Maintenance& window : windows) {
    if (!window.service.empty() && window.service != service) continue;
    std::ranges::copy(sla::periods_of(window, range), std::back_inserter(periods));
  }
  return periods;
}

Json sample_json(const sla::gate::Sample& sample) {
  Json durations = Json::array();
  for (const Micros duration : sample.durations) durations.push_back(duration.count());
  return {{"results", sample.results},
          {"errors", sample.errors},
          {"server_errors", sample.server_errors},
          {"durations_us", std::move(durations)}};
}

sla::gate::Sample read_sample(const Json& from) {
  sla::gate::Sample sample;
  sample.results = from.at("results").get<std::int64_t>();
  sample.errors = from.at("errors").get<std::int64_t>();
  sample.server_errors = from.at("server_errors").get<std::int64_t>();
  for (const Json& duration : from.at("durations_us")) sample.durations.emplace_back(duration.get<std::int64_t>());
  sample.sort();
  return sample;
}

}  // namespace

std::vector<Period> baseline_periods(const GateRequest& request, Time now) {
  if (!request.same_hour) return {{now - request.lookback, now}};
  std::vector<Period> periods;
  for (Micros back = *request.same_hour; back >= days(1); back -= days(1)) {
    periods.push_back({now - back, now - back + hours(1)});
  }
  return periods;
}

Expected<std::vector<sla::gate::CheckSamples>> read_samples(store::Reader& reader, const config::Config& config,
                                                            std::span<const config::Schedule* const> schedules,
                                                            std::span<const store::DeploymentMark> marks,
                                                            std::span<const Period> periods) {
  const auto maintenance = windows_in_force(reader, config);
  if (!maintenance) return std::unexpected(maintenance.error());
  std::vector<sla::gate::CheckSamples> all;
  for (const config::Schedule* schedule : schedules) {
    sla::gate::CheckSamples check;
    check.name = schedule->name;
    check.service = schedule->service;
    check.journey = config.journey(schedule->name) != nullptr;
    const Time cut = cut_of(marks, schedule->service);
    for (const Period& period : periods) {
      const auto rows = reader.rows({schedule->name, config.region}, period);
      if (!rows) return std::unexpected(rows.error());
      const std::vector<Period> windows = maintenance_of(*maintenance, schedule->service, period);
      for (const ResultRow& row : *rows) {
        const bool maintained =
            std::ranges::any_of(windows, [&](const Period& one) { return one.contains(row.start); });
        if (row.start >= cut && !maintained) check.baseline.add(row);
      }
    }
    check.baseline.sort();
    all.push_back(std::move(check));
  }
  return all;
}

std::string write_inputs(const BaselineInputs& inputs) {
  Json document;
  document["checks"] = Json::array();
  for (const auto& check : inputs.checks) {
    document["checks"].push_back({{"name", check.name},
                                  {"service", check.service},
                                  {"journey", check.journey},
                                  {"sample", sample_json(check.baseline)}});
  }
  document["silences"] = Json::array();
  for (const OpenSilence& silence : inputs.silences) {
    document["silences"].push_back({{"alertmanager", silence.alertmanager},
                                    {"id", silence.id},
                                    {"service", silence.service},
                                    {"author", silence.author},
                                    {"ends", format_time(silence.ends)}});
  }
  return dump_json(document);
}

Expected<BaselineInputs> read_inputs(const std::string& text) {
  const auto document = parse_json(text);
  if (!document) return std::unexpected(document.error());
  BaselineInputs inputs;
  try {
    for (const Json& one : document->at("checks")) {
      sla::gate::CheckSamples check;
      check.name = one.at("name").get<std::string>();
      check.service = one.at("service").get<std::string>();
      check.journey = one.at("journey").get<bool>();
      check.baseline = read_sample(one.at("sample"));
      inputs.checks.push_back(std::move(check));
    }
    for (const Json& one : document->at("silences")) {
      const auto ends = parse_time(one.at("ends").get<std::string>());
      if (!ends) return std::unexpected(ends.error());
      inputs.silences.push_back({one.at("alertmanager").get<std::string>(), one.at("id").get<std::string>(),
                                 one.at("service").get<std::string>(), one.at("author").get<std::string>(), *ends});
    }
  } catch (const Json::exception& wrong) {
    return fail(std::string("the baseline in the store cannot be read: ") + wrong.what());
  }
  return inputs;
}

}  // namespace nines::agent
