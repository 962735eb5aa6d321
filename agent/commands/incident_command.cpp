#include <fmt/format.h>

#include "agent/commands/commands.hpp"
#include "agent/commands/common.hpp"
#include "agent/incidents.hpp"
#include "base/clock.hpp"

namespace nines::agent {
namespace {

Expected<std::vector<store::Reader>> open_stores(const IncidentOptions& options, const config::Config& config) {
  std::vector<std::string> dirs = options.data_dirs;
  if (dirs.empty()) dirs.push_back(config.data_dir);
  std::vector<store::Reader> readers;
  for (const std::string& dir : dirs) {
    auto reader = store::open_reader(dir);
    if (!reader) return std::unexpected(reader.error());
    readers.push_back(std::move(*reader));
  }
  return readers;
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
  auto readers = open_stores(options, *config);
  if (!readers) return tell(readers.error(), Exit::broken);
  const Time now = system_clock().now();
  const auto incidents = find_incidents(*readers, *config, {now - *last, now}, now);
  if (!incidents) return tell(incidents.error(), Exit::broken);
  if (auto written = write_output({}, list_text(*incidents, options.format)); !written) {
    return tell(written.error(), Exit::broken);
  }
  return Exit::passed;
}

Exit incident_show_command(const IncidentOptions& options) {
  const auto config = load_or_tell(options.config);
  if (!config) return Exit::usage;
  auto readers = open_stores(options, *config);
  if (!readers) return tell(readers.error(), Exit::broken);
  const auto incident = find_incident(*readers, *config, options.id, system_clock().now());
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

}  // namespace nines::agent
