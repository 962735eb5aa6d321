#include "agent/gate/neighbours.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/outbound/alertmanager.hpp"
#include "agent/outbound/http.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace nines::agent {
namespace {

// A sample of an instant query is [time, "value"].
std::optional<double> sample_value(const Json& sample) {
  if (!sample.is_array() || sample.size() != 2 || !sample[1].is_string()) return std::nullopt;
  const double value = std::strtod(sample[1].get_ref<const std::string&>().c_str(), nullptr);
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

std::optional<double> largest(const Json& answer) {
  const Json data = answer.is_object() ? answer.value("data", Json::object()) : Json::object();
  if (!data.is_object() || !data.contains("result")) return std::nullopt;
  const Json& result = data["result"];
  if (data.value("resultType", Json()) == "scalar") return sample_value(result);
  std::optional<double> most;
  for (const Json& series : result) {
    if (!series.is_object() || !series.contains("value")) continue;
    if (const auto value = sample_value(series["value"])) most = std::max(most.value_or(*value), *value);
  }
  return most;
}

std::string label(const AlertLabels& labels, std::string_view name) {
  const auto found = std::ranges::find(labels, name, [](const auto& one) { return std::string_view(one.first); });
  return found == labels.end() ? std::string() : printable(found->second);
}

std::string say(const KnownAlert& alert) {
  return fmt::format("{} of {}, {} since {}{}", label(alert.labels, "alertname"), label(alert.labels, "service"),
                     label(alert.labels, "severity"), format_time(alert.starts_at, 0),
                     alert.silenced() ? ", silenced" : "");
}

// Calls use(alert) for each alert of a service, once however many Alertmanagers have it.
template <class Use>
Expected<void> each_alert(const config::Config& config, std::span<const std::string> services,
                          const std::stop_token& stop, const std::vector<AlertMatcher>& also, const Use& use) {
  std::set<std::string> seen;
  for (const Alertmanager& alertmanager : alertmanagers_of(config.alerting)) {
    for (const std::string& service : services) {
      std::vector<AlertMatcher> matchers = also;
      matchers.push_back({"service", service});
      const auto alerts = alertmanager.alerts(matchers, stop);
      if (!alerts) return std::unexpected(alerts.error());
      for (const KnownAlert& alert : *alerts) {
        if (seen.insert(alert.fingerprint).second) use(alert);
      }
    }
  }
  return {};
}

void look_at_resource(const config::Config& config, const char* name, const char* key, const std::string& query,
                      const std::stop_token& stop, sla::gate::Surroundings& around) {
  if (query.empty()) {
    around.not_judged.push_back(fmt::format("{}: `gate: {{{}: …}}` has no query", name, key));
    return;
  }
  const auto percent = ask_prometheus(config.prometheus, query, stop);
  if (percent) {
    around.resources.push_back({name, *percent});
  } else {
    around.unanswered.push_back(fmt::format("{}: {}", name, percent.error().message));
  }
}

}  // namespace

Expected<double> ask_prometheus(const config::Remote& prometheus, const std::string& query,
                                const std::stop_token& stop) {
  const auto reply = call(prometheus, {.path = "/api/v1/query?query=" + percent_encode(query)}, stop);
  if (!reply) return std::unexpected(reply.error());
  const std::string who = origin_of(prometheus);
  if (reply->status != 200) return fail(fmt::format("{} answered {}: {}", who, reply->status, first_line(*reply)));
  const auto answer = parse_json(reply->body);
  if (!answer) return fail(who + " answered no JSON: is it a Prometheus?");
  const auto value = largest(*answer);
  if (!value) return fail(fmt::format("{} has no data for {}", who, ellipsize(printable(query), 120)));
  return *value;
}

sla::gate::Surroundings look_around(const config::Config& config, std::span<const std::string> services, Time since,
                                    const std::stop_token& stop) {
  sla::gate::Surroundings around;
  look_at_resource(config, "CPU", "cpu", config.gate.cpu, stop, around);
  look_at_resource(config, "memory", "memory", config.gate.memory, stop, around);
  if (config.alerting.alertmanagers.empty()) {
    around.not_judged.emplace_back("critical alerts: no Alertmanager is configured");
    return around;
  }
  const auto asked = each_alert(config, services, stop, {{"severity", "critical"}}, [&](const KnownAlert& alert) {
    if (alert.starts_at > since) around.alerts.push_back(say(alert));
  });
  if (!asked) around.unanswered.push_back(asked.error().message);
  return around;
}

Expected<std::vector<std::string>> active_alerts(const config::Config& config, std::span<const std::string> services,
                                                 const std::stop_token& stop) {
  std::vector<std::string> alerts;
  const auto asked =
      each_alert(config, services, stop, {}, [&](const KnownAlert& alert) { alerts.push_back(say(alert)); });
  if (!asked) return std::unexpected(asked.error());
  return alerts;
}

Expected<void> annotate(const config::Remote& grafana, const Period& period, std::span<const std::string> tags,
                        const std::string& text) {
  const auto unix_ms = [](Time time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  };
  const Json body = {{"time", unix_ms(period.from)},
                     {"timeEnd", unix_ms(period.to)},
                     {"tags", std::vector<std::string>(tags.begin(), tags.end())},
                     {"text", text}};
  const auto reply = call(grafana, {.method = "POST",
                                    .path = "/api/annotations",
                                    .headers = {{"Content-Type", "application/json"}},
                                    .body = dump_json(body)});
  if (!reply) return std::unexpected(reply.error());
  if (reply->status != 200) {
    return fail(fmt::format("{} answered {}: {}", origin_of(grafana), reply->status, first_line(*reply)));
  }
  return {};
}

}  // namespace nines::agent
