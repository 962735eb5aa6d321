#include "agent/probe_endpoint.hpp"

#include <charconv>
#include <map>
#include <string_view>

#include <fmt/format.h>

#include "agent/exposition.hpp"
#include "agent/family.hpp"
#include "agent/probe_request.hpp"
#include "base/redact.hpp"
#include "base/text.hpp"
#include "config/module.hpp"
#include "config/yaml_text.hpp"
#include "probes/metrics.hpp"

namespace nines::agent {
namespace {

constexpr const char* kDefaultModule = "http_2xx";
constexpr std::string_view kTimeoutHeader = "X-Prometheus-Scrape-Timeout-Seconds";

HttpAnswer sentence(int status, const std::string& text) {
  return {status, "text/plain; charset=utf-8", text + "\n"};
}

std::string shown(const std::string& name) {
  return ellipsize(printable(name), 200);
}

// A disabled endpoint says so; what it would have told stays its own.
HttpAnswer disabled() {
  return sentence(403, "/probe is not enabled here: set probe_endpoint in nines.yml");
}

// What came from outside is redacted as log lines are. Figures are not: a hash of an address looks like a telephone
// number.
std::string debug_text(const ProbeService::Answer& answer, const config::Module& module, std::string_view metrics) {
  const auto redacted = redactor();
  return fmt::format(
      "Logs for the probe:\n{}\n\n\nMetrics that would have been returned:\n{}\n\n\nModule configuration:\n{}",
      redacted->all(config::hide_user_info(answer.log.text())), redacted->secrets(metrics),
      redacted->secrets(module.text));
}

}  // namespace

std::shared_ptr<const config::Module> ProbeEndpoint::module(const std::string& name) const {
  const auto found = config.modules.find(name);
  if (found != config.modules.end()) return found->second;
  return name == kDefaultModule ? config::default_module() : nullptr;
}

std::vector<prometheus::MetricFamily> probe_families(const probes::ProbeResult& result, const config::Module& module,
                                                     double timeout_seconds) {
  std::map<std::string_view, FamilyBuilder> families;
  const auto add = [&families](probes::Sample sample) {
    const auto place = families.try_emplace(sample.name, std::string(sample.name), std::string(sample.help)).first;
    place->second.add({}, std::move(sample.labels), sample.value);
  };
  add({"probe_success", "Whether the probe succeeded.", {}, result.outcome.ok() ? 1.0 : 0.0});
  add({"probe_duration_seconds", "How long the probe took.", {}, seconds(result.duration)});
  add({"probe_timeout_seconds", "How long the probe might have taken.", {}, timeout_seconds});
  for (probes::Sample& sample : probes::probe_samples(result, module)) add(std::move(sample));
  std::vector<prometheus::MetricFamily> sorted;
  for (auto& [name, family] : families) sorted.push_back(std::move(family).take());
  return sorted;
}

HttpAnswer ProbeEndpoint::probe(const HttpQuery& query) const {
  if (service == nullptr) return disabled();
  std::string name = query.parameter("module");
  if (name.empty()) name = kDefaultModule;
  const auto configured = module(name);
  const auto refuse = [&](int status, const std::string& text) {
    metrics.probe_refused(configured ? name : "");
    return sentence(status, text);
  };
  if (!configured) return refuse(400, fmt::format("Unknown module \"{}\"", shown(name)));
  const auto timeout = probe_timeout(query.header(kTimeoutHeader), configured->timeout);
  if (!timeout) {
    return refuse(500, "Failed to parse timeout from Prometheus header: " + timeout.error().message);
  }
  const std::string target = decoded_target(query.parameter("target"));
  if (target.empty()) return refuse(400, "Target parameter is missing");
  if (!configured->unsupported.empty()) return refuse(400, configured->unsupported);
  const auto wanted = with_hostname(configured, query.parameter("hostname"));
  if (!wanted) return refuse(400, wanted.error().message);

  ProbeService::Answer answer = service->probe({*wanted, target, *timeout, query.gone});
  const probes::ProbeResult& result = answer.result;
  // Also of a client that has hung up, which no longer reads it.
  if (result.outcome.reason == Reason::agent_shutdown) return refuse(503, "the agent is stopping");
  metrics.probe_finished(name, result.outcome.ok(), result.duration);

  const auto families = probe_families(result, **wanted, *timeout);
  const std::string text = debug_text(answer, *configured, write_metrics(families, ExpositionFormat::prometheus_text));
  history.add(name, target, text, result.outcome.ok());
  if (query.parameter("debug") == "true") return {200, "text/plain; charset=utf-8", text};
  const ExpositionFormat format = negotiate(query.header("Accept"));
  return {200, std::string(content_type(format)), write_metrics(families, format)};
}

HttpAnswer ProbeEndpoint::logs(const HttpQuery& query) const {
  if (service == nullptr) return disabled();
  const std::string id = query.parameter("id");
  const std::string target = query.parameter("target");
  if (id.empty() == target.empty()) {
    return sentence(400, "either the id of a probe or a target must be given: /logs?id= or /logs?target=&module=");
  }
  if (!target.empty()) {
    const auto entry = history.latest(decoded_target(target), query.parameter("module"));
    return entry ? HttpAnswer{.body = entry->text} : sentence(404, "Probe target not found");
  }
  std::uint64_t number = 0;
  const auto [end, fault] = std::from_chars(id.data(), id.data() + id.size(), number);
  const bool whole = fault == std::errc() && end == id.data() + id.size();
  const auto entry = whole ? history.find(number) : nullptr;
  return entry ? HttpAnswer{.body = entry->text} : sentence(404, "Probe id not found");
}

}  // namespace nines::agent
