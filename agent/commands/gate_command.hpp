#pragma once

// `nines gate`: options in, exit code out, one function for each of its commands.

#include <functional>
#include <string>
#include <vector>

#include "agent/exit_code.hpp"
#include "agent/gate/request.hpp"
#include "reports/gate.hpp"
#include "sla/gate/trial.hpp"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
}

namespace nines::agent {

// 0 pass and warning (`strict`: 1), 1 roll back, 3 inconclusive and whatever else is no verdict.
Exit gate_exit(const std::string& verdict, bool strict);

struct GateCompareOptions {
  std::string config;  // empty: each check is a service of its own
  std::string baseline;
  std::string current;
  sla::gate::Rules rules;
  bool strict = false;
  reports::GateFormat format = reports::GateFormat::text;
  std::string output;  // empty: stdout
};
Exit gate_compare_command(const GateCompareOptions& options);

// `baseline` and `verify`: by a running agent, or by this process over a store.
struct GateOptions {
  std::string config;
  std::string agent;     // its URL; empty: this process
  std::string data_dir;  // empty: the configuration's
  GateRequest request;
  bool strict = false;
  reports::GateFormat format = reports::GateFormat::text;
  std::string output;  // empty: stdout
};
Exit gate_command(const GateOptions& options);

struct GateStatusOptions {
  std::string config;
  std::string agent;
  std::string data_dir;
  std::string name;  // an id or a deployment; empty: the last gates
  reports::GateFormat format = reports::GateFormat::text;
};
Exit gate_status_command(const GateStatusOptions& options);

// What was typed; lives as long as the parser.
struct GateArguments {
  GateCompareOptions compare;
  GateOptions baseline;
  GateOptions verify;
  GateStatusOptions status;
};
// Adds `gate` and its commands; the one that is typed ends up in `chosen`.
void add_gate(CLI::App& app, GateArguments& arguments, std::function<Exit()>& chosen);

}  // namespace nines::agent
