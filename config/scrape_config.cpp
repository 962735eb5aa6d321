#include "config/scrape_config.hpp"

#include <algorithm>
#include <set>

#include "config/relabel.hpp"
#include "config/yaml_text.hpp"

namespace nines::config {
namespace {

// About how Prometheus reaches the exporter, which is no more between them.
constexpr std::string_view kOfTheScrape[] = {"scheme", "honor_labels", "honor_timestamps"};

struct Job {
  std::string name;
  Labels labels;  // that every target begins with
  std::vector<RelabelRule> rules;
  Micros interval{0};
  Micros timeout{0};
};

void leave(ScrapeConfig& scrape, const Position& at, const std::string& what, std::string_view why) {
  scrape.left.add(at, what + " is not carried over" + (why.empty() ? "" : ": " + std::string(why)));
}

void read_times(Mapping& map, const ScrapeConfig& scrape, Job& job) {
  job.interval = scrape.interval;
  map.positive_duration("scrape_interval", job.interval);
  // Prometheus cuts its default, but not a time-out that is written.
  job.timeout = std::min(scrape.timeout, job.interval);
  map.positive_duration("scrape_timeout", job.timeout);
}

void read_params(Context& context, Mapping& map, Job& job, ScrapeConfig& scrape) {
  map.members("params", [&](const std::string& name, const Node& key, const Node& node) {
    const Node* first = node.is(Node::Kind::list) ? (node.items.empty() ? nullptr : node.items.front()) : &node;
    if (first == nullptr) return;
    if (name != "module" && name != "target") {
      return leave(scrape, key.at(), "the parameter " + in_ticks(name) + " of the job " + in_ticks(job.name), "");
    }
    if (auto value = read_text(context, *first, in_ticks(name))) job.labels["__param_" + name] = std::move(*value);
  });
}

void tell_labels(const Job& job, const ScrapedTarget& target, std::set<std::string>& told, ScrapeConfig& scrape) {
  const auto module = target.labels.find("__param_module");
  for (const auto& [name, value] : target.labels) {
    const bool parameter = name.starts_with("__param_") && name != "__param_module" && name != "__param_target";
    const bool used = (name.starts_with("__") && !parameter) || name == "job" || name == "instance" ||
                      name == "service" || (module != target.labels.end() && value == module->second);
    if (used || !told.insert(name).second) continue;
    if (parameter) {
      leave(scrape, target.at, "the parameter " + in_ticks(name.substr(8)) + " of the job " + in_ticks(job.name), "");
    } else {
      leave(scrape, target.at, "the label " + in_ticks(name) + " of the job " + in_ticks(job.name),
            "a check's only label of its own is its service");
    }
  }
}

// What a label or a relabelling says of the times of one target.
void read_own_times(ScrapedTarget& target, ScrapeConfig& scrape) {
  for (const auto& [name, out] :
       {std::pair{"__scrape_interval__", &target.interval}, {"__scrape_timeout__", &target.timeout}}) {
    const auto label = target.labels.find(name);
    if (label == target.labels.end()) continue;
    const auto value = parse_duration(label->second);
    if (value && *value > Micros::zero()) {
      *out = *value;
    } else {
      leave(scrape, target.at, in_ticks(name), "it is no duration");
    }
  }
}

void read_targets(Context& context, Mapping& map, const Job& job, ScrapeConfig& scrape) {
  std::set<std::string> told;
  map.each("static_configs", [&](const Node& group) {
    Mapping keys(context, group, "an item of `static_configs`");
    Labels labels = job.labels;
    keys.members("labels", [&](const std::string& name, const Node&, const Node& node) {
      if (auto value = read_text(context, node, in_ticks(name))) labels[name] = std::move(*value);
    });
    keys.each("targets", [&](const Node& item) {
      auto address = read_text(context, item, "a target");
      if (!address) return;
      ScrapedTarget target{job.name, labels, job.interval, job.timeout, item.at()};
      target.labels["__address__"] = *address;
      const bool kept = std::ranges::all_of(job.rules, [&](const RelabelRule& rule) { return rule(target.labels); });
      const std::string named = "the target " + in_ticks(hide_user_info(*address));
      if (!kept) return leave(scrape, item.at(), named, "a relabelling drops it");
      if (!target.labels.contains("__param_target")) {
        return leave(scrape, item.at(), named, "no relabelling makes it __param_target");
      }
      read_own_times(target, scrape);
      tell_labels(job, target, told, scrape);
      scrape.targets.push_back(std::move(target));
    });
    keys.finish();
  });
}

void read_job(Context& context, const Node& node, ScrapeConfig& scrape) {
  Mapping map(context, node, "a job");
  Job job;
  map.required_text("job_name", job.name);
  std::string path = "/metrics";
  map.text("metrics_path", path);
  if (path != "/probe") {
    return leave(scrape, node.at(), "the job " + in_ticks(job.name), "its metrics_path is not /probe");
  }
  read_times(map, scrape, job);
  job.labels = {{"job", job.name}, {"__param_module", "http_2xx"}, {"__metrics_path__", path}};
  read_params(context, map, job, scrape);
  job.rules = read_relabel_rules(context, map, "relabel_configs", scrape.left);
  read_targets(context, map, job, scrape);
  for (const Member& member : node.members) {
    const std::string& key = member.key->text;
    constexpr std::string_view kRead[] = {"job_name",       "metrics_path",   "params",         "scrape_interval",
                                          "scrape_timeout", "static_configs", "relabel_configs"};
    if (std::ranges::find(kRead, key) != std::end(kRead)) continue;
    if (std::ranges::find(kOfTheScrape, key) != std::end(kOfTheScrape)) continue;
    leave(scrape, member.key->at(), in_ticks(key) + " of the job " + in_ticks(job.name),
          key.ends_with("_sd_configs") ? "its targets are not known here" : "");
  }
}

}  // namespace

ScrapeConfig read_scrape_config(Context& context, const Node& root) {
  Mapping map(context, root, "the file");
  ScrapeConfig scrape;
  if (const Node* global = map.find("global")) {
    Mapping keys(context, *global, "`global`");
    keys.positive_duration("scrape_interval", scrape.interval);
    keys.positive_duration("scrape_timeout", scrape.timeout);
    for (const Member& member : global->members) {
      if (member.key->text.starts_with("scrape_interval") || member.key->text == "scrape_timeout") continue;
      leave(scrape, member.key->at(), in_ticks(member.key->text) + " of `global`", "");
    }
  }
  map.each("scrape_configs", [&](const Node& item) { read_job(context, item, scrape); });
  for (const Member& member : root.members) {
    if (member.key->text == "global" || member.key->text == "scrape_configs") continue;
    leave(scrape, member.key->at(), in_ticks(member.key->text), "");
  }
  return scrape;
}

}  // namespace nines::config
