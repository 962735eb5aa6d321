#pragma once

// Requests of the program's own: to an Alertmanager, a Prometheus, a webhook, another agent. Probes are something else
// (probes/).

#include <cstddef>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "config/neighbours.hpp"

namespace nines::agent {

struct HttpCall {
  std::string method = "GET";
  std::string path{};  // behind the remote's URL, with its query: "/api/v2/alerts"
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  std::size_t answer_limit = 64 << 20;  // bytes; a longer answer is an error
};

struct HttpReply {
  int status = 0;
  std::string body;
};

// Sends it and waits for the whole answer, whatever its status; redirects are not followed. An Error when there is none
// within the remote's time-out, named by the URL without its path where that may be a secret. Blocks: any thread but a
// loop's. Ends soon after `stop` is asked for.
Expected<HttpReply> call(const config::Remote& remote, const HttpCall& call, const std::stop_token& stop = {});

// "http://127.0.0.1:9093": where a remote is, for sentences.
std::string origin_of(const config::Remote& remote);

// What a body says when a call was refused: its first line, cut and printable.
std::string first_line(const HttpReply& reply);

}  // namespace nines::agent
