#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/incidents/parts.hpp"
#include "base/json.hpp"
#include "store/gates.hpp"

namespace nines::agent {
namespace {

using reports::IncidentMark;

constexpr int kMostDeployments = 100;                          // of versions, and of gates
constexpr Micros kNear = std::chrono::hours(24);               // before an incident
constexpr std::string_view kSilencedNote = "silenced until ";  // a gate's word for it

class Deployments {
 public:
  Deployments(const config::Config& config, const std::string& service, const std::vector<std::string>& checks,
              const Period& near)
      : config_(config), service_(service), checks_(checks), near_(near) {}

  Expected<void> add(const std::string& data_dir) {
    auto book = store::GateBook::open_read_only(data_dir);
    if (!book) return std::unexpected(book.error());
    const auto marks = book->marks_in(near_, kMostDeployments);
    if (!marks) return std::unexpected(marks.error());
    const std::set<std::string> wanted = services();
    for (const store::DeploymentMark& mark : *marks) {
      // The first version that was ever seen is none.
      if (mark.previous.empty() || !wanted.contains(mark.service)) continue;
      found.push_back({mark.at, mark.service, mark.version, mark.previous});
      event(mark.at, IncidentMark::deployment,
            fmt::format("{} answers with version {} instead of {}", mark.service, mark.version, mark.previous));
    }
    const auto gates = book->gates_in(near_, kMostDeployments);
    if (!gates) return std::unexpected(gates.error());
    for (const store::GateEntry& gate : *gates) add_gate(gate, wanted);
    return {};
  }

  std::vector<reports::IncidentDeployment> found;
  std::vector<reports::IncidentEvent> events;  // the same as a timeline tells it

 private:
  void event(Time at, IncidentMark mark, std::string text) { events.push_back({at, mark, std::move(text)}); }

  // The service, and those that the checks depend on.
  std::set<std::string> services() const {
    std::set<std::string> names{service_};
    for (const config::Schedule* schedule : config_.schedules()) {
      if (std::ranges::find(checks_, schedule->name) == checks_.end()) continue;
      for (const std::string& needed : schedule->depends_on) {
        for (const config::Schedule* other : config_.schedules()) {
          if (other->name == needed && !other->uplink) names.insert(other->service);
        }
      }
    }
    return names;
  }

  void add_gate(const store::GateEntry& gate, const std::set<std::string>& wanted) {
    const auto document = parse_json(gate.document);
    if (document && document->is_object() && !of_services(*document, wanted)) return;
    found.push_back({.at = gate.ended,
                     .service = {},
                     .version = gate.deployment,
                     .previous = {},
                     .phase = gate.phase,
                     .verdict = gate.verdict});
    event(gate.ended, IncidentMark::deployment,
          fmt::format("the gate's {} of deployment {} ends: {}", gate.phase, gate.deployment, gate.verdict));
    if (!document || !document->is_object()) return;
    const auto notes = document->find("notes");
    if (notes == document->end() || !notes->is_array()) return;
    for (const Json& note : *notes) {
      if (!note.is_string() || !note.get<std::string>().starts_with(kSilencedNote)) continue;
      event(gate.ended, IncidentMark::maintenance,
            fmt::format("alerts are {} for deployment {}", note.get<std::string>(), gate.deployment));
    }
  }

  // Of one that names none it is not known.
  static bool of_services(const Json& document, const std::set<std::string>& wanted) {
    const auto services = document.find("services");
    if (services == document.end() || !services->is_array() || services->empty()) return true;
    return std::ranges::any_of(
        *services, [&](const Json& one) { return one.is_object() && wanted.contains(text_in(one, "name")); });
  }

  static std::string text_in(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
  }

  const config::Config& config_;
  const std::string& service_;
  const std::vector<std::string>& checks_;
  const Period near_;
};

Expected<void> add_of(IncidentStores& stores, Deployments& deployments) {
  for (const std::string& dir : std::set(stores.data_dirs().begin(), stores.data_dirs().end())) {
    if (auto done = deployments.add(dir); !done) return done;
  }
  return {};
}

}  // namespace

Expected<std::vector<reports::IncidentDeployment>> deployments_in(IncidentStores& stores, const config::Config& config,
                                                                  const std::string& service,
                                                                  const std::vector<std::string>& checks,
                                                                  const Period& period) {
  Deployments deployments(config, service, checks, period);
  if (auto done = add_of(stores, deployments); !done) return std::unexpected(done.error());
  return std::move(deployments.found);
}

Expected<void> add_deployments(IncidentStores& stores, const config::Config& config, reports::Incident& incident) {
  Deployments deployments(config, incident.service, incident.checks,
                          {incident.extent.from - kNear, incident.extent.to});
  if (auto done = add_of(stores, deployments); !done) return done;
  std::ranges::move(deployments.found, std::back_inserter(incident.deployments));
  std::ranges::move(deployments.events, std::back_inserter(incident.timeline));
  return {};
}

}  // namespace nines::agent
