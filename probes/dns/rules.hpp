#pragma once

// Whether an answer is one that the module wants. Pure; any thread.

#include <string>
#include <string_view>

#include "base/outcome.hpp"
#include "config/modules.hpp"
#include "probes/dns/message.hpp"

namespace nines::probes {

// As blackbox_exporter judges (prober/dns.go, 0.28): the response code first, then each section's rules, whose names do
// not always say what they do: `fail_if_all_match_regexp` fails when some record does not match some pattern.
// `subject` begins the sentence: "example.com. A of 192.0.2.1:53".
Outcome judge_answer(const DnsMessage& answer, const config::DnsModule& module, std::string_view subject);

}  // namespace nines::probes
