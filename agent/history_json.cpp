#include "agent/history_json.hpp"

#include <limits>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace nines::agent {
namespace {

constexpr const char* kSchema = "nines.history/v1";

Json time_or_null(const std::optional<Time>& time) {
  return time ? Json(format_time(*time)) : Json();
}

// ---- reading: the first fault ends it by an exception that does not leave this file

struct Fault : std::runtime_error {
  using std::runtime_error::runtime_error;
};

const Json& member(const Json& object, const char* key) {
  if (!object.is_object() || !object.contains(key)) throw Fault(std::string("`") + key + "` is missing");
  return object[key];
}
const Json& list(const Json& object, const char* key) {
  const Json& value = member(object, key);
  if (!value.is_array()) throw Fault(std::string("`") + key + "` is no list");
  return value;
}
std::string text(const Json& object, const char* key) {
  const Json& value = member(object, key);
  if (!value.is_string()) throw Fault(std::string("`") + key + "` is no text");
  return value.get<std::string>();
}
bool flag(const Json& object, const char* key) {
  const Json& value = member(object, key);
  if (!value.is_boolean()) throw Fault(std::string("`") + key + "` is neither true nor false");
  return value.get<bool>();
}
std::int64_t number(const Json& object, const char* key) {
  const Json& value = member(object, key);
  if (!value.is_number_integer()) throw Fault(std::string("`") + key + "` is no whole number");
  return value.get<std::int64_t>();
}
Micros micros(const Json& object, const char* key) {
  return Micros(number(object, key));
}
int small(const Json& object, const char* key) {
  const std::int64_t value = number(object, key);
  if (value < 0 || value > std::numeric_limits<int>::max()) throw Fault(std::string("`") + key + "` is out of range");
  return static_cast<int>(value);
}
std::optional<Time> optional_time(const Json& object, const char* key) {
  const Json& value = member(object, key);
  if (value.is_null()) return std::nullopt;
  const auto time = parse_time(text(object, key));
  if (!time) throw Fault(std::string("`") + key + "`: " + time.error().message);
  return *time;
}
Time time(const Json& object, const char* key) {
  const auto found = optional_time(object, key);
  if (!found) throw Fault(std::string("`") + key + "` is null");
  return *found;
}

template <class T, class Read>
Expected<T> reading(std::string_view body, const Read& read) {
  const auto json = parse_json(body);
  if (!json) return fail("it is no JSON: " + json.error().message);
  try {
    return read(*json);
  } catch (const Fault& fault) {
    return fail(fault.what());
  }
}

// ---- each kind, both ways

Json settings_json(const store::SettingsEntry& entry) {
  return {{"check", entry.check},
          {"from", format_time(entry.from)},
          {"interval_us", entry.interval.count()},
          {"stale_after_us", entry.stale_after.count()},
          {"warning", entry.warning},
          {"critical", entry.critical},
          {"recovery", entry.recovery},
          {"service", entry.service},
          {"journey", entry.journey},
          {"uplink", entry.uplink},
          {"removed", entry.removed}};
}
store::SettingsEntry read_settings(const Json& json) {
  return {text(json, "check"),    time(json, "from"),      micros(json, "interval_us"), micros(json, "stale_after_us"),
          small(json, "warning"), small(json, "critical"), small(json, "recovery"),     text(json, "service"),
          flag(json, "journey"),  flag(json, "uplink"),    flag(json, "removed")};
}

Json window_json(const store::WindowEntry& window) {
  Json json = {{"id", window.id},
               {"configured", window.configured},
               {"service", window.service},
               {"from", format_time(window.once.from)},
               {"to", format_time(window.once.to)},
               {"schedule", window.schedule},
               {"time_zone", window.time_zone},
               {"reason", window.reason},
               {"author", window.author},
               {"excluded", window.excluded},
               {"entered", format_time(window.entered)},
               {"since", window.since == Time::min() ? Json() : Json(format_time(window.since))},
               {"removed", nullptr}};
  if (window.removed) {
    json["removed"] = {{"at", format_time(window.removed->at)},
                       {"author", window.removed->author},
                       {"reason", window.removed->reason},
                       {"entirely", window.removed->entirely}};
  }
  return json;
}
store::WindowEntry read_window(const Json& json) {
  store::WindowEntry window{.id = number(json, "id"),
                            .configured = flag(json, "configured"),
                            .service = text(json, "service"),
                            .once = {time(json, "from"), time(json, "to")},
                            .schedule = text(json, "schedule"),
                            .time_zone = text(json, "time_zone"),
                            .reason = text(json, "reason"),
                            .author = text(json, "author"),
                            .excluded = flag(json, "excluded"),
                            .entered = time(json, "entered"),
                            .since = optional_time(json, "since").value_or(Time::min())};
  if (const Json& removed = member(json, "removed"); !removed.is_null()) {
    window.removed = store::WindowRemoval{time(removed, "at"), text(removed, "author"), text(removed, "reason"),
                                          flag(removed, "entirely")};
  }
  return window;
}

}  // namespace

Json to_json(const HistoryDocument& document) {
  Json json = {{"schema", kSchema},
               {"region", document.region},
               {"series", Json::array()},
               {"settings", Json::array()},
               {"clock_steps", Json::array()},
               {"windows", Json::array()},
               {"windows_loaded", document.windows.loaded}};
  for (const SeriesExtent& one : document.series) {
    json["series"].push_back({{"check", one.key.check},
                              {"region", one.key.region},
                              {"first", format_time(one.extent.from)},
                              {"last", format_time(one.extent.to)}});
  }
  for (const store::SettingsEntry& entry : document.settings) json["settings"].push_back(settings_json(entry));
  for (const store::ClockStepEntry& step : document.clock_steps) {
    json["clock_steps"].push_back(
        {{"region", step.region}, {"at", format_time(step.at)}, {"step_us", step.step.count()}});
  }
  for (const store::WindowEntry& window : document.windows.entries) json["windows"].push_back(window_json(window));
  return json;
}

Expected<HistoryDocument> read_history_document(std::string_view body) {
  return reading<HistoryDocument>(body, [](const Json& json) {
    if (text(json, "schema") != kSchema) throw Fault(std::string("`schema` is not ") + kSchema);
    HistoryDocument document;
    document.region = text(json, "region");
    for (const Json& one : list(json, "series")) {
      document.series.push_back({{text(one, "check"), text(one, "region")}, {time(one, "first"), time(one, "last")}});
    }
    for (const Json& one : list(json, "settings")) document.settings.push_back(read_settings(one));
    for (const Json& one : list(json, "clock_steps")) {
      document.clock_steps.push_back({text(one, "region"), time(one, "at"), micros(one, "step_us")});
    }
    for (const Json& one : list(json, "windows")) document.windows.entries.push_back(read_window(one));
    document.windows.loaded = flag(json, "windows_loaded");
    return document;
  });
}

Json to_json(const Edges& edges) {
  return {{"run_start", time_or_null(edges.run_start)},
          {"last_success_before", time_or_null(edges.last_success_before)},
          {"first_success_from", time_or_null(edges.first_success_from)}};
}

Expected<Edges> read_edges(std::string_view body) {
  return reading<Edges>(body, [](const Json& json) {
    return Edges{optional_time(json, "run_start"), optional_time(json, "last_success_before"),
                 optional_time(json, "first_success_from")};
  });
}

Json to_json(const std::vector<store::EvidenceEntry>& entries) {
  Json list = Json::array();
  for (const store::EvidenceEntry& entry : entries) {
    list.push_back({{"check", entry.key.check},
                    {"region", entry.key.region},
                    {"time", format_time(entry.start)},
                    {"message", entry.evidence.message},
                    {"address", entry.evidence.address},
                    {"failed_step", entry.evidence.failed_step},
                    {"trace_id", entry.evidence.trace_id},
                    {"correlation_id", entry.evidence.correlation_id}});
  }
  return {{"evidence", std::move(list)}};
}

Expected<std::vector<store::EvidenceEntry>> read_evidence(std::string_view body) {
  return reading<std::vector<store::EvidenceEntry>>(body, [](const Json& json) {
    std::vector<store::EvidenceEntry> entries;
    for (const Json& one : list(json, "evidence")) {
      store::EvidenceEntry& entry = entries.emplace_back();
      entry.key = {text(one, "check"), text(one, "region")};
      entry.start = time(one, "time");
      entry.evidence.message = text(one, "message");
      entry.evidence.address = text(one, "address");
      entry.evidence.failed_step = text(one, "failed_step");
      entry.evidence.trace_id = text(one, "trace_id");
      entry.evidence.correlation_id = text(one, "correlation_id");
    }
    return entries;
  });
}

}  // namespace nines::agent
