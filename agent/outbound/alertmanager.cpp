#include "agent/outbound/alertmanager.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/outbound/http.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace nines::agent {
namespace {

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

Json json_of(const AlertLabels& labels) {
  Json object = Json::object();
  for (const auto& [name, value] : labels) {
    if (!value.empty()) object[name] = value;
  }
  return object;
}

Json json_of(const PostedAlert& alert) {
  Json object{{"labels", json_of(alert.labels)},
              {"annotations", json_of(alert.annotations)},
              {"startsAt", format_time(alert.starts_at)}};
  if (alert.ends_at) object["endsAt"] = format_time(*alert.ends_at);
  if (!alert.generator_url.empty()) object["generatorURL"] = alert.generator_url;
  return object;
}

Json json_of(const Silence& silence) {
  Json matchers = Json::array();
  for (const AlertMatcher& matcher : silence.matchers) {
    matchers.push_back(
        {{"name", matcher.name}, {"value", matcher.value}, {"isRegex", matcher.regex}, {"isEqual", matcher.equal}});
  }
  Json object{{"matchers", std::move(matchers)},
              {"startsAt", format_time(silence.starts_at)},
              {"endsAt", format_time(silence.ends_at)},
              {"createdBy", silence.created_by},
              {"comment", silence.comment}};
  if (!silence.id.empty()) object["id"] = silence.id;
  return object;
}

// The readers below throw Json::exception for what is not as the API has it.

// Alertmanager writes Go's times, with up to nine fractional digits.
Time time_of(const Json& text) {
  std::string time = text.get<std::string>();
  if (const auto dot = time.find('.'); dot != time.npos) {
    const auto end = time.find_first_not_of("0123456789", dot + 1);
    if (end != time.npos && end - dot > 7) time.erase(dot + 7, end - dot - 7);
  }
  return parse_time(time).value_or(Time{});  // Go's zero time, of the year 1
}

AlertLabels labels_of(const Json& object) {
  AlertLabels labels;
  for (const auto& [name, value] : object.items()) labels.emplace_back(name, value.get<std::string>());
  return labels;
}

KnownAlert alert_of(const Json& object) {
  const Json& status = object.at("status");
  KnownAlert alert{.labels = labels_of(object.at("labels")),
                   .annotations = labels_of(object.at("annotations")),
                   .fingerprint = object.at("fingerprint").get<std::string>(),
                   .starts_at = time_of(object.at("startsAt")),
                   .ends_at = time_of(object.at("endsAt")),
                   .state = status.at("state").get<std::string>(),
                   .silenced_by = status.at("silencedBy").get<std::vector<std::string>>(),
                   .inhibited_by = status.at("inhibitedBy").get<std::vector<std::string>>(),
                   .receivers = {}};
  for (const Json& receiver : object.at("receivers")) alert.receivers.push_back(receiver.at("name").get<std::string>());
  return alert;
}

Silence silence_of(const Json& object) {
  Silence silence{.id = object.at("id").get<std::string>(),
                  .matchers = {},
                  .starts_at = time_of(object.at("startsAt")),
                  .ends_at = time_of(object.at("endsAt")),
                  .created_by = object.at("createdBy").get<std::string>(),
                  .comment = object.at("comment").get<std::string>(),
                  .state = object.at("status").at("state").get<std::string>()};
  for (const Json& matcher : object.at("matchers")) {
    silence.matchers.push_back({.name = matcher.at("name").get<std::string>(),
                                .value = matcher.at("value").get<std::string>(),
                                .regex = matcher.at("isRegex").get<bool>(),
                                .equal = matcher.value("isEqual", true)});
  }
  return silence;
}

Expected<HttpReply> refused(const config::Remote& remote, const HttpReply& reply) {
  return fail(fmt::format("{} answered {}: {}", origin_of(remote), reply.status, first_line(reply)));
}

Expected<HttpReply> post(const config::Remote& remote, std::string path, const Json& body,
                         const std::stop_token& stop) {
  auto reply = call(remote,
                    {.method = "POST",
                     .path = std::move(path),
                     .headers = {{"Content-Type", "application/json"}},
                     .body = dump_json(body)},
                    stop);
  if (reply && reply->status != 200) return refused(remote, *reply);
  return reply;
}

// What `read` makes of the answer's JSON.
template <class Read>
auto reading(const config::Remote& remote, const HttpReply& reply, Read read) -> Expected<decltype(read(Json()))> {
  const auto json = parse_json(reply.body);
  if (!json) return fail(origin_of(remote) + " is no Alertmanager: its answer is no JSON: " + json.error().message);
  try {
    return read(*json);
  } catch (const Json::exception& fault) {
    return fail(origin_of(remote) + " is no Alertmanager as known here: " + fault.what());
  }
}

template <class T>
auto list_of(T (*item)(const Json&)) {
  return [item](const Json& list) {
    std::vector<T> items;
    for (const Json& one : list) items.push_back(item(one));
    return items;
  };
}

std::string filter_of(std::span<const AlertMatcher> matchers) {
  std::string query;
  for (const AlertMatcher& matcher : matchers) query += "&filter=" + percent_encode(matcher_text(matcher));
  if (!query.empty()) query.front() = '?';
  return query;
}

}  // namespace

std::string matcher_text(const AlertMatcher& matcher) {
  const char* op = matcher.regex ? (matcher.equal ? "=~" : "!~") : (matcher.equal ? "=" : "!=");
  return matcher.name + op + in_quotes(matcher.value);
}

std::string Alertmanager::origin() const {
  return origin_of(remote_);
}

Expected<void> Alertmanager::post_alerts(std::span<const PostedAlert> alerts, const std::stop_token& stop) const {
  Json list = Json::array();
  for (const PostedAlert& alert : alerts) list.push_back(json_of(alert));
  const auto reply = post(remote_, "/api/v2/alerts", list, stop);
  if (!reply) return std::unexpected(reply.error());
  return {};
}

Expected<std::vector<KnownAlert>> Alertmanager::alerts(std::span<const AlertMatcher> matchers,
                                                       const std::stop_token& stop) const {
  const auto reply = call(remote_, {.path = "/api/v2/alerts" + filter_of(matchers)}, stop);
  if (!reply) return std::unexpected(reply.error());
  if (reply->status != 200) return std::unexpected(refused(remote_, *reply).error());
  return reading(remote_, *reply, list_of(alert_of));
}

Expected<std::string> Alertmanager::create_silence(const Silence& silence, const std::stop_token& stop) const {
  const auto reply = post(remote_, "/api/v2/silences", json_of(silence), stop);
  if (!reply) return std::unexpected(reply.error());
  return reading(remote_, *reply, [](const Json& body) { return body.at("silenceID").get<std::string>(); });
}

Expected<std::string> Alertmanager::update_silence(const Silence& silence, const std::stop_token& stop) const {
  return create_silence(silence, stop);
}

Expected<void> Alertmanager::expire_silence(const std::string& id, const std::stop_token& stop) const {
  const auto reply = call(remote_, {.method = "DELETE", .path = "/api/v2/silence/" + percent_encode(id)}, stop);
  if (!reply) return std::unexpected(reply.error());
  if (reply->status == 200 || reply->status == 404) return {};
  // It answers 500 for one that has expired and, up to 0.27, for one that is not there.
  const auto now = this->silence(id, stop);
  if (now && (!*now || (*now)->state == "expired")) return {};
  return std::unexpected(refused(remote_, *reply).error());
}

Expected<std::vector<Silence>> Alertmanager::silences(std::span<const AlertMatcher> matchers,
                                                      const std::stop_token& stop) const {
  const auto reply = call(remote_, {.path = "/api/v2/silences" + filter_of(matchers)}, stop);
  if (!reply) return std::unexpected(reply.error());
  if (reply->status != 200) return std::unexpected(refused(remote_, *reply).error());
  return reading(remote_, *reply, list_of(silence_of));
}

Expected<std::optional<Silence>> Alertmanager::silence(const std::string& id, const std::stop_token& stop) const {
  const auto reply = call(remote_, {.path = "/api/v2/silence/" + percent_encode(id)}, stop);
  if (!reply) return std::unexpected(reply.error());
  if (reply->status == 404) return std::optional<Silence>();
  if (reply->status != 200) return std::unexpected(refused(remote_, *reply).error());
  return reading(remote_, *reply, [](const Json& body) { return std::optional(silence_of(body)); });
}

std::vector<Alertmanager> alertmanagers_of(const config::Alerting& alerting) {
  std::vector<Alertmanager> all;
  for (const config::Remote& remote : alerting.alertmanagers) all.emplace_back(remote);
  return all;
}

}  // namespace nines::agent
