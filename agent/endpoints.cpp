#include "agent/endpoints.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/exposition.hpp"
#include "agent/gate/endpoints.hpp"
#include "agent/history_endpoints.hpp"
#include "agent/incidents/endpoints.hpp"
#include "agent/maintenance_endpoints.hpp"
#include "agent/pages/endpoints.hpp"
#include "base/json.hpp"
#include "base/redact.hpp"
#include "base/version.hpp"
#include "config/yaml_text.hpp"
#include "reports/status_page.hpp"

namespace nines::agent {
namespace {

HttpAnswer metrics(const Session& session, const Gates& gates, const HttpQuery& query) {
  const ExpositionFormat format = negotiate(query.header("Accept"));
  auto families = session.exporter.collect(query.parameter("service"));
  std::ranges::move(gates.families(query.parameter("service")), std::back_inserter(families));
  return {200, std::string(content_type(format)), write_metrics(families, format)};
}

struct SelfHealth {
  bool store;
  bool ready;
};

SelfHealth self_health(const EndpointSources& sources) {
  return {sources.store.stats().healthy, sources.ready.load()};
}

HttpAnswer health(const EndpointSources& sources, bool healthy, std::string_view good, std::string_view bad) {
  Json body;
  body["status"] = healthy ? good : bad;
  body["timestamp"] = format_time(sources.clock.now(), 3);
  body["service"] = "nines";
  body["version"] = kVersion;
  body["databases"]["sqlite"]["available"] = self_health(sources).store;
  return {healthy ? 200 : 503, "application/json", dump_json(body) + "\n"};
}

// The agent's word for a store that loses results; empty when all is well.
std::string trouble(const store::Store& store) {
  const store::WriterStats stats = store.stats();
  if (!stats.healthy) return "results cannot be stored at the moment: look at the agent's log";
  if (stats.failed > 0) return fmt::format("{} results could not be stored since the start", stats.failed);
  return {};
}

std::vector<reports::RecentProbe> recent_probes(const ProbeHistory& history) {
  std::vector<reports::RecentProbe> probes;
  for (const auto& entry : history.entries()) {
    probes.push_back(
        {entry->id, entry->module, redactor()->all(config::hide_user_info(entry->target)), entry->success});
  }
  return probes;
}

HttpAnswer page(const EndpointSources& sources, const Session& session) {
  const config::Config& config = *session.config;
  reports::StatusModel model;
  model.now = sources.clock.now();
  model.region = config.region;
  model.environment = config.environment;
  model.version = kVersion;
  for (const CheckView& view : session.monitor.checks()) model.rows.push_back(status_row(view, config));
  for (const ObjectiveView& view : *session.evaluator.latest()) model.objectives.push_back(view.evaluation);
  model.trouble = trouble(sources.store);
  if (session.service) model.recent_probes = recent_probes(session.endpoint.history);
  return {200, "text/html; charset=utf-8", reports::status_page(model)};
}

HttpAnswer reload(Sessions& sessions) {
  const std::vector<Error> faults = sessions.reload();
  if (faults.empty()) return {.body = "reloaded\n"};
  std::string text = "failed to reload config:\n";
  for (const Error& fault : faults) text += redactor()->secrets(fault.text()) + "\n";
  return {.status = 500, .body = std::move(text)};
}

}  // namespace

void add_endpoints(Listener& listener, const EndpointSources& sources) {
  const auto add = [&](const std::string& path, auto handler) {
    listener.get(path, [&sources, handler](const HttpQuery& query) { return handler(sources, query); });
  };
  using Sources = EndpointSources;
  add("/", [](const Sources& from, const HttpQuery&) { return page(from, *from.sessions.current()); });
  add("/metrics",
      [](const Sources& from, const HttpQuery& query) { return metrics(*from.sessions.current(), from.gates, query); });
  // Each holds its session until the probe has ended, whatever a reload does meanwhile.
  listener.get(
      "/probe", [&sources](const HttpQuery& query) { return sources.sessions.current()->endpoint.probe(query); },
      Listener::kMostSlow);
  add("/logs",
      [](const Sources& from, const HttpQuery& query) { return from.sessions.current()->endpoint.logs(query); });
  add("/config", [](const Sources& from, const HttpQuery&) {
    return HttpAnswer{.body = redactor()->secrets(from.sessions.current()->config->text)};
  });

  add_maintenance_endpoints(listener, sources);
  add_history_endpoints(listener, sources);
  add_incident_endpoints(listener, sources);
  add_page_endpoints(listener, sources);
  add_gate_endpoints(listener, sources.gates, sources.sessions.current()->config->listen_host);

  const auto alive = [](const Sources& from, const HttpQuery&) { return health(from, true, "alive", "alive"); };
  const auto overall = [](const Sources& from, const HttpQuery&) {
    return health(from, self_health(from).store, "healthy", "unhealthy");
  };
  const auto ready = [](const Sources& from, const HttpQuery&) {
    const SelfHealth own = self_health(from);
    return health(from, own.store && own.ready, "ready", "not ready");
  };
  add("/health", overall);
  add("/health/liveness", alive);
  add("/health/readiness", ready);
  add("/health/db", overall);
  add("/health/dependencies", overall);
  add("/-/healthy", [](const Sources&, const HttpQuery&) {
    return HttpAnswer{200, "text/plain; charset=utf-8", "Healthy\nNines is healthy.\n"};
  });
  listener.post("/-/reload", [&sources](const HttpQuery&) { return reload(sources.sessions); });
  add("/-/ready", [](const Sources& from, const HttpQuery&) {
    const bool own = from.ready.load();
    return HttpAnswer{own ? 200 : 503, "text/plain; charset=utf-8",
                      own ? "Nines is ready.\n" : "Nines is not ready.\n"};
  });
}

}  // namespace nines::agent
