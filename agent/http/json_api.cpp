#include "agent/http/json_api.hpp"

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "config/address_rule.hpp"
#include "config/names.hpp"

namespace nines::agent {
namespace {

// RFC 9110, section 15.
const char* title_of(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 409:
      return "Conflict";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

// Another name for this machine is how a page from elsewhere reaches it (DNS rebinding).
bool names_loopback(const std::string& authority) {
  const auto parts = config::split_address(authority);
  return parts && config::is_loopback(parts->host);
}

}  // namespace

HttpAnswer json_answer(int status, const Json& body) {
  return {status, "application/json", dump_json(body) + "\n"};
}

HttpAnswer problem(int status, const std::string& detail) {
  const Json body = {{"type", "about:blank"}, {"title", title_of(status)}, {"status", status}, {"detail", detail}};
  return {status, "application/problem+json", dump_json(body) + "\n"};
}

std::optional<HttpAnswer> refused_change(const HttpQuery& query, const std::string& listen_host) {
  if (!config::is_loopback(listen_host)) {
    return problem(403, "the agent listens on " + listen_host +
                            ", where whoever reaches it could change this: use the command on its machine");
  }
  if (!names_loopback(query.header("Host"))) {
    return problem(403, "the Host is no loopback address: expected the address that the agent listens on");
  }
  const std::string type = query.header("Content-Type");
  if (config::lower_case(trim(std::string_view(type).substr(0, type.find(';')))) != "application/json") {
    return problem(415, "the Content-Type is \"" + ellipsize(printable(type), 80) + "\": expected application/json");
  }
  return std::nullopt;
}

}  // namespace nines::agent
