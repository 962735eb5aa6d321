#include "config/service.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "config/names.hpp"

namespace nines::config {
namespace {

constexpr std::pair<std::string_view, std::string_view> kPriorities[] = {
    {"P1", "P1"}, {"P2", "P2"}, {"P3", "P3"}, {"P4", "P4"}};

// Labels that nines' own metrics carry: a service's label of that name would be there twice.
constexpr std::string_view kOwnLabels[] = {"check",
                                           "service",
                                           "region",
                                           "state",
                                           "result",
                                           "component",
                                           "step",
                                           "journey",
                                           "failed_step",
                                           "objective",
                                           "verdict",
                                           "window",
                                           "target",
                                           "time_zone",
                                           "phase",
                                           "method",
                                           "path",
                                           "status_code",
                                           "version",
                                           "burn_window",
                                           "le",
                                           "name",
                                           "serialnumber",
                                           "issuer",
                                           "subject",
                                           "subjectalternative",
                                           "fingerprint_sha256",
                                           "cipher"};

void read_label(Context& context, const std::string& name, const Node& key, const Node& node, Service& service) {
  if (!is_identifier(name) || name.starts_with("__")) {
    context.fault(key, in_ticks(name) + " is no label name: expected letters, digits and _, not beginning with __");
  } else if (std::ranges::find(kOwnLabels, name) != std::end(kOwnLabels)) {
    context.fault(key, "the label " + in_ticks(name) + " is one of nines' own: expected another name");
  }
  if (auto value = read_text(context, node, "the label " + in_ticks(name))) {
    service.labels.emplace_back(name, std::move(*value));
  }
}

Service read_service(Context& context, const Node& node) {
  Mapping map(context, node, "a service");
  Service service;
  map.name("name", service.name);
  std::string_view priority = service.priority;
  if (map.word("priority", kPriorities, priority)) service.priority = priority;
  map.text("runbook_url", service.runbook_url);
  map.members("labels", [&](const std::string& name, const Node& key, const Node& value) {
    read_label(context, name, key, value, service);
  });
  map.finish();
  return service;
}

// A cycle of `depends_on` would let each check silence the others.
class Cycles {
 public:
  Cycles(Context& context, const std::map<std::string, const Schedule*>& known) : context_(context), known_(known) {}

  // Follows one chain of first-visit order without recursion; a name met again while open closes a cycle.
  void look(const Schedule& start) {
    std::vector<std::pair<const Schedule*, std::size_t>> open = {{&start, 0}};
    if (!state_.emplace(&start, true).second) return;
    while (!open.empty()) {
      auto& [schedule, next] = open.back();
      if (next == schedule->depends_on.size()) {
        state_[schedule] = false;
        open.pop_back();
        continue;
      }
      const auto found = known_.find(schedule->depends_on[next++]);
      if (found == known_.end()) continue;
      const auto [state, fresh] = state_.emplace(found->second, true);
      if (fresh) {
        open.emplace_back(found->second, 0);
      } else if (state->second) {
        context_.faults.add(schedule->at, in_ticks(schedule->name) + " depends on " + in_ticks(found->first) +
                                              ", which depends on it: expected no cycle");
      }
    }
  }

 private:
  Context& context_;
  const std::map<std::string, const Schedule*>& known_;
  std::map<const Schedule*, bool> state_;  // true: still open
};

}  // namespace

std::vector<Service> read_services(Context& context, Mapping& root) {
  std::vector<Service> services;
  std::map<std::string, Position> seen;
  root.each("services", [&](const Node& node) {
    Service service = read_service(context, node);
    const auto [first, fresh] = seen.emplace(service.name, node.at());
    if (!fresh && !service.name.empty()) {
      context.fault(
          node, "the service " + in_ticks(service.name) + " is there twice: the first is at " + place(first->second));
    }
    services.push_back(std::move(service));
  });
  return services;
}

void complete_services(Config& config) {
  std::set<std::string> known;
  for (const Service& service : config.services) known.insert(service.name);
  for (const Schedule* schedule : config.schedules()) {
    if (schedule->service.empty() || !known.insert(schedule->service).second) continue;
    Service service;
    service.name = schedule->service;
    config.services.push_back(std::move(service));
  }
}

void check_references(Context& context, const Config& config) {
  std::map<std::string, const Schedule*> known;
  std::vector<std::string> names;
  for (const Schedule* schedule : config.schedules()) {
    if (schedule->name.empty()) continue;
    const auto [first, fresh] = known.emplace(schedule->name, schedule);
    names.push_back(schedule->name);
    if (fresh) continue;
    context.faults.add(schedule->at, "the name " + in_ticks(schedule->name) + " is there twice: the first is at " +
                                         place(first->second->at));
  }
  std::map<std::string, const Schedule*> formerly;
  Cycles cycles(context, known);
  for (const Schedule* schedule : config.schedules()) {
    for (const std::string& name : schedule->depends_on) {
      if (known.contains(name)) continue;
      context.faults.add(schedule->at, in_ticks(schedule->name) + " depends on " + in_ticks(name) +
                                           ", which does not exist" + suggestion(name, names));
    }
    for (const std::string& name : schedule->formerly) {
      const auto [first, fresh] = formerly.emplace(name, schedule);
      if (fresh && !known.contains(name)) continue;
      context.faults.add(schedule->at, in_ticks(schedule->name) + " was formerly " + in_ticks(name) +
                                           (fresh ? ", which still exists" : ", as another says too") +
                                           ": expected a name that nothing else has");
    }
    cycles.look(*schedule);
  }
}

}  // namespace nines::config
