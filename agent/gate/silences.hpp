#pragma once

// The silences of a gate: from its baseline to the end of its verification. All of it blocks: any thread but a loop's.

#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/time.hpp"
#include "config/config.hpp"

namespace nines::agent {

struct OpenSilence {
  std::string alertmanager;  // its URL as configured
  std::string id;
  std::string service;
  std::string author;
  Time ends{};  // as it was opened, or extended
  bool operator==(const OpenSilence&) const = default;
};

// One silence for each service at each Alertmanager. What could not be opened is told in `trouble`. A call that is
// going on is not cut by a stop, here and below: a silence whose id nobody has cannot be closed.
std::vector<OpenSilence> open_silences(const config::Config& config, std::span<const std::string> services,
                                       const Period& period, const std::string& author, const std::string& comment,
                                       std::vector<std::string>& trouble, const std::stop_token& stop = {});

// Has them last until then at least, and opens those again that were over by themselves or are lost; one that somebody
// expired stays so. Returns how many it changed; `silences` are what they are now.
int extend_silences(const config::Config& config, std::vector<OpenSilence>& silences, const Period& period,
                    const std::string& comment, std::vector<std::string>& trouble);

void close_silences(const config::Config& config, std::span<const OpenSilence> silences,
                    std::vector<std::string>& trouble);

}  // namespace nines::agent
