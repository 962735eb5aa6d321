// convert/ holds a usual pair of files, what is made of them, and what is told to be left out.

#include "config/convert.hpp"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <tuple>

#include <catch2/catch.hpp>

#include "config/load.hpp"
#include "config/relabel.hpp"
#include "tests/config/support.hpp"

namespace nines::config {
namespace {

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST_CASE("static targets of jobs that scrape /probe become checks, and the rest is told") {
  const std::string folder = test_folder("convert");
  const auto converted =
      convert({.modules = folder + "/blackbox.yml", .scrape = folder + "/prometheus.yml", .folder = folder});
  REQUIRE(converted.has_value());
  CHECK(converted->text == content(folder + "/expected.yml"));
  CHECK(converted->checks == 7);
  std::string left;
  for (Error error : converted->left) {
    error.at->file = std::filesystem::path(error.at->file).filename().string();
    left += error.text() + "\n";
  }
  CHECK(left == content(folder + "/left.txt"));
}

TEST_CASE("what was converted loads, and means the same") {
  const auto loaded = load(test_folder("convert") + "/expected.yml", test_environment());
  if (!loaded) FAIL(loaded.error().front().text());
  const Config& config = loaded->config;
  CHECK(config.checks.size() == 7);
  const auto& website = config.check("shop.example/health")->schedule;
  CHECK(website.interval == std::chrono::seconds(15));
  CHECK(website.timeout == std::chrono::seconds(5));  // the module's, which is shorter than the scrape's
  CHECK(config.check("shop.example/health")->target == "https://shop.example/health?x=1");
  const auto& port = config.check("db.example:5432")->schedule;
  CHECK(port.interval == std::chrono::minutes(1));
  CHECK(port.timeout == std::chrono::seconds(20));  // the scrape's, which is shorter than the module's
}

TEST_CASE("modules alone convert into a configuration that answers /probe") {
  const auto converted = convert({.modules = test_folder("convert") + "/blackbox.yml", .scrape = "", .folder = ""});
  REQUIRE(converted.has_value());
  const Config config = loaded(converted->text);
  CHECK(config.checks.empty());
  CHECK(config.modules.size() == 5);
}

TEST_CASE("faults of either file are told, and nothing is made") {
  const std::string folder = test_folder("convert");
  CHECK_FALSE(convert({.modules = "/nowhere", .scrape = "", .folder = ""}).has_value());
  CHECK_FALSE(convert({.modules = folder + "/blackbox.yml", .scrape = "/nowhere", .folder = ""}).has_value());
  CHECK_FALSE(convert({.modules = folder + "/prometheus.yml", .scrape = "", .folder = ""}).has_value());
}

TEST_CASE("relabelling is Prometheus's") {
  struct Case {
    const char* rule;
    std::optional<Labels> expected;  // nothing: dropped
  };
  const Labels before = {{"a", "x-1"}, {"b", "Y"}};
  const Case cases[] = {
      {"{source_labels: [a], target_label: c}", Labels{{"a", "x-1"}, {"b", "Y"}, {"c", "x-1"}}},
      {"{source_labels: [a, b], target_label: c}", Labels{{"a", "x-1"}, {"b", "Y"}, {"c", "x-1;Y"}}},
      {"{source_labels: [a, b], separator: /, target_label: c}", Labels{{"a", "x-1"}, {"b", "Y"}, {"c", "x-1/Y"}}},
      {"{source_labels: [a], regex: '(.)-(?P<n>.)', replacement: '$n/${1}0$$$9', target_label: a}",
       Labels{{"a", "1/x0$"}, {"b", "Y"}}},
      {"{source_labels: [a], regex: 'x', target_label: c}", before},  // anchored: no match, nothing done
      {"{source_labels: [none], target_label: a}", Labels{{"b", "Y"}}},
      {"{target_label: a, replacement: z}", Labels{{"a", "z"}, {"b", "Y"}}},
      {"{action: lowercase, source_labels: [b], target_label: b}", Labels{{"a", "x-1"}, {"b", "y"}}},
      {"{action: keep, source_labels: [a], regex: 'x.*'}", before},
      {"{action: keep, source_labels: [a], regex: 'y.*'}", std::nullopt},
      {"{action: drop, source_labels: [a], regex: 'x.*'}", std::nullopt},
  };
  for (const Case& one : cases) {
    INFO(one.rule);
    Faults faults, warnings, left;
    std::vector<Secret> secrets;
    const Environment environment = test_environment();
    Context context{faults, warnings, environment, secrets};
    Tree tree;
    const Source& source = tree.sources.emplace_back(Source{.name = "a.yml", .directory = {}, .exporter = true});
    const Node* root = parse_yaml("rules: [" + std::string(one.rule) + "]", source, tree, faults);
    REQUIRE(root != nullptr);
    Mapping map(context, *root, "the file");
    const auto rules = read_relabel_rules(context, map, "rules", left);
    REQUIRE(faults.empty());
    REQUIRE(rules.size() == 1);
    Labels labels = before;
    const bool kept = rules[0](labels);
    REQUIRE(kept == one.expected.has_value());
    if (kept) CHECK(labels == *one.expected);
  }
}

TEST_CASE("what relabelling does to a target's module, parameters and times is carried over or told") {
  const Folder folder;
  const std::string modules = folder.write("blackbox.yml", "modules: {http_2xx: {prober: http}}").string();
  const auto converted_with = [&](const std::string& rules) {
    const std::string scrape = folder
                                   .write("prometheus.yml",
                                          "scrape_configs: [{job_name: j, metrics_path: /probe, static_configs: "
                                          "[{targets: ['" +
                                              std::string(rules.contains("drop") ? "http://u:hunter@h/" : "http://h/") +
                                              "']}], relabel_configs: [" + rules + "]}]")
                                   .string();
    return convert({.modules = modules, .scrape = scrape, .folder = folder.path().string()});
  };
  const std::string target = "{source_labels: [__address__], target_label: __param_target}";
  const std::tuple<std::string, std::size_t, std::string> cases[] = {
      {target + ", {target_label: __param_module, replacement: ''}", 0, "there is no module ``"},
      {target + ", {target_label: __param_hostname, replacement: www}", 1,
       "the parameter `hostname` of the job `j` is not carried over"},
      {target + ", {target_label: __scrape_interval__, replacement: soon}", 1,
       "`__scrape_interval__` is not carried over: it is no duration"},
      {"{source_labels: [job], regex: j, action: drop}", 0, "a relabelling drops it"},
  };
  for (const auto& [rules, checks, told] : cases) {
    CAPTURE(rules);
    const auto converted = converted_with(rules);
    REQUIRE(converted.has_value());
    CHECK(converted->checks == checks);
    std::string left;
    for (const Error& error : converted->left) left += error.text() + "\n";
    CHECK_THAT(left, Catch::Contains(told) && !Catch::Contains("hunter"));
  }
  const auto timed = converted_with(target + ", {target_label: __scrape_interval__, replacement: 7s}");
  REQUIRE(timed.has_value());
  CHECK_THAT(timed->text, Catch::Contains("interval: 7s"));
}

}  // namespace
}  // namespace nines::config
