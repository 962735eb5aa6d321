#include "agent/prometheus_query.hpp"

#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/outbound/http.hpp"
#include "base/evidence.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace nines::agent {
namespace {

constexpr std::size_t kLongestAnswer = 1 << 20;
constexpr std::size_t kMostEvidence = 4096;

std::string url_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string unix_time(Time at) {
  const auto micros = at.time_since_epoch().count();
  return fmt::format("{}.{:06}", micros / 1'000'000, micros % 1'000'000);
}

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// As Prometheus writes a number: "0.83", "1e+06", "+Inf", "NaN".
std::optional<double> number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

// [1435781451.781, "0.83"]
Expected<double> value_of(const Json& sample) {
  if (sample.is_array() && sample.size() == 2 && sample[1].is_string()) {
    if (const auto value = number(sample[1].get<std::string>())) return *value;
  }
  return fail("the answer holds no value: expected one number");
}

Expected<double> value_of_answer(const Json& data) {
  const std::string type = data.is_object() ? text_of(data, "resultType") : std::string();
  const auto found = data.is_object() ? data.find("result") : data.end();
  if (found == data.end() || !found->is_array())
    return fail("the answer holds no result: expected Prometheus's HTTP API");
  if (type == "scalar") return value_of(*found);
  if (type != "vector")
    return fail(fmt::format("the query gives a {}: expected one value", printable(ellipsize(type, 20))));
  if (found->empty()) return fail("the query gave no series: expected one");
  if (found->size() > 1) return fail(fmt::format("the query gave {} series: expected one", found->size()));
  const Json& series = found->front();
  if (!series.is_object() || !series.contains("value")) return fail("the answer holds no value: expected one number");
  return value_of(series["value"]);
}

// A warning says that a part of the data is missing; what begins so is only advice on the query.
std::string warning_in(const Json& answer) {
  const auto found = answer.find("warnings");
  if (found == answer.end() || !found->is_array()) return {};
  for (const Json& warning : *found) {
    const std::string text = warning.is_string() ? warning.get<std::string>() : std::string("of no text");
    if (!text.starts_with("PromQL info:")) return text;
  }
  return {};
}

Expected<double> read_answer(const HttpReply& reply) {
  const auto answer = parse_json(reply.body);
  const bool shaped = answer && answer->is_object();
  if (shaped && text_of(*answer, "status") == "error") {
    return fail("the query was refused: " + printable(ellipsize(text_of(*answer, "error"), 300)));
  }
  if (reply.status != 200)
    return fail(fmt::format("the query was answered with status {}: {}", reply.status, first_line(reply)));
  if (!shaped || !answer->contains("data")) return fail("the answer is no JSON of Prometheus's HTTP API");
  if (const std::string warning = warning_in(*answer); !warning.empty()) {
    return fail("the answer is partial: " + printable(ellipsize(warning, 300)));
  }
  return value_of_answer((*answer)["data"]);
}

}  // namespace

sla::PrometheusFigures ask_prometheus(const config::Remote& prometheus, const config::Objective& objective, Time at,
                                      const std::stop_token& stop) {
  sla::PrometheusFigures figures;
  figures.asked_for = at;
  HttpCall question;
  question.path = "/api/v1/query?query=" + url_encoded(objective.query) + "&time=" + unix_time(at);
  question.answer_limit = kLongestAnswer;
  const auto reply = call(prometheus, question, stop);
  if (!reply) {
    figures.trouble = reply.error().message;
    return figures;
  }
  figures.answer = evidence_text(reply->body, kMostEvidence);
  const auto value = read_answer(*reply);
  if (value) {
    figures.value = *value;
  } else {
    figures.trouble = evidence_text(value.error().message, kMostEvidence);
  }
  return figures;
}

}  // namespace nines::agent
