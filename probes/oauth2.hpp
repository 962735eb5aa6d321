#pragma once

// OAuth 2.0 client credentials (RFC 6749, 4.4): an access token for a module's requests. The password grant (4.3) is
// the same request with the endpoint_params grant_type, username and password.

#include <list>
#include <map>
#include <memory>
#include <string>

#include "base/outcome.hpp"
#include "base/secret.hpp"
#include "config/modules.hpp"
#include "probes/engine.hpp"
#include "probes/net/connect.hpp"

namespace nines::probes {

struct AccessToken {
  std::string type = "Bearer";  // the word before it in an Authorization header
  Secret value{};
  bool kept = false;  // it was there before it was asked for
  Outcome outcome{};  // ok: there is a token; else oauth2_token (or agent_shutdown), with no secret in the sentence
};

// One per loop, loop's thread only. A token is kept for each configuration until ten seconds before it expires; while
// one is fetched, all probes that want it wait for that one.
//
// The client names itself by HTTP Basic (RFC 6749, 2.3.1); a server that answers 400 or 401 is asked once more with
// client_id and client_secret in the body, and what it takes is remembered. The time is the probe's: it counts in the
// duration and against the deadline, as in blackbox_exporter, but in no phase.
class AccessTokens {
 public:
  // `config` outlives the task. `route`: how hosts are looked up; `log` is told.
  Task<AccessToken> get(Engine& engine, const config::OAuth2& config, Route route, Stop stop);
  // The target refused it: the next get() fetches another.
  void drop(const config::OAuth2& config);

  static constexpr std::size_t kMaxAnswer = 64 * 1024;
  static constexpr std::size_t kMaxKept = 1000;

 private:
  struct Entry;
  std::map<std::string, std::shared_ptr<Entry>> entries_;
};

}  // namespace nines::probes
