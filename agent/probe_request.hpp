#pragma once

// What the parameters and headers of a /probe request mean, by the rules of blackbox_exporter's handler
// (https://github.com/prometheus/blackbox_exporter, prober/handler.go, 0.29). Pure.

#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "config/config.hpp"

namespace nines::agent {

// Seconds that a probe may take: those that Prometheus gives the scrape (`header`, X-Prometheus-Scrape-Timeout-Seconds;
// 120 at most, and when it is empty or 0) less 0.5, so that the answer comes in time; or the module's own, when that is
// shorter or nothing would be left. 0 when there is neither.
Expected<double> probe_timeout(std::string_view header, Micros module_timeout);

// The target, decoded once more where its scheme or host came percent-encoded twice: "host%3A80" and
// "http%3A%2F%2Fhost%2Fpath". What is encoded in the path of another stays.
std::string decoded_target(std::string_view target);

// The module with the name that `hostname` asks for: the Host header of http, which must not have another already; the
// server name of the others' TLS, unless one is set. The module itself when `hostname` is empty.
Expected<std::shared_ptr<const config::Module>> with_hostname(std::shared_ptr<const config::Module> module,
                                                              const std::string& hostname);

}  // namespace nines::agent
