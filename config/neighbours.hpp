#pragma once

// The programs an agent talks to beside its targets: mail server, Prometheus, Alertmanagers, Grafana, and what is asked
// of them. Part of the immutable Config (config/config.hpp).

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "config/modules.hpp"

namespace nines::config {

// An HTTP service: its base URL without a final slash, and how to speak with it.
struct Remote {
  std::string url;  // "http://127.0.0.1:9093"; empty: there is none
  HttpClient client;
  Micros timeout{std::chrono::seconds(10)};

  bool given() const { return !url.empty(); }
};

// Where mail is handed in. smtps:// speaks TLS from the start, smtp:// takes STARTTLS when it is offered.
struct Smtp {
  std::string url;  // "smtps://mail.example:465"; empty: there is none
  std::string from;
  std::string username;
  Secret password;
  TlsConfig tls;

  bool given() const { return !url.empty(); }
};

struct Alerting {
  std::string external_url;  // where people reach the agent's pages, without a final slash; empty: from `listen`
  std::vector<Remote> alertmanagers;
  // For those without an Alertmanager.
  std::vector<Remote> webhooks;
  std::vector<Remote> slack;       // incoming webhooks
  std::vector<std::string> email;  // addresses; need `smtp`
  // What those are told of a service in one message: all that begins within `group_wait` of the first, then one message
  // in `group_interval` at most.
  Micros group_wait{std::chrono::seconds(10)};
  Micros group_interval{std::chrono::minutes(1)};
  // How long before its expiry a certificate is a warning, and critical.
  Micros certificate_warning{std::chrono::days(14)};
  Micros certificate_critical{std::chrono::days(3)};

  bool given() const { return !(alertmanagers.empty() && webhooks.empty() && slack.empty() && email.empty()); }
};

// Where traces go (OTLP over HTTP), and of how many runs: ratios from 0 to 1.
struct Tracing {
  Remote otlp;           // `otlp_endpoint`; none: no trace is kept
  double runs = 1;       // of all runs in this `environment` …
  double health = 0.01;  // … but of checks whose path begins with /health
  double errors = 1;     // besides, of runs that failed
  double slow = 1;       // and of those slower than a latency objective wants
};

// PromQL, in percent; empty: not judged.
struct Gate {
  std::string cpu;
  std::string memory;
};

// How long what was measured is kept.
struct Retention {
  Micros results{std::chrono::days(400)};
  Micros evidence{std::chrono::days(90)};
  std::int64_t max_bytes = 10'000'000'000;  // of the store's file; the oldest results go first
};

}  // namespace nines::config
