#include "agent/gate/endpoints.hpp"

#include <nlohmann/json.hpp>

#include "agent/http/json_api.hpp"
#include "agent/http/query.hpp"
#include "base/text.hpp"

namespace nines::agent {
namespace {

constexpr std::string_view kPath = "/api/v1/gates";
constexpr const char* kRetryAfter = "5";

// Flagger takes 202 and less for a success: while a gate runs it is asked again.
int status_of(const std::string& verdict) {
  if (verdict == "pass" || verdict == "warning") return 200;
  if (verdict == "rollback") return 409;
  return verdict == "running" ? 503 : 422;
}

HttpAnswer shown(int status, const Gates::Answer& answer) {
  HttpAnswer made{status, "application/json", answer.document + "\n"};
  if (status == 503) made.headers.emplace_back("Retry-After", kRetryAfter);
  return made;
}

HttpAnswer refused(const Gates::Refusal& refusal) {
  switch (refusal.fault) {
    case Gates::Fault::request:
      return problem(400, refusal.why);
    case Gates::Fault::store:
      // Without a store nothing can be judged.
      return problem(422, refusal.why);
    case Gates::Fault::busy:
      break;
  }
  HttpAnswer made = problem(503, refusal.why);
  made.headers.emplace_back("Retry-After", kRetryAfter);
  return made;
}

HttpAnswer ask(Gates& gates, const HttpQuery& query) {
  const auto body = parse_json(query.body);
  if (!body) return problem(400, "the body is no JSON: " + body.error().message);
  const auto request = read_gate_request(*body);
  if (!request) return problem(400, request.error().message);
  const auto answer = gates.ask(*request);
  return answer ? shown(status_of(answer->verdict), *answer) : refused(answer.error());
}

HttpAnswer find(Gates& gates, const HttpQuery& query) {
  const std::string name = query.path.substr(kPath.size() + 1);
  const auto answer = gates.find(name);
  if (!answer) return problem(500, answer.error().message);
  if (!*answer) return problem(404, "there is no gate \"" + ellipsize(printable(name), 80) + "\"");
  return shown(200, **answer);
}

}  // namespace

void add_gate_endpoints(Listener& listener, Gates& gates, const std::string& listen_host) {
  listener.post(std::string(kPath), [&gates, listen_host](const HttpQuery& query) {
    if (auto why = refused_change(query, listen_host)) return *why;
    return ask(gates, query);
  });
  listener.get(std::string(kPath), [&gates](const HttpQuery&) {
    const auto all = gates.list();
    return all ? json_answer(200, *all) : problem(500, all.error().message);
  });
  listener.get_under(std::string(kPath) + "/", [&gates](const HttpQuery& query) { return find(gates, query); });
}

}  // namespace nines::agent
