#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "agent/commands/gate_command.hpp"

namespace nines::agent {
namespace {

void add_format(CLI::App& command, reports::GateFormat& format) {
  const auto take = [&format](const std::string& text) {
    static const std::vector<std::pair<std::string, reports::GateFormat>> kFormats = {
        {"text", reports::GateFormat::text},
        {"json", reports::GateFormat::json},
        {"junit", reports::GateFormat::junit},
        {"md", reports::GateFormat::markdown}};
    const auto found = std::ranges::find(kFormats, text, &std::pair<std::string, reports::GateFormat>::first);
    if (found == kFormats.end()) {
      throw CLI::ValidationError("--format",
                                 fmt::format("\"{}\" is not one of them: expected text, json, junit or md", text));
    }
    format = found->second;
  };
  command.add_option_function<std::string>("--format", take, "text, json, junit or md (default text)")
      ->type_name("WORD");
}

void add_rules(CLI::App& command, sla::gate::Rules& rules) {
  const auto take = [&rules](const int& least) {
    rules.min_samples = least;
    rules.min_journey_samples = std::min(rules.min_journey_samples, least);
  };
  command
      .add_option_function<int>("--min-samples", take,
                                "results that a check needs on either side (default 20; a journey 5, or N if less)")
      ->check(CLI::Range(1, 1'000'000))
      ->type_name("N");
  command.add_flag("--accept-bad-baseline", rules.accept_bad_baseline,
                   "compare also with a baseline that was bad itself (5xx over 1 %, health under 90 %)");
}

void add_compare(CLI::App& gate, GateCompareOptions& options, std::function<Exit()>& chosen) {
  CLI::App* command = gate.add_subcommand("compare", "the gate's arithmetic on two files of results (JSON Lines)");
  command->add_option("baseline", options.baseline, "results before")->required()->type_name("A.jsonl");
  command->add_option("current", options.current, "results after")->required()->type_name("B.jsonl");
  command
      ->add_option("-c,--config", options.config,
                   "says which service a check belongs to (default: each check is its own service)")
      ->type_name("FILE");
  add_rules(*command, options.rules);
  command->add_flag("--strict", options.strict, "a warning is exit 1");
  add_format(*command, options.format);
  command->add_option("-o,--output", options.output, "write to a file instead of standard output")->type_name("FILE");
  command->callback([&] { chosen = [&options] { return gate_compare_command(options); }; });
}

void add_duration(CLI::App& command, const std::string& flag, Micros& into, const std::string& help,
                  Micros least = Micros(0)) {
  const auto take = [flag, &into, least](const std::string& text) {
    const auto parsed = parse_duration(text);
    if (!parsed || *parsed < least) {
      throw CLI::ValidationError(flag, fmt::format("\"{}\" is not one: expected a duration such as 6m{}", text,
                                                   least > Micros(0) ? " of at least " + format_duration(least) : ""));
    }
    into = *parsed;
  };
  command.add_option_function<std::string>(flag, take, fmt::format("{} (default {})", help, format_duration(into)))
      ->type_name("SPAN");
}

// What `baseline` and `verify` have in common.
void add_common(CLI::App& command, GateOptions& options) {
  options.config = "nines.yml";
  command.add_option("-c,--config", options.config, "the configuration file")->capture_default_str()->type_name("FILE");
  CLI::Option* agent =
      command.add_option("--agent", options.agent, "ask this running agent, whose configuration and store count")
          ->type_name("URL");
  command.add_option("--data-dir", options.data_dir, "the store (default: the configuration's)")
      ->excludes(agent)
      ->type_name("DIR");
  command.add_option("--deployment", options.request.deployment, "its name, such as v1.4.2")
      ->required()
      ->type_name("NAME");
  add_format(command, options.format);
  command.add_option("-o,--output", options.output, "write to a file instead of standard output")->type_name("FILE");
}

constexpr Micros kShortestTurn = std::chrono::milliseconds(10);

void add_probing(CLI::App& command, GateRequest& request, const std::string& when) {
  add_duration(command, "--for", request.length, "how long to probe" + when, kShortestTurn);
  add_duration(command, "--every", request.every, "between two runs of a check", kShortestTurn);
  add_duration(command, "--journeys-every", request.journeys_every, "between two runs of a journey", kShortestTurn);
}

void add_baseline(CLI::App& gate, GateOptions& options, std::function<Exit()>& chosen) {
  CLI::App* command = gate.add_subcommand(
      "baseline", "before a deployment: runs the checks once, records how they have been, silences alerts");
  GateRequest& request = options.request;
  request.phase = GatePhase::baseline;
  add_common(*command, options);
  command->add_option("--service", request.services, "only of these services (default: all)")->type_name("NAME");
  add_duration(*command, "--lookback", request.lookback, "the time before that counts");
  command
      ->add_option_function<std::string>(
          "--same-hour",
          [&request](const std::string& text) {
            const auto span = parse_duration(text);
            if (!span || *span < std::chrono::days(1)) {
              throw CLI::ValidationError("--same-hour",
                                         fmt::format("\"{}\" is not one: expected days, such as 7d", text));
            }
            request.same_hour = *span;
          },
          "instead: the coming hour of the day, on each day of this span")
      ->type_name("SPAN");
  add_duration(*command, "--silence", request.silence, "how long Alertmanager is silenced, 0 for not at all");
  add_duration(*command, "--buffer", request.buffer, "and for how long beyond");
  command->add_option("--author", request.author, "of the silence")->capture_default_str()->type_name("WHO");
  // An own measurement is a minute long: a minute of one probe a second is what a verification compares well with.
  request.length = std::chrono::minutes(1);
  add_probing(*command, request, " where neither an agent nor a store has results");
  command->callback([&] { chosen = [&options] { return gate_command(options); }; });
}

void add_verify(CLI::App& gate, GateOptions& options, std::function<Exit()>& chosen) {
  CLI::App* command =
      gate.add_subcommand("verify", "after a deployment: probes the checks and judges them against the baseline");
  GateRequest& request = options.request;
  request.phase = GatePhase::verify;
  add_common(*command, options);
  command->add_option("--service", request.services, "only of these services (default: the baseline's)")
      ->type_name("NAME");
  add_probing(*command, request, "");
  command->add_option("--expect-version", request.expect_version, "wait until every service reports it")
      ->type_name("V");
  add_duration(*command, "--wait", request.wait, "for the version, at most");
  add_rules(*command, request.rules);
  const auto take = [&request](const std::string& text) {
    if (text != "critical" && text != "triggers") {
      throw CLI::ValidationError("--rollback-on",
                                 fmt::format("\"{}\" is not one of them: expected critical or triggers", text));
    }
    request.rollback_on = text == "critical" ? sla::gate::RollbackOn::critical : sla::gate::RollbackOn::triggers;
  };
  command->add_option_function<std::string>("--rollback-on", take, "critical or triggers (default critical)")
      ->type_name("WORD");
  command->add_flag("--strict", options.strict, "a warning is exit 1");
  command->callback([&] { chosen = [&options] { return gate_command(options); }; });
}

void add_status(CLI::App& gate, GateStatusOptions& options, std::function<Exit()>& chosen) {
  CLI::App* command = gate.add_subcommand("status", "the last gates and versions, or one gate");
  options.config = "nines.yml";
  command->add_option("name", options.name, "an id or a deployment")->type_name("NAME");
  command->add_option("-c,--config", options.config, "the configuration file")
      ->capture_default_str()
      ->type_name("FILE");
  CLI::Option* agent = command->add_option("--agent", options.agent, "ask this running agent")->type_name("URL");
  command->add_option("--data-dir", options.data_dir, "the store (default: the configuration's)")
      ->excludes(agent)
      ->type_name("DIR");
  add_format(*command, options.format);
  command->callback([&] { chosen = [&options] { return gate_status_command(options); }; });
}

}  // namespace

void add_gate(CLI::App& app, GateArguments& arguments, std::function<Exit()>& chosen) {
  CLI::App* gate = app.add_subcommand("gate", "whether a deployment made a service worse");
  gate->require_subcommand(1);
  gate->footer("Exit codes: 0 pass; 1 roll back; 2 usage or configuration is wrong; 3 inconclusive.");
  add_baseline(*gate, arguments.baseline, chosen);
  add_verify(*gate, arguments.verify, chosen);
  add_status(*gate, arguments.status, chosen);
  add_compare(*gate, arguments.compare, chosen);
}

}  // namespace nines::agent
