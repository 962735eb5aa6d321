#pragma once

// Whether an answer is what its module wants, as blackbox_exporter judges.

#include "base/outcome.hpp"
#include "config/modules.hpp"
#include "probes/http/exchange.hpp"
#include "probes/probe_log.hpp"

namespace nines::probes {

struct Verdict {
  Outcome outcome;
  bool by_regex = false;  // failed because of a regular expression on headers or body
};

// `answer.outcome` is ok. Judged in this order: status, headers, body; the first fault is told, to `log` too.
Verdict judge_answer(const HttpExchange& answer, const config::HttpModule& module, ProbeLog* log);
// What is left: version, then TLS.
Verdict judge_connection(const HttpExchange& answer, const config::HttpModule& module, ProbeLog* log);

// Of an answer whose headers came but not all of its body: whether blackbox_exporter counts that as failed by a regular
// expression. It does when a header rule fails, and when there are rules on the body it could not read.
bool failed_by_regex(const HttpExchange& answer, const config::HttpModule& module);

// Why an answer is not as its module wants: "GET URL from ADDRESS: WHAT".
Outcome answer_fault(const HttpExchange& answer, const config::HttpModule& module, Reason reason,
                     const std::string& what);

}  // namespace nines::probes
