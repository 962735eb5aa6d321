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
  Deployments(const config::Config& config, reports::Incident& incident) : config_(config), incident_(incident) {}

  Expected<void> add(const std::string& data_dir) {
    auto book = store::GateBook::open_read_only(data_dir);
    if (!book) return std::unexpected(book.error());
    const Period near{incident_.extent.from - kNear, incident_.extent.to};
    const auto marks = book->marks_in(near, kMostDeployments);
    if (!marks) return std::unexpected(marks.error());
    const std::set<std::string> wanted = services();
    for (const store::DeploymentMark& mark : *marks) {
      // The first version that was ever seen is none.
      if (mark.previous.empty() || !wanted.contains(mark.service)) continue;
      incident_.deployments.push_back({mark.at, mark.service, mark.version, mark.previous});
      event(mark.at, IncidentMark::deployment,
            fmt::format("{} answers with version {} instead of {}", mark.service, mark.version, mark.previous));
    }
    const auto gates = book->gates_in(near, kMostDeployments);
    if (!gates) return std::unexpected(gates.error());
    for (const store::GateEntry& gate : *gates) add_gate(gate, wanted);
    return {};
  }

 private:
  void event(Time at, IncidentMark mark, std::string text) {
    incident_.timeline.push_back({at, mark, std::move(text)});
  }

  // The incident's service, and those that its checks depend on.
  std::set<std::string> services() const {
    std::set<std::string> names{incident_.service};
    for (const config::Schedule* schedule : config_.schedules()) {
      if (std::ranges::find(incident_.checks, schedule->name) == incident_.checks.end()) continue;
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
    incident_.deployments.push_back({.at = gate.ended,
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
  reports::Incident& incident_;
};

}  // namespace

Expected<void> add_deployments(IncidentStores& stores, const config::Config& config, reports::Incident& incident) {
  for (const std::string& dir : std::set(stores.data_dirs().begin(), stores.data_dirs().end())) {
    if (auto done = Deployments(config, incident).add(dir); !done) return done;
  }
  return {};
}

}  // namespace nines::agent
