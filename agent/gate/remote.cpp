#include "agent/gate/remote.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/outbound/http.hpp"
#include "base/text.hpp"
#include "config/neighbour.hpp"

namespace nines::agent {
namespace {

constexpr const char* kPath = "/api/v1/gates";

// A gate's document, or why there is none: an error as RFC 9457 has it, or whatever came.
Expected<Json> read(const config::Remote& remote, const HttpReply& reply) {
  auto body = parse_json(reply.body);
  if (body && body->is_object() && (body->contains("verdict") || body->contains("gates"))) return body;
  std::string why = first_line(reply);
  if (body && body->is_object() && body->contains("detail") && (*body)["detail"].is_string()) {
    why = printable((*body)["detail"].get<std::string>());
  }
  return fail(fmt::format("{} answered {}: {}", origin_of(remote), reply.status, why));
}

}  // namespace

Expected<RemoteGates> RemoteGates::at(const std::string& url) {
  auto parsed = config::parse_base_url(url);
  if (!parsed) return std::unexpected(parsed.error());
  config::Remote remote;
  remote.url = std::move(*parsed);
  return RemoteGates(std::move(remote));
}

Expected<Json> RemoteGates::ask(const GateRequest& request, const std::stop_token& stop) const {
  const auto reply = call(remote_,
                          {.method = "POST",
                           .path = kPath,
                           .headers = {{"Content-Type", "application/json"}},
                           .body = dump_json(gate_request_json(request))},
                          stop);
  if (!reply) return std::unexpected(reply.error());
  return read(remote_, *reply);
}

Expected<Json> RemoteGates::get(const std::string& path, const std::stop_token& stop) const {
  const auto reply = call(remote_, {.path = path}, stop);
  if (!reply) return std::unexpected(reply.error());
  return read(remote_, *reply);
}

Expected<Json> RemoteGates::find(const std::string& name, const std::stop_token& stop) const {
  return get(std::string(kPath) + "/" + percent_encode(name), stop);
}

Expected<Json> RemoteGates::list() const {
  return get(kPath, {});
}

}  // namespace nines::agent
