#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/commands/commands.hpp"
#include "agent/commands/common.hpp"
#include "agent/commands/remote_agent.hpp"
#include "agent/incidents/incidents.hpp"
#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace nines::agent {
namespace {

constexpr const char* kNotesPath = "/api/v1/incidents/notes";

std::vector<std::string> data_dirs_of(const IncidentOptions& options, const config::Config& config) {
  return options.data_dirs.empty() ? std::vector{config.data_dir} : options.data_dirs;
}

std::string list_text(const std::vector<reports::Incident>& incidents, IncidentFormat format) {
  switch (format) {
    case IncidentFormat::json:
      return reports::incidents_json(incidents);
    case IncidentFormat::markdown:
      return reports::incidents_markdown(incidents);
    case IncidentFormat::text:
      break;
  }
  return reports::incidents_text(incidents);
}

std::string text_of(const reports::Incident& incident, IncidentFormat format) {
  switch (format) {
    case IncidentFormat::json:
      return reports::incident_json(incident);
    case IncidentFormat::markdown:
      return reports::incident_markdown(incident);
    case IncidentFormat::text:
      break;
  }
  return reports::incident_text(incident);
}

}  // namespace

Exit incident_list_command(const IncidentOptions& options) {
  const auto last = parse_duration(options.last);
  if (!last || *last == Micros(0)) return tell(Error{"--last: expected a span such as 30d"}, Exit::usage);
  const auto config = load_or_tell(options.config);
  if (!config) return Exit::usage;
  auto stores = IncidentStores::open(data_dirs_of(options, *config));
  if (!stores) return tell(stores.error(), Exit::broken);
  if (!options.service.empty() && config->service(options.service) == nullptr) {
    return tell(Error{fmt::format("--service: there is no service \"{}\"", printable(options.service))}, Exit::usage);
  }
  const Time now = system_clock().now();
  const auto incidents =
      find_incidents(*stores, *config, {.period = {now - *last, now}, .as_of = now, .service = options.service});
  if (!incidents) return tell(incidents.error(), Exit::broken);
  if (auto written = write_output({}, list_text(*incidents, options.format)); !written) {
    return tell(written.error(), Exit::broken);
  }
  return Exit::passed;
}

Exit incident_show_command(const IncidentOptions& options) {
  const auto config = load_or_tell(options.config);
  if (!config) return Exit::usage;
  auto stores = IncidentStores::open(data_dirs_of(options, *config));
  if (!stores) return tell(stores.error(), Exit::broken);
  const auto incident = find_incident(*stores, *config, options.id, system_clock().now());
  if (!incident) return tell(incident.error(), Exit::broken);
  if (!*incident) {
    return tell(
        Error{fmt::format("there is no incident \"{}\": expected an id that `nines incident list` prints", options.id)},
        Exit::usage);
  }
  if (auto written = write_output({}, text_of(**incident, options.format)); !written) {
    return tell(written.error(), Exit::broken);
  }
  return Exit::passed;
}

Exit incident_note_command(const IncidentOptions& options) {
  Answered<Json> made = refuse({});
  if (!options.agent.empty()) {
    made = ask_agent(options.agent, {.method = "POST", .path = kNotesPath, .body = dump_json(to_json(options.note))});
  } else {
    const auto config = load_or_tell(options.config);
    if (!config) return Exit::usage;
    made = add_note(data_dirs_of(options, *config), *config, options.note, system_clock().now());
  }
  if (!made) return tell_refusal(made.error());
  const auto said = [&](const char* member) {
    const auto found = made->find(member);
    return found != made->end() && found->is_string() ? printable(found->get<std::string>()) : std::string();
  };
  fmt::print("{} of {}: {} ({})\n", said("kind"), said("incident"), said("text"), said("author"));
  return Exit::passed;
}

}  // namespace nines::agent
