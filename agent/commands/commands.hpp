#pragma once

// One function per command: options in, exit code out. Results go to stdout, everything else to stderr.

#include <optional>
#include <string>
#include <vector>

#include "agent/exit_code.hpp"
#include "agent/incidents/notes.hpp"
#include "agent/maintenance.hpp"
#include "agent/report_builder.hpp"
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
  bool verbose = false;  // each HTTP exchange too
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

enum class ReportFormat { json, markdown, html, csv, pdf };
struct ReportOptions {
  std::string config;
  PeriodOptions period;
  std::string as_of;  // as typed; empty: now
  ReportFormat format = ReportFormat::markdown;
  std::string output;                  // empty: stdout; with every contract: a directory
  std::string contract;                // whose report; empty: everything; "all": one of each
  std::vector<std::string> data_dirs;  // empty, and no agents: the configuration's
  std::vector<std::string> agents;     // URLs of running ones, beside the stores
  bool freeze = false;                 // write the month down in the first of them
  std::string reason;                  // of a revision
  std::string verify;                  // a report to hold against the stores instead; empty: none
  bool exit_zero = false;
};
Exit report_command(const ReportOptions& options);

enum class Neighbour { prometheus_rules, alertmanager, grafana, kubernetes, systemd, compose };
struct GenerateOptions {
  std::string config;
  Neighbour neighbour = Neighbour::prometheus_rules;
  std::string output;   // a folder, or a file where there is one file; empty: stdout
  std::string webhook;  // of Alertmanager's receivers; empty: theirs are PagerDuty, Slack, e-mail and tickets
};
Exit generate_command(const GenerateOptions& options);

struct MaintenanceOptions {
  std::string config;
  std::string data_dir;  // empty: the configuration's
  std::string agent;     // a running agent's URL instead of a store; empty: none
  bool json = false;     // list
  WindowRequest window;
  RemovalRequest removal;
};
// Beside a running agent too, which goes by it within a second.
Exit maintenance_add_command(const MaintenanceOptions& options);
Exit maintenance_list_command(const MaintenanceOptions& options);
Exit maintenance_remove_command(const MaintenanceOptions& options);

enum class IncidentFormat { text, markdown, json };
struct IncidentOptions {
  std::string config;
  std::string id;            // show
  std::string last = "30d";  // list, as typed
  std::string service;       // list: only its own; empty: all
  IncidentFormat format = IncidentFormat::text;
  std::vector<std::string> data_dirs;  // empty: the configuration's
  std::string agent;                   // note, cause: a running agent's URL instead of stores; empty: none
  NoteRequest note;
};
Exit incident_list_command(const IncidentOptions& options);
Exit incident_show_command(const IncidentOptions& options);
// Beside a running agent too: into the first of the stores.
Exit incident_note_command(const IncidentOptions& options);

struct TransferOptions {
  std::string config;
  std::string data_dir;  // empty: the configuration's
  std::string file;      // import: "-" is standard input; export: empty is standard output
  std::string from, to;  // export
};
Exit import_command(const TransferOptions& options);
Exit export_command(const TransferOptions& options);

struct StoreCommandOptions {
  std::string config;
  std::string data_dir;  // empty: the configuration's
  std::string file;      // backup: the new file; check: the file to look at, empty: the store's
};
Exit backup_command(const StoreCommandOptions& options);
Exit store_check_command(const StoreCommandOptions& options);

}  // namespace nines::agent
