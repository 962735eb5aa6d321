#pragma once

#include <chrono>
#include <map>
#include <string>

namespace nines::harness {

using Headers = std::multimap<std::string, std::string>;

/// What a server answered; status 0 and a reason in `error` when it gave no whole answer.
struct Reply {
  int status = 0;
  std::string body;
  Headers headers;  ///< names in lower case
  std::string error;
};

/// One request on its own connection, http:// only, redirects not followed. Never throws for what the server does.
Reply request(const std::string& method, const std::string& url, const std::string& body = {},
              const Headers& headers = {}, std::chrono::milliseconds timeout = std::chrono::seconds(10));

Reply get(const std::string& url, const Headers& headers = {});
/// Content-Type is application/json unless a header says otherwise.
Reply post(const std::string& url, const std::string& body, const Headers& headers = {});
Reply del(const std::string& url, const Headers& headers = {});

/// A text as one query parameter's value.
std::string url_encoded(const std::string& text);

}  // namespace nines::harness
