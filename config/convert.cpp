#include "config/convert.hpp"

#include <algorithm>
#include <map>

#include "config/files.hpp"
#include "config/module.hpp"
#include "config/names.hpp"
#include "config/scrape_config.hpp"
#include "config/target.hpp"
#include "config/yaml_text.hpp"

namespace nines::config {
namespace {

namespace fs = std::filesystem;
using Modules = std::map<std::string, std::shared_ptr<const Module>>;

struct Made {
  std::string name;
  std::string service;  // empty: the name
  std::string module;
  std::string job;
  std::string target;
  std::string interval;  // empty: the default
  std::string timeout;
};

const Node* read_yaml(Context& context, Tree& tree, const std::string& path) {
  auto text = read_file(path, kMaxFileBytes);
  if (!text) {
    context.faults.add(std::move(text.error()));
    return nullptr;
  }
  return parse_yaml(*text, tree.sources.emplace_back(Source{path, fs::path(path).parent_path(), true}), tree,
                    context.faults);
}

// "shop.example/health" of "https://shop.example/health?x=y".
std::string short_name(std::string_view target) {
  const std::size_t mark = target.find("://");
  if (mark != std::string_view::npos) target.remove_prefix(mark + 3);
  target = target.substr(0, target.find_first_of("?#"));
  while (target.size() > 1 && target.ends_with('/')) target.remove_suffix(1);
  return std::string(target);
}

std::string label(const ScrapedTarget& target, const std::string& name) {
  const auto found = target.labels.find(name);
  return found == target.labels.end() ? std::string() : found->second;
}

// What the exporter takes is the shorter of its module's time-out and the scrape's.
std::string timeout_of(const ScrapedTarget& target, const Module& module, const ScrapeConfig& scrape) {
  const bool modules = module.timeout > Micros::zero() && module.timeout <= target.timeout;
  const bool defaults = module.timeout == Micros::zero() && target.timeout == scrape.timeout;
  return modules || defaults ? std::string() : format_duration(target.timeout);
}

std::vector<Made> make_checks(ScrapeConfig& scrape, const Modules& modules) {
  std::vector<Made> checks;
  for (const ScrapedTarget& target : scrape.targets) {
    const std::string text = label(target, "__param_target");
    const auto leave = [&](const std::string& why) {
      scrape.left.add(target.at, "the target " + in_ticks(hide_user_info(text)) + " is not carried over: " + why);
    };
    const auto module = modules.find(label(target, "__param_module"));
    if (module == modules.end()) {
      leave("there is no module " + in_ticks(label(target, "__param_module")));
      continue;
    }
    if (!module->second->unsupported.empty()) {
      leave(module->second->unsupported);
      continue;
    }
    if (auto parsed = parse_target(text, module->second->prober); !parsed) {
      leave(parsed.error().message);
      continue;
    }
    const std::string instance = label(target, "instance");
    Made made{.name = instance.empty() || instance == text ? short_name(text) : instance,
              .service = label(target, "service"),
              .module = module->first,
              .job = target.job,
              .target = text,
              .interval = target.interval == scrape.interval ? "" : format_duration(target.interval),
              .timeout = timeout_of(target, *module->second, scrape)};
    if (!name_fault(made.service).empty()) made.service.clear();
    checks.push_back(std::move(made));
  }
  return checks;
}

// Names that several have get `more` behind them.
void tell_apart(std::vector<Made>& checks, auto more) {
  std::map<std::string, int> count;
  for (const Made& made : checks) ++count[made.name];
  std::map<std::string, int> seen;
  for (Made& made : checks) {
    const std::string name = made.name;
    if (count[name] > 1) made.name += more(made, ++seen[name]);
  }
}

void name_checks(std::vector<Made>& checks) {
  for (Made& made : checks) {
    made.name = trim(ellipsize(printable(made.name), kMaxNameBytes / 2));
    if (made.name.empty()) made.name = "target";
  }
  tell_apart(checks, [](const Made& made, int) { return " (" + ellipsize(printable(made.module), 30) + ")"; });
  tell_apart(checks, [](const Made& made, int) { return " (" + ellipsize(printable(made.job), 30) + ")"; });
  // Counting may meet a name that somebody wrote; once more settles it.
  for (int round = 0; round < 3; ++round) {
    tell_apart(checks, [](const Made&, int number) { return number == 1 ? "" : " " + std::to_string(number); });
  }
}

std::string scalar(const std::string& text) {
  std::string escaped;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '$' && text.compare(i, 2, "${") == 0) escaped += '$';
    escaped += text[i];
  }
  const bool plain = escaped.find_first_not_of("0123456789.") != std::string::npos;
  return yaml_scalar(escaped, plain);
}

std::string write(const std::string& modules, const std::vector<Made>& checks, const ScrapeConfig* scrape) {
  std::string out = "# Written by nines convert. nines validate tells whether it is right.\nmodule_files:\n  - " +
                    scalar(modules) + "\n";
  if (scrape == nullptr || checks.empty()) return out;
  out += "\ndefaults:\n  interval: " + format_duration(scrape->interval) +
         "\n  timeout: " + format_duration(scrape->timeout) + "\n\nchecks:\n";
  const auto line = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) out += "    " + std::string(key) + ": " + scalar(value) + "\n";
  };
  for (const Made& made : checks) {
    out += "  - name: " + scalar(made.name) + "\n";
    line("service", made.service);
    line("module", made.module);
    line("target", made.target);
    line("interval", made.interval);
    line("timeout", made.timeout);
  }
  return out;
}

}  // namespace

std::expected<Converted, std::vector<Error>> convert(const ConvertFiles& files) {
  Faults faults, warnings;
  std::vector<Secret> secrets;
  const Environment no_environment = [](const std::string&) -> std::optional<std::string> { return std::nullopt; };
  Context context{faults, warnings, no_environment, secrets};
  Tree tree;
  Modules modules;
  if (const Node* node = read_exporter_file(context, tree, files.modules, nullptr)) {
    modules = read_modules(context, *node);
  }
  ScrapeConfig scrape;
  if (!files.scrape.empty()) {
    if (const Node* root = read_yaml(context, tree, files.scrape)) scrape = read_scrape_config(context, *root);
  }
  if (!faults.empty()) return std::unexpected(faults.list());

  std::vector<Made> checks = make_checks(scrape, modules);
  name_checks(checks);
  for (const Error& unsupported : context.unsupported.list()) scrape.left.add(unsupported);
  std::error_code error;
  const std::string named =
      files.folder.empty() ? files.modules : fs::proximate(files.modules, files.folder, error).string();
  Converted converted;
  converted.text = write(named, checks, files.scrape.empty() ? nullptr : &scrape);
  converted.checks = checks.size();
  converted.left = scrape.left.list();
  return converted;
}

}  // namespace nines::config
