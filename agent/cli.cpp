#include "agent/cli.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "agent/commands/commands.hpp"
#include "agent/commands/common.hpp"
#include "agent/commands/gate_command.hpp"
#include "base/text.hpp"
#include "base/version.hpp"

namespace nines::agent {
namespace {

using Command = std::function<Exit()>;

constexpr const char* kFooter =
    "Exit codes: 0 passed; 1 what was measured failed; 2 usage or configuration is wrong;\n"
    "3 inconclusive, not enough data; 4 the program itself could not work.";

void add_config(CLI::App& command, std::string& config) {
  command.add_option("-c,--config", config, "the configuration file")->capture_default_str()->type_name("FILE");
}

// An option whose value is one of a few words.
template <class T>
CLI::Option* add_choice(CLI::App& command, const std::string& flag, T& chosen,
                        std::vector<std::pair<std::string, T>> choices, const std::string& help) {
  const auto take = [flag, &chosen, choices = std::move(choices), help](const std::string& text) {
    const auto found = std::ranges::find(choices, text, &std::pair<std::string, T>::first);
    if (found == choices.end()) {
      throw CLI::ValidationError(flag, fmt::format("\"{}\" is not one of them: expected {}", text, help));
    }
    chosen = found->second;
  };
  return command.add_option_function<std::string>(flag, take, help)->type_name("WORD");
}

// CLI11 says only that a command is missing.
Expected<void> check_command_name(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return {};
  const std::string_view word = argv[1];
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  if (std::ranges::find(names, word) != names.end()) return {};
  const std::vector<std::string_view> known(names.begin(), names.end());
  const std::string near = nearest(word, known);
  const std::string meant =
      near.empty() ? fmt::format("expected {}", fmt::join(names, ", ")) : fmt::format("did you mean \"{}\"?", near);
  return fail(fmt::format("there is no command \"{}\": {}", word, meant));
}

// The options of a command live as long as the parser; what was typed ends up in `chosen`.
void add_agent(CLI::App& app, AgentOptions& options, Command& chosen) {
  CLI::App* command = app.add_subcommand("agent", "run the agent in the foreground until SIGTERM");
  add_config(*command, options.config);
  command->add_option("--threads", options.threads, "probe threads")
      ->check(CLI::Range(1, 64))
      ->capture_default_str()
      ->type_name("N");
  add_choice<log::Level>(*command, "--log-level", options.log_level,
                         {{"debug", log::Level::debug},
                          {"info", log::Level::info},
                          {"warning", log::Level::warning},
                          {"error", log::Level::error},
                          {"critical", log::Level::critical}},
                         "debug, info, warning, error or critical (default info)");
  add_choice<log::Format>(*command, "--log-format", options.log_format,
                          {{"json", log::Format::json}, {"text", log::Format::text}}, "json or text (default json)");
  command->callback([&] { chosen = [&options] { return agent_command(options); }; });
}

void add_check(CLI::App& app, CheckOptions& options, Command& chosen) {
  CLI::App* command = app.add_subcommand(
      "check", "run checks and journeys once, now; or probe a URL with no file at all. Stores nothing");
  add_config(*command, options.config);
  command->add_option("names", options.names, "checks or journeys (default: all), or URLs such as https://example.com/")
      ->type_name("NAME|URL");
  add_choice<CheckFormat>(*command, "--format", options.format,
                          {{"text", CheckFormat::text}, {"json", CheckFormat::json}, {"junit", CheckFormat::junit}},
                          "text, json or junit (default text)");
  command->add_flag("-v,--verbose", options.verbose,
                    "show each HTTP request and answer, of journeys' steps too: head and body, without secrets");
  command->callback([&] { chosen = [&options] { return check_command(options); }; });
}

void add_validate(CLI::App& app, ValidateOptions& options, Command& chosen) {
  CLI::App* command = app.add_subcommand("validate", "read the whole configuration and print every fault");
  add_config(*command, options.config);
  command->add_option("--modules", options.modules, "one of blackbox_exporter's files instead")->type_name("FILE");
  command->callback([&] { chosen = [&options] { return validate_command(options); }; });
}

void add_convert(CLI::App& app, ConvertOptions& options, Command& chosen) {
  CLI::App* command = app.add_subcommand(
      "convert",
      "write a nines.yml from blackbox_exporter's file and the Prometheus configuration that uses it, or from a "
      "Postman collection, a browser's recording (HAR) or a Hurl file");
  command->add_option("file", options.modules, "what to convert; told apart by what is in it")
      ->required()
      ->type_name("FILE");
  command->add_option("--scrape", options.scrape, "Prometheus's file: a check for each of its static targets")
      ->type_name("FILE");
  command->add_option("-o,--output", options.output, "write to a file instead of standard output")->type_name("FILE");
  command->callback([&] { chosen = [&options] { return convert_command(options); }; });
}

void add_report(CLI::App& app, ReportOptions& options, Command& chosen) {
  CLI::App* command =
      app.add_subcommand("report", "the SLA report of a period (default: the current period of each objective)");
  add_config(*command, options.config);
  command->add_option("--month", options.period.month, "a calendar month, such as 2026-10")->type_name("YYYY-MM");
  command->add_option("--quarter", options.period.quarter, "a calendar quarter, such as 2026-Q4")->type_name("YYYY-Qn");
  command->add_option("--year", options.period.year, "a calendar year")->type_name("YYYY");
  command->add_option("--last", options.period.last, "the span that ends now, such as 30d")->type_name("SPAN");
  command->add_option("--from", options.period.from, "start, in the objective's time zone unless it has an offset")
      ->type_name("TIME");
  command->add_option("--to", options.period.to, "end, not included")->type_name("TIME");
  command->add_option("--as-of", options.as_of, "look at a running period as of then (default: now)")
      ->type_name("TIME");
  add_choice<ReportFormat>(*command, "--format", options.format,
                           {{"html", ReportFormat::html},
                            {"md", ReportFormat::markdown},
                            {"json", ReportFormat::json},
                            {"csv", ReportFormat::csv},
                            {"pdf", ReportFormat::pdf}},
                           "html, md, json, csv or pdf (default md)");
  command->add_option("-o,--output", options.output, "write to a file instead of standard output")->type_name("FILE");
  command
      ->add_option("--contract", options.contract,
                   "the report of one contract, or `all` for one file of each in the directory that -o names")
      ->type_name("NAME");
  command->add_option("--data-dir", options.data_dirs, "a store to read, one per region (default: the configuration's)")
      ->type_name("DIR");
  command
      ->add_option("--agent", options.agents,
                   "a running agent to ask, one per region, beside --data-dir or instead of it")
      ->type_name("URL");
  auto* freeze = command->add_flag("--freeze", options.freeze,
                                   "write the closed month into the store, once; a later difference is a revision");
  command->add_option("--reason", options.reason, "why a frozen month is revised")->type_name("TEXT")->needs(freeze);
  command
      ->add_option("--verify", options.verify, "hold a JSON report against the store: exit 0 where every figure stands")
      ->type_name("FILE")
      ->excludes(freeze);
  command->add_flag("--exit-zero", options.exit_zero, "exit 0 whatever the verdicts, for cron");
  command->callback([&] { chosen = [&options] { return report_command(options); }; });
}

void add_import(CLI::App& app, TransferOptions& options, Command& chosen) {
  CLI::App* command = app.add_subcommand("import", "take in results as JSON Lines; all of a file or nothing");
  add_config(*command, options.config);
  command->add_option("file", options.file, "the file; - is standard input")->required()->type_name("FILE");
  command->add_option("--data-dir", options.data_dir, "the store (default: the configuration's)")->type_name("DIR");
  command->callback([&] { chosen = [&options] { return import_command(options); }; });
}

void add_export(CLI::App& app, TransferOptions& options, Command& chosen) {
  CLI::App* command = app.add_subcommand("export", "write results as JSON Lines, by check, region and time");
  add_config(*command, options.config);
  command->add_option("--data-dir", options.data_dir, "the store (default: the configuration's)")->type_name("DIR");
  command->add_option("--from", options.from, "start, UTC unless it has an offset")->type_name("TIME");
  command->add_option("--to", options.to, "end, not included")->type_name("TIME");
  command->add_option("-o,--output", options.file, "write to a file instead of standard output")->type_name("FILE");
  command->callback([&] { chosen = [&options] { return export_command(options); }; });
}

void add_generate(CLI::App& app, GenerateOptions& options, Command& chosen) {
  CLI::App* command = app.add_subcommand(
      "generate", "write the configuration of the programs beside an agent, and of its deployment, from its own");
  add_config(*command, options.config);
  add_choice<Neighbour>(*command, "neighbour", options.neighbour,
                        {{"prometheus-rules", Neighbour::prometheus_rules},
                         {"alertmanager", Neighbour::alertmanager},
                         {"grafana", Neighbour::grafana},
                         {"kubernetes", Neighbour::kubernetes},
                         {"systemd", Neighbour::systemd},
                         {"compose", Neighbour::compose}},
                        "prometheus-rules, alertmanager, grafana, kubernetes, systemd or compose")
      ->required();
  command
      ->add_option("-o,--output", options.output,
                   "a folder to write the files into, or where it is one file its name; default: standard output")
      ->type_name("DIR|FILE");
  command
      ->add_option("--webhook", options.webhook,
                   "of alertmanager: where every receiver posts, instead of PagerDuty, Slack, e-mail and tickets")
      ->type_name("URL");
  command->callback([&] { chosen = [&options] { return generate_command(options); }; });
}

void add_backup(CLI::App& app, StoreCommandOptions& options, Command& chosen) {
  CLI::App* command = app.add_subcommand("backup", "copy the store into a new file, also while the agent runs");
  add_config(*command, options.config);
  command->add_option("file", options.file, "the copy; must not be there yet")->required()->type_name("FILE");
  command->add_option("--data-dir", options.data_dir, "the store (default: the configuration's)")->type_name("DIR");
  command->callback([&] { chosen = [&options] { return backup_command(options); }; });
}

void add_store(CLI::App& app, StoreCommandOptions& options, Command& chosen) {
  CLI::App* store = app.add_subcommand("store", "look after the store");
  store->require_subcommand(1);
  CLI::App* command = store->add_subcommand("check", "read all of the store and tell what is damaged");
  add_config(*command, options.config);
  command->add_option("file", options.file, "a store's file, such as a backup (default: the one in the data_dir)")
      ->type_name("FILE");
  command->add_option("--data-dir", options.data_dir, "the store (default: the configuration's)")->type_name("DIR");
  command->callback([&] { chosen = [&options] { return store_check_command(options); }; });
}

void add_maintenance(CLI::App& app, MaintenanceOptions& options, Command& chosen) {
  CLI::App* group =
      app.add_subcommand("maintenance", "enter, list and remove maintenance windows, also while an agent runs");
  group->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, Exit (*run)(const MaintenanceOptions&)) {
    CLI::App* command = group->add_subcommand(name, help);
    add_config(*command, options.config);
    command->add_option("--data-dir", options.data_dir, "the store (default: the configuration's)")->type_name("DIR");
    command->add_option("--agent", options.agent, "a running agent instead of a store: http://HOST:PORT")
        ->type_name("URL");
    command->callback([&options, &chosen, run] { chosen = [&options, run] { return run(options); }; });
    return command;
  };
  CLI::App* entered =
      add("add", "enter a window; one in the past is marked as entered after the fact", maintenance_add_command);
  entered->add_option("--service", options.window.service, "whose checks (default: all)")->type_name("NAME");
  entered->add_option("--from", options.window.from, "start, UTC unless it has an offset (default: now)")
      ->type_name("TIME");
  auto* to = entered->add_option("--to", options.window.to, "end, not included")->type_name("TIME");
  entered->add_option("--for", options.window.length, "length instead of --to, such as 2h")
      ->type_name("SPAN")
      ->excludes(to);
  entered->add_option("--reason", options.window.reason, "why, as reports show it")->required()->type_name("TEXT");
  entered->add_option("--author", options.window.author, "who enters it")->required()->type_name("WHO");
  entered->add_flag("--excluded,!--not-excluded", options.window.excluded,
                    "left out of the figures (default), or only without alerts");
  CLI::App* listed = add("list", "every window there is or was", maintenance_list_command);
  add_choice<bool>(*listed, "--format", options.json, {{"text", false}, {"json", true}}, "text or json (default text)");
  CLI::App* removed =
      add("remove", "end a window now; it stays in the store with when, who and why", maintenance_remove_command);
  removed->add_option("id", options.removal.id, "its number in the list")->required()->type_name("ID");
  removed->add_option("--reason", options.removal.reason, "why")->required()->type_name("TEXT");
  removed->add_option("--author", options.removal.author, "who removes it")->required()->type_name("WHO");
  removed->add_flag("--entirely", options.removal.entirely, "for the past too: figures of it change");
}

void add_incident(CLI::App& app, IncidentOptions& options, Command& chosen) {
  CLI::App* command = app.add_subcommand("incident", "outages with their timeline, evidence, notes and cause");
  command->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, const char* stores) {
    CLI::App* one = command->add_subcommand(name, help);
    add_config(*one, options.config);
    one->add_option("--data-dir", options.data_dirs, stores)->type_name("DIR");
    return one;
  };
  const auto add_shown = [&](const char* name, const char* help) {
    CLI::App* one = add(name, help, "a store to read, one per region (default: the configuration's)");
    add_choice<IncidentFormat>(
        *one, "--format", options.format,
        {{"text", IncidentFormat::text}, {"md", IncidentFormat::markdown}, {"json", IncidentFormat::json}},
        "text, md or json (default text)");
    return one;
  };
  CLI::App* list = add_shown("list", "the outages of services and journeys, oldest first");
  list->add_option("--last", options.last, "the span that ends now")->capture_default_str()->type_name("SPAN");
  list->add_option("--service", options.service, "only its own and its journeys' (default: all)")->type_name("NAME");
  list->callback([&] { chosen = [&options] { return incident_list_command(options); }; });
  CLI::App* show = add_shown("show", "one of them whole: timeline, deployments, objectives, evidence, notes");
  show->add_option("id", options.id, "as `list` prints it")->required()->type_name("ID");
  show->callback([&] { chosen = [&options] { return incident_show_command(options); }; });
  const auto add_written = [&](const char* name, const char* help, bool cause) {
    CLI::App* one =
        add(name, help, "a store to read, one per region; the first is written to (default: the configuration's)");
    one->add_option("id", options.note.incident, "as `list` prints it")->required()->type_name("ID");
    one->add_option("--text", options.note.text, "one line")->required()->type_name("TEXT");
    one->add_option("--author", options.note.author, "who writes it")->required()->type_name("WHO");
    one->add_option("--agent", options.agent, "a running agent instead of a store: http://HOST:PORT")->type_name("URL");
    one->callback([&options, &chosen, cause] {
      options.note.cause = cause;
      chosen = [&options] { return incident_note_command(options); };
    });
  };
  add_written("note", "add a note to one; it stays in the store with when and who", false);
  add_written("cause", "say what caused one; of several the last one holds, all stay in the store", true);
}

Exit print_version() {
  fmt::print("nines {}\n", kVersion);
  return Exit::passed;
}

}  // namespace

int run_cli(int argc, char** argv) {
  CLI::App app{"Nines: synthetic monitoring and SLA compliance, one agent per region."};
  app.name("nines");
  app.footer(kFooter);
  app.require_subcommand(1);
  app.set_version_flag("--version", fmt::format("nines {}", kVersion));

  Command chosen;
  AgentOptions agent{.config = "nines.yml"};
  CheckOptions check{.config = "nines.yml", .names = {}};
  ValidateOptions validate{.config = "nines.yml", .modules = {}};
  ConvertOptions convert;
  ReportOptions report;
  report.config = "nines.yml";
  TransferOptions import;
  import.config = "nines.yml";
  TransferOptions exported;
  exported.config = "nines.yml";
  GenerateOptions generate;
  generate.config = "nines.yml";
  MaintenanceOptions maintenance;
  maintenance.config = "nines.yml";
  add_agent(app, agent, chosen);
  add_check(app, check, chosen);
  add_validate(app, validate, chosen);
  add_convert(app, convert, chosen);
  add_report(app, report, chosen);
  IncidentOptions incident;
  incident.config = "nines.yml";
  add_incident(app, incident, chosen);
  add_import(app, import, chosen);
  add_export(app, exported, chosen);
  add_generate(app, generate, chosen);
  StoreCommandOptions backup;
  backup.config = "nines.yml";
  StoreCommandOptions store;
  store.config = "nines.yml";
  add_backup(app, backup, chosen);
  add_store(app, store, chosen);
  add_maintenance(app, maintenance, chosen);
  GateArguments gate;
  add_gate(app, gate, chosen);
  app.add_subcommand("version", "print the version")->callback([&] { chosen = print_version; });

  if (auto named = check_command_name(app, argc, argv); !named) {
    return static_cast<int>(tell(named.error(), Exit::usage));
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Help and the version are no errors; everything else is usage.
    return app.exit(error) == 0 ? 0 : static_cast<int>(Exit::usage);
  }
  return static_cast<int>(chosen());
}

}  // namespace nines::agent
