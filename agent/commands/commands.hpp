#pragma once

// One function per command: options in, exit code out. Results go to stdout, everything else to stderr.

#include <optional>
#include <string>
#include <vector>

#include "agent/exit_code.hpp"
#include "base/log.hpp"

namespace nines::agent {

struct AgentOptions {
  std::string config;
  int threads = 1;
  log::Level log_level = log::Level::info;
  log::Format log_format = log::Format::json;
};
// Runs until SIGTERM or SIGINT.
Exit agent_command(const AgentOptions& options);

enum class CheckFormat { text, json, junit };
struct CheckOptions {
  std::string config;              // used unless every name is a URL
  std::vector<std::string> names;  // checks and journeys, or URLs; empty: all of the configuration
  CheckFormat format = CheckFormat::text;
};
Exit check_command(const CheckOptions& options);

struct ValidateOptions {
  std::string config;
  std::string modules;  // one of blackbox_exporter's files, alone; empty: the configuration
};
Exit validate_command(const ValidateOptions& options);

struct ConvertOptions {
  std::string modules;  // blackbox_exporter's file, a Postman collection, a HAR file or a Hurl file
  std::string scrape;   // Prometheus's, with the first of them; empty: none
  std::string output;   // empty: stdout
};
// What is not carried over is told on stderr and is no failure.
Exit convert_command(const ConvertOptions& options);

enum class ReportFormat { json, markdown };
struct ReportOptions {
  std::string config;
  std::string month, quarter, year, last, from, to, as_of;  // as typed; empty: not given
  ReportFormat format = ReportFormat::markdown;
  std::string output;                  // empty: stdout
  std::vector<std::string> data_dirs;  // empty: the configuration's
  bool exit_zero = false;
};
Exit report_command(const ReportOptions& options);

enum class IncidentFormat { text, markdown, json };
struct IncidentOptions {
  std::string config;
  std::string id;            // show
  std::string last = "30d";  // list, as typed
  IncidentFormat format = IncidentFormat::text;
  std::vector<std::string> data_dirs;  // empty: the configuration's
};
Exit incident_list_command(const IncidentOptions& options);
Exit incident_show_command(const IncidentOptions& options);

struct TransferOptions {
  std::string config;
  std::string data_dir;  // empty: the configuration's
  std::string file;      // import: "-" is standard input; export: empty is standard output
  std::string from, to;  // export
};
Exit import_command(const TransferOptions& options);
Exit export_command(const TransferOptions& options);

}  // namespace nines::agent
