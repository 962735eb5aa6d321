#pragma once

// Whether an answer is what its module wants, as blackbox_exporter judges.

#include "base/outcome.hpp"
#include "config/config.hpp"
#include "probes/http/exchange.hpp"

namespace nines::probes {

struct Verdict {
  Outcome outcome;
  bool by_regex = false;  // failed because of a regular expression on headers or body
};

// `answer.outcome` is ok. Judged in this order: status, headers, body, version, TLS; the first fault is told.
Verdict judge(const HttpExchange& answer, const config::HttpModule& module);

}  // namespace nines::probes
