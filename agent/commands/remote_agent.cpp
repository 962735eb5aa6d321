#include "agent/commands/remote_agent.hpp"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/commands/common.hpp"
#include "base/text.hpp"

namespace nines::agent {
namespace {

config::Remote remote_of(const std::string& url) {
  config::Remote remote;
  remote.url = url;
  while (remote.url.ends_with('/')) remote.url.pop_back();
  return remote;
}

}  // namespace

Answered<Json> ask_agent(const std::string& url, HttpCall made) {
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return refuse("--agent: expected a URL such as http://127.0.0.1:9999");
  }
  if (made.method == "POST") made.headers.emplace_back("Content-Type", "application/json");
  const auto reply = call(remote_of(url), made);
  if (!reply) return store_failed(reply.error());
  const auto json = parse_json(reply->body);
  if (reply->status / 100 == 2 && json && json->is_object()) return *json;
  const bool explained = json && json->is_object() && json->contains("detail") && (*json)["detail"].is_string();
  return refuse(explained ? printable((*json)["detail"].get<std::string>())
                          : fmt::format("{} answered {}: {}", url, reply->status, first_line(*reply)),
                reply->status);
}

Exit tell_refusal(const Refusal& refusal) {
  tell(refusal.why);
  return refusal.status / 100 == 5 ? Exit::broken : Exit::usage;
}

}  // namespace nines::agent
