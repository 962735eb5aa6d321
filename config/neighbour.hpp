#pragma once

// Reads what config/neighbours.hpp and the contracts hold.

#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "config/reader.hpp"

namespace nines::config {

// smtp, prometheus, grafana, alerting, gate, retention, tracing.
void read_neighbours(Context& context, Mapping& root, Config& config);
// `tracing`; the share of all runs is that of the `environment`.
void read_tracing(Context& context, const Node& node, const std::string& environment, Tracing& tracing);
// The list `contracts`, over the objectives and the mail server that `config` already holds.
std::vector<Contract> read_contracts(Context& context, Mapping& root, const Config& config);

// "http://127.0.0.1:9093/prefix", without a final slash.
Expected<std::string> parse_base_url(std::string_view text);
// A URL alone, or a mapping of `url` and what Prometheus calls its HTTP client's configuration.
Remote read_remote(Context& context, const Node& node, std::string_view what);
// The same of a webhook, whose URL is a secret.
Remote read_hook(Context& context, const Node& node, std::string_view what);
// Mail addresses of the list under `key`.
std::vector<std::string> read_addresses(Context& context, Mapping& map, std::string_view key);
bool is_mail_address(std::string_view text);

}  // namespace nines::config
