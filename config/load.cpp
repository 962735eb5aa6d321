#include "config/load.hpp"

#include <algorithm>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "config/address_rule.hpp"
#include "config/check.hpp"
#include "config/check_module.hpp"
#include "config/files.hpp"
#include "config/journey.hpp"
#include "config/module.hpp"
#include "config/names.hpp"
#include "config/neighbour.hpp"
#include "config/objective.hpp"
#include "config/schedule.hpp"
#include "config/service.hpp"
#include "config/target.hpp"
#include "config/yaml_text.hpp"

namespace nines::config {
namespace {

void read_regions(Context& context, Mapping& root, Config& config) {
  if (root.find("region") != nullptr) root.name("region", config.region);
  root.each("regions", [&](const Node& item) {
    auto region = read_text(context, item, "an item of `regions`");
    if (!region) return;
    if (const std::string wrong = name_fault(*region); !wrong.empty()) {
      context.fault(item, "a region " + wrong);
    } else if (std::ranges::find(config.regions, *region) != config.regions.end()) {
      context.fault(item, "the region " + in_ticks(*region) + " is there twice: expected it once");
    } else {
      config.regions.push_back(std::move(*region));
    }
  });
  if (config.regions.empty() || std::ranges::find(config.regions, config.region) != config.regions.end()) return;
  context.warnings.add(
      root.find("regions")->at(),
      "the region " + in_ticks(config.region) + " of this agent is not in `regions`: its results count for none");
}

void read_listen(Context& context, Mapping& root, Config& config) {
  HostPort address;
  if (!root.parsed("listen", parse_host_port, address)) return;
  config.listen_host = address.host.empty() ? "0.0.0.0" : address.host;
  config.listen_port = address.port;
  if (is_loopback(config.listen_host)) return;
  context.warnings.add(root.find("listen")->at(), "`listen` is not on loopback: anyone who reaches " +
                                                      in_ticks(config.listen_host) + " can read the metrics and pages");
}

void read_metrics(Context& context, Mapping& root, Config& config) {
  const Node* node = root.find("metrics");
  if (node == nullptr) return;
  Mapping map(context, *node, "`metrics`");
  map.boolean("application_names", config.application_names);
  map.unavailable({"per_check"});
  map.finish();
}

// nines.yml as it is, but for the modules, which may be from other files.
std::string config_text(Context& context, Tree& tree, const Node& root, const Node& modules) {
  Node& whole = tree.nodes.emplace_back(root);
  Node& key = tree.nodes.emplace_back();
  key.kind = Node::Kind::scalar;
  key.source = root.source;
  key.text = "modules";
  std::erase_if(whole.members, [](const Member& member) {
    return member.key->text == "modules" || member.key->text == "module_files";
  });
  if (!modules.members.empty()) whole.members.push_back({&key, &modules});
  return yaml_text(whole, {.hidden = context.hidden, .secrets = context.secrets, .escape_variables = true});
}

Config read_config(Context& context, Tree& tree, const Node& node) {
  const bool whole = context.faults.empty();  // else what is missing may have been in what could not be read
  Mapping root(context, node, "nines.yml");
  Config config;
  read_regions(context, root, config);
  root.text("environment", config.environment);
  read_listen(context, root, config);
  if (root.text("data_dir", config.data_dir) && config.data_dir.empty()) {
    context.fault(*root.find("data_dir"), "`data_dir` is empty: expected a folder such as ./data");
  }
  read_metrics(context, root, config);
  read_probe_endpoint(context, root, is_loopback(config.listen_host), config.probe_endpoint);
  const Defaults defaults = read_defaults(context, root);
  const Node& modules = *read_all_modules(context, tree, root);
  config.modules = read_modules(context, modules);
  config.services = read_services(context, root);
  config.checks = read_checks(context, root, config, defaults);
  config.journeys = read_journeys(context, root, defaults);
  check_references(context, config);
  complete_services(config);
  config.objectives = read_objectives(context, root, config);
  config.maintenance = read_maintenance(context, root, config);
  root.find("include");  // read with the files
  read_neighbours(context, root, config);
  config.contracts = read_contracts(context, root, config);
  root.unavailable({"web_config_file", "access", "public_page", "tracing", "discovery", "shard"});
  root.finish();
  const auto missing = [&](std::string_view key) {
    const Node* list = root.find(key);
    return list == nullptr || list->items.empty();
  };
  const bool answers = config.probe_endpoint.enabled && !config.modules.empty();  // an exporter, and no more
  if (whole && !answers && missing("checks") && missing("journeys")) {
    context.fault(node, "there is nothing to measure: expected `checks` or `journeys`, or modules for /probe");
  }
  config.text = config_text(context, tree, node, modules);
  return config;
}

std::expected<Loaded, std::vector<Error>> load_with(const Environment& environment, Config* partial, auto read) {
  Faults faults;
  Faults warnings;
  std::vector<Secret> secrets;
  Context context{faults, warnings, environment, secrets};
  Tree tree;
  Loaded loaded;
  loaded.config = read(context, tree);
  loaded.config.unsupported = context.unsupported.list();
  loaded.config.secrets = std::move(secrets);
  if (!faults.empty()) {
    if (partial != nullptr) *partial = std::move(loaded.config);
    return std::unexpected(faults.list());
  }
  loaded.warnings = warnings.list();
  return loaded;
}

}  // namespace

std::expected<Loaded, std::vector<Error>> load(const std::string& path, const Environment& environment,
                                               Config* partial) {
  return load_with(environment, partial, [&](Context& context, Tree& tree) {
    const Node* root = read_files(context, tree, path);
    return root != nullptr ? read_config(context, tree, *root) : Config{};
  });
}

std::expected<Loaded, std::vector<Error>> load_text(std::string_view text, const std::string& name,
                                                    const Environment& environment) {
  return load_with(environment, nullptr, [&](Context& context, Tree& tree) {
    const Node* root = read_text_and_files(context, tree, text, name);
    return root != nullptr ? read_config(context, tree, *root) : Config{};
  });
}

std::expected<Loaded, std::vector<Error>> load_modules(const std::string& path, const Environment& environment,
                                                       Config* partial) {
  return load_with(environment, partial, [&](Context& context, Tree& tree) {
    Config config;
    const Node* modules = read_exporter_file(context, tree, path, nullptr);
    if (modules != nullptr) config.modules = read_modules(context, *modules);
    return config;
  });
}

Expected<Config> for_target(const std::string& url) {
  CheckModule module;
  auto aim = module.aim(url);
  if (!aim) return std::unexpected(aim.error());
  const Defaults defaults;
  Check check;
  check.schedule.name = aim->module->prober == Prober::http ? aim->target.text : url;
  check.schedule.service = check.schedule.name;
  check.schedule.interval = defaults.interval;
  check.schedule.timeout = std::chrono::seconds(10);
  check.schedule.stale_after = defaults.interval * 5 / 2;
  check.target = std::move(aim->target.text);
  check.module = std::move(aim->module);
  Config config;
  config.checks.push_back(std::move(check));
  complete_services(config);
  return config;
}

}  // namespace nines::config
