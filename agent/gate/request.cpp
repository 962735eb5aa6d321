#include "agent/gate/request.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace nines::agent {
namespace {

constexpr std::size_t kMaxName = 256;
constexpr std::size_t kMaxServices = 1000;
constexpr Micros kShortestTurn = std::chrono::milliseconds(10);

std::string shown(const Json& value) {
  return ellipsize(printable(dump_json(value)), 80);
}

Expected<void> wrong(const std::string& key, const Json& value, const char* expected) {
  return fail(fmt::format("`{}` is {}: expected {}", key, shown(value), expected));
}

Expected<void> read_text(const std::string& key, const Json& value, std::string& into) {
  if (!value.is_string()) return wrong(key, value, "a text");
  into = value.get<std::string>();
  if (into.size() > kMaxName) return fail(fmt::format("`{}` is longer than {} bytes", key, kMaxName));
  return {};
}

Expected<void> read_duration(const std::string& key, const Json& value, Micros& into, Micros least = Micros(0)) {
  if (!value.is_string()) return wrong(key, value, "a duration such as 6m");
  auto parsed = parse_duration(value.get<std::string>());
  if (!parsed) return wrong(key, value, "a duration such as 6m");
  if (*parsed < least)
    return fail(fmt::format("`{}` is {}: expected at least {}", key, shown(value), format_duration(least)));
  into = *parsed;
  return {};
}

// Flagger's metadata are strings.
Expected<void> read_truth(const std::string& key, const Json& value, bool& into) {
  if (value.is_boolean()) {
    into = value.get<bool>();
    return {};
  }
  if (value != "true" && value != "false") return wrong(key, value, "true or false");
  into = value == "true";
  return {};
}

Expected<void> read_count(const std::string& key, const Json& value, int& into) {
  const std::string text = value.is_string() ? value.get<std::string>() : dump_json(value);
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end != text.data() + text.size() || count < 1 || count > 1'000'000) {
    return wrong(key, value, "a number from 1 to 1000000");
  }
  into = count;
  return {};
}

Expected<void> read_services(const std::string& key, const Json& value, std::vector<std::string>& into) {
  if (value.is_string()) {
    const std::string list = value.get<std::string>();
    for (const std::string_view name : split(list, ',')) into.emplace_back(trim(name));
    return {};
  }
  if (!value.is_array() || value.size() > kMaxServices) return wrong(key, value, "a list of services");
  for (const Json& name : value) {
    if (auto done = read_text(key, name, into.emplace_back()); !done) return done;
  }
  return {};
}

Expected<void> read_phase(const std::string& key, const Json& value, GatePhase& into) {
  if (value != "baseline" && value != "verify") return wrong(key, value, "\"baseline\" or \"verify\"");
  into = value == "baseline" ? GatePhase::baseline : GatePhase::verify;
  return {};
}

Expected<void> read_rollback(const std::string& key, const Json& value, sla::gate::RollbackOn& into) {
  if (value != "critical" && value != "triggers") return wrong(key, value, "\"critical\" or \"triggers\"");
  into = value == "critical" ? sla::gate::RollbackOn::critical : sla::gate::RollbackOn::triggers;
  return {};
}

Expected<void> read_member(const std::string& key, const Json& value, GateRequest& request) {
  if (key == "deployment") return read_text(key, value, request.deployment);
  if (key == "phase") return read_phase(key, value, request.phase);
  if (key == "services") return read_services(key, value, request.services);
  if (key == "lookback") return read_duration(key, value, request.lookback);
  if (key == "same_hour") return read_duration(key, value, request.same_hour.emplace(), std::chrono::days(1));
  if (key == "silence") return read_duration(key, value, request.silence);
  if (key == "buffer") return read_duration(key, value, request.buffer);
  if (key == "author") return read_text(key, value, request.author);
  if (key == "for") return read_duration(key, value, request.length, kShortestTurn);
  if (key == "every") return read_duration(key, value, request.every, kShortestTurn);
  if (key == "journeys_every") return read_duration(key, value, request.journeys_every, kShortestTurn);
  if (key == "expect_version") return read_text(key, value, request.expect_version);
  if (key == "wait") return read_duration(key, value, request.wait);
  if (key == "accept_bad_baseline") return read_truth(key, value, request.rules.accept_bad_baseline);
  if (key == "rollback_on") return read_rollback(key, value, request.rollback_on);
  if (key == "again") return read_truth(key, value, request.again);
  if (key == "min_samples") {
    auto& rules = request.rules;
    auto done = read_count(key, value, rules.min_samples);
    rules.min_journey_samples = std::min(rules.min_journey_samples, rules.min_samples);
    return done;
  }
  return fail(fmt::format("there is no member `{}`", ellipsize(printable(key), 80)));
}

Expected<void> read_members(const Json& object, GateRequest& request) {
  for (const auto& [key, value] : object.items()) {
    if (auto done = read_member(key, value, request); !done) return done;
  }
  return {};
}

std::string flagger_word(const Json& body, const char* key) {
  return body.contains(key) && body[key].is_string() ? body[key].get<std::string>() : std::string();
}

}  // namespace

std::string_view phase_name(GatePhase phase) {
  return phase == GatePhase::baseline ? "baseline" : "verify";
}

Expected<GateRequest> read_gate_request(const Json& body) {
  if (!body.is_object())
    return fail("expected a JSON object such as {\"deployment\": \"v1.4.2\", \"phase\": \"verify\"}");
  GateRequest request;
  const bool flagger = body.contains("metadata") && body.contains("name");
  if (flagger) {
    request.deployment = fmt::format("{}/{}@{}", flagger_word(body, "namespace"), flagger_word(body, "name"),
                                     flagger_word(body, "checksum"));
    if (!body["metadata"].is_object()) return fail("`metadata` is no object");
  }
  auto done = read_members(flagger ? body["metadata"] : body, request);
  if (!done) return std::unexpected(done.error());
  if (request.deployment.empty()) return fail("`deployment` is missing: expected its name, such as \"v1.4.2\"");
  if (request.deployment.size() > kMaxName) return fail("`deployment` is longer than 256 bytes");
  return request;
}

Json gate_request_json(const GateRequest& request) {
  const bool baseline = request.phase == GatePhase::baseline;
  Json body = {{"deployment", request.deployment}, {"phase", phase_name(request.phase)}};
  if (!request.services.empty()) body["services"] = request.services;
  if (baseline) {
    body["lookback"] = format_duration(request.lookback);
    if (request.same_hour) body["same_hour"] = format_duration(*request.same_hour);
    body["silence"] = format_duration(request.silence);
    body["buffer"] = format_duration(request.buffer);
    body["author"] = request.author;
  } else {
    body["for"] = format_duration(request.length);
    body["every"] = format_duration(request.every);
    body["journeys_every"] = format_duration(request.journeys_every);
    if (!request.expect_version.empty()) body["expect_version"] = request.expect_version;
    body["wait"] = format_duration(request.wait);
    body["min_samples"] = request.rules.min_samples;
    body["accept_bad_baseline"] = request.rules.accept_bad_baseline;
    body["rollback_on"] = request.rollback_on == sla::gate::RollbackOn::critical ? "critical" : "triggers";
  }
  if (request.again) body["again"] = true;
  return body;
}

}  // namespace nines::agent
