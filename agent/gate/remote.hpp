#pragma once

// The gates of an agent that runs elsewhere, over HTTP. Blocks: any thread but a loop's.

#include <stop_token>
#include <string>

#include "agent/gate/request.hpp"
#include "base/error.hpp"
#include "base/json.hpp"
#include "config/neighbours.hpp"

namespace nines::agent {

class RemoteGates {
 public:
  // "http://127.0.0.1:9999"; an Error when it is no URL.
  static Expected<RemoteGates> at(const std::string& url);

  // Starts or joins; its document, which may say "running". A refusal is an Error with the agent's words.
  Expected<Json> ask(const GateRequest& request, const std::stop_token& stop = {}) const;
  Expected<Json> find(const std::string& name, const std::stop_token& stop = {}) const;
  Expected<Json> list() const;

 private:
  explicit RemoteGates(config::Remote remote) : remote_(std::move(remote)) {}
  Expected<Json> get(const std::string& path, const std::stop_token& stop) const;

  config::Remote remote_;
};

}  // namespace nines::agent
