#pragma once

// What a gate found, as the JSON that is printed, stored and answered over HTTP (docs/gate.md has every member), and as
// text, Markdown and JUnit made of that JSON, wherever it comes from.

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "sla/gate/trial.hpp"

namespace nines::reports {

struct GateMinute {
  Time at{};
  sla::gate::Verdict verdict = sla::gate::Verdict::inconclusive;
};

struct GateReport {
  std::string id;  // empty: a comparison of two files
  std::string deployment;
  std::string phase;     // "baseline", "verify"; empty: a comparison
  std::string baseline;  // the id of the one compared with; empty: none
  Time began{};
  Time ended{};                     // epoch: it is running
  std::vector<std::string> notes;   // what was wrong already, what could not be done
  std::vector<GateMinute> minutes;  // judged so far
  sla::gate::Decision decision;     // the last; of a baseline only its verdict and reasons
  bool running = false;
};

Json gate_json(const GateReport& report);
// Indented, with the shortest numbers.
std::string gate_json_text(const Json& document);

// Of a document that may come from elsewhere: an Error when a member is of another type than gate_json() gives it.
enum class GateFormat { text, json, junit, markdown };
Expected<std::string> gate_text(const Json& document, GateFormat format);

// "minute 3: pass, 180 results of api, p95 of web 81.2 ms (+1 %)": one line for those who watch without a terminal.
std::string gate_line(const GateReport& report);

}  // namespace nines::reports
