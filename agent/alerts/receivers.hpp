#pragma once

// Those who are told of alerts, each on a thread of its own, so that none waits for another.

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "agent/alerts/counts.hpp"
#include "agent/alerts/spool.hpp"
#include "base/clock.hpp"
#include "config/config.hpp"

namespace nines::agent {

// One receiver, or what else is done with it in turns. On one thread.
class Receiver {
 public:
  // `id` names it over restarts and reloads, and is no secret; `name` is for the log.
  Receiver(std::string id, std::string name) : id(std::move(id)), name(std::move(name)) {}
  virtual ~Receiver() = default;

  // Tells what is due; returns when there may be more if nothing changes meanwhile. An Error: what was not taken is due
  // again.
  virtual Expected<std::chrono::nanoseconds> turn(const std::stop_token& stop) = 0;
  // Whether alerts are told to it, so that it must not miss one.
  virtual bool takes_alerts() const { return true; }

  const std::string id;
  const std::string name;
};

struct ReceiverGround {
  std::shared_ptr<const config::Config> config;
  Spool& spool;
  store::Store& store;
  const Clock& clock;
  AlertCounts& counts;
};

// All that `alerting` names. A webhook's URL is told by its digest only.
std::vector<std::unique_ptr<Receiver>> make_receivers(const ReceiverGround& ground);

// How long to wait before a turn after `failures` in a row: 1 s, 2 s, 4 s, … 60 s.
std::chrono::seconds backoff_of(int failures);

// Takes turns with a receiver until its end: at once when an alert begins or ends, but for a receiver that failed.
class ReceiverThread {
 public:
  ReceiverThread(std::unique_ptr<Receiver> receiver, Spool& spool);
  ~ReceiverThread();  // a turn that is going on is cut
  void request_stop() { thread_.request_stop(); }

 private:
  void run(const std::stop_token& stop);

  std::unique_ptr<Receiver> receiver_;
  Spool& spool_;
  std::jthread thread_;
};

}  // namespace nines::agent
