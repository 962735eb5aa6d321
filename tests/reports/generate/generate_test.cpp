// What `nines generate` writes, to the letter: tests/reports/generate/golden. NINES_UPDATE_GOLDEN=1 writes the files
// anew; tests/e2e/generate_test.cpp holds them against Prometheus, Alertmanager and a running agent.

#include "reports/generate/generate.hpp"

#include <algorithm>
#include <set>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "config/load.hpp"
#include "reports/generate/deployment.hpp"
#include "reports/generate/recorded.hpp"
#include "reports/generate/text.hpp"
#include "tests/reports/samples.hpp"

using namespace nines;
using namespace nines::reports::generate;

namespace {

config::Config loaded(const std::string& file) {
  const auto environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "TASKS_PASSWORD") return "correct horse";
    return std::nullopt;
  };
  auto read = config::load(std::string(NINES_SOURCE_DIR) + file, environment);
  if (!read) FAIL(read.error().front().text());
  return std::move(read->config);
}

config::Config plain() {
  return loaded("/tests/reports/generate/plain.yml");
}
config::Config odd() {
  return loaded("/tests/reports/generate/odd.yml");
}

void check_files(const std::string& folder, const Files& files) {
  for (const File& file : files) test::check_golden("../generate/golden/" + folder + "/" + file.name, file.text);
}

std::vector<Json> dashboards(const config::Config& config) {
  std::vector<Json> found;
  for (const File& file : grafana(config).value()) {
    if (file.name.ends_with(".json")) found.push_back(parse_json(file.text).value());
  }
  return found;
}

bool overlap(const Json& a, const Json& b) {
  const auto apart = [&](const char* at, const char* length) {
    return a[at].get<int>() + a[length].get<int>() <= b[at].get<int>() ||
           b[at].get<int>() + b[length].get<int>() <= a[at].get<int>();
  };
  return !apart("x", "w") && !apart("y", "h");
}

}  // namespace

TEST_CASE("what is generated is what it was") {
  check_files("plain", prometheus_rules(plain()).value());
  check_files("plain", alertmanager(plain()).value());
  check_files("plain", grafana(plain()).value());
  check_files("odd", prometheus_rules(odd()).value());
  check_files("odd", alertmanager(odd()).value());
}

TEST_CASE("Alertmanager waits as nines.yml has it, and posts to one webhook where that is asked for") {
  config::Config config = plain();
  config.alerting.group_wait = std::chrono::milliseconds(500);
  config.alerting.group_interval = std::chrono::seconds(90);
  const std::string text = alertmanager(config, "http://127.0.0.1:1/hook").value().front().text;
  const auto count = [&](const std::string& what) {
    int found = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
    return found;
  };
  CHECK(count("group_wait: 500ms\n") == 1);
  CHECK(count("group_wait: 1500ms\n") == 3);  // P2's, its warnings, and what has no priority
  CHECK(count("group_wait: 3s\n") == 2);
  CHECK(count("group_wait: 15s\n") == 3);
  CHECK(count("group_interval: 1m30s\n") == 1);
  CHECK(count("- url: http://127.0.0.1:1/hook\n") + count("- url: 'http://127.0.0.1:1/hook'\n") +
            count("- url: \"http://127.0.0.1:1/hook\"\n") ==
        4);
  CHECK(count("_file") + count("CHANGE") + count("smtp") == 0);
}

TEST_CASE("names are written so that other languages read the same names") {
  CHECK(promql_string("a\"b\\c\n{{ü") == R"("a\"b\\c\x0a{{ü")");
  CHECK(any_of("check", {"a.b", "c|d"}) == R"(check=~"a\\.b|c\\|d")");
  CHECK(any_of("check", {"a.b"}) == R"(check="a.b")");
  CHECK(alert_matcher("check", "a\"b\\n") == R"(check="a\"b\\n")");
  CHECK(alert_any_of("check", {"a{2}", "\""}) == R"(check=~"a\\{2\\}|\"")");
  CHECK(template_text("a {{ b }} {{") == R"(a {{ "{{" }} b }} {{ "{{" }})");
  CHECK(yaml_comment("a\n\nb\rc", 2) == "  # a\n  #\n  # b\\rc\n");
  CHECK(yaml_block("a\n\nb", 2) == "|\n  a\n\n  b");
}

TEST_CASE("no secret is in what is generated") {
  for (const auto& files :
       {prometheus_rules(plain()).value(), alertmanager(plain()).value(), grafana(plain()).value()}) {
    for (const File& file : files) CHECK(file.text.find("correct horse") == std::string::npos);
  }
}

TEST_CASE("the panels of a dashboard stand side by side, each with an id and a data source that can be chosen") {
  for (const config::Config& config : {plain(), odd()}) {
    std::set<std::string> uids;
    for (const Json& dashboard : dashboards(config)) {
      INFO(dashboard["title"]);
      CHECK(uids.insert(dashboard["uid"]).second);
      const Json& panels = dashboard["panels"];
      std::set<int> ids;
      for (const Json& panel : panels) {
        INFO(panel["title"]);
        CHECK(ids.insert(panel["id"].get<int>()).second);
        CHECK(panel["gridPos"]["x"].get<int>() + panel["gridPos"]["w"].get<int>() <= 24);
        CHECK_FALSE(panel["targets"].empty());
        for (const Json& target : panel["targets"]) CHECK(target["datasource"]["uid"] == "${datasource}");
        CHECK(std::ranges::count_if(
                  panels, [&](const Json& other) { return overlap(panel["gridPos"], other["gridPos"]); }) == 1);
      }
    }
    CHECK(uids.size() == 5);
  }
}

TEST_CASE("every recorded series that a dashboard asks for is recorded") {
  const std::string rules = prometheus_rules(plain()).value().front().text;
  std::set<std::string> asked;
  for (const Json& dashboard : dashboards(plain())) {
    for (const Json& panel : dashboard["panels"]) {
      for (const Json& target : panel["targets"]) {
        const std::string expr = target["expr"];
        for (std::size_t at = expr.find("nines:"); at != std::string::npos; at = expr.find("nines:", at + 1)) {
          asked.insert(expr.substr(at, expr.find_first_of("{\n ", at) - at));
        }
      }
    }
  }
  CHECK(asked.size() >= 8);
  for (const std::string& name : asked) {
    INFO(name);
    CHECK(rules.find("record: \"" + name + "\"") != std::string::npos);
  }
}

TEST_CASE("matchers go into every selector of a recorded expression, or into none") {
  CHECK(with_matchers("a{$,b=\"c\"} / d{$,}", "x=\"y\"") == R"(a{x="y",b="c"} / d{x="y"})");
  CHECK(with_matchers("a{$,b=\"c\"} / d{$,}", "") == R"(a{b="c"} / d)");
}

TEST_CASE("deployments are what they were") {
  const auto environment = [](const std::string&) { return std::optional<std::string>("correct horse"); };
  for (const auto& [name, file] : {std::pair<std::string, std::string>{"plain", "/tests/reports/generate/plain.yml"},
                                   {"odd", "/tests/reports/generate/odd.yml"}}) {
    const auto deployable = config::load_deployable(std::string(NINES_SOURCE_DIR) + file, environment).value();
    for (const auto& files : {kubernetes(loaded(file), deployable).value(), compose(loaded(file), deployable).value(),
                              systemd(loaded(file)).value()}) {
      check_files(name, files);
      for (const File& one : files) CHECK(one.text.find("correct horse") == std::string::npos);
    }
  }
}

TEST_CASE("regions get names that are labels, each its own") {
  config::Config config;
  config.regions = {"us-east-1", "EU West/1", "eu west 1", "日本", "-", std::string(80, 'x')};
  std::vector<std::string> names;
  for (const AgentName& name : agent_names(config)) names.push_back(name.name);
  CHECK(names == std::vector<std::string>{"nines-us-east-1", "nines-eu-west-1", "nines-eu-west-1-2", "nines", "nines-2",
                                          "nines-" + std::string(34, 'x')});
}

TEST_CASE("a configuration that holds a secret itself is not written into a deployment") {
  const config::Deployable deployable{.text = "checks: []\npassword: \"<secret>\"\n", .variables = {}, .files = {}};
  CHECK(kubernetes({}, deployable).error().message.starts_with("the configuration holds a secret"));
  CHECK(compose({}, deployable).error().message.starts_with("the configuration holds a secret"));
  const config::Deployable large{.text = std::string(1'000'000, 'x'), .variables = {}, .files = {}};
  CHECK(kubernetes({}, large).error().message == "the configuration has 1000000 bytes: a ConfigMap takes 900000");
}

TEST_CASE("a container's agent listens to its neighbours and stores on its volume") {
  const config::Deployable deployable{
      .text = "region: a\nlisten: \"127.0.0.1:1\"\ndata_dir: x\nchecks:\n  - region: b\n",
      .variables = {},
      .files = {}};
  CHECK(container_config(deployable, "eu\"1") ==
        "region: \"eu\\\"1\"\nlisten: 0.0.0.0:9999\ndata_dir: /data\nchecks:\n  - region: b\n");
}
