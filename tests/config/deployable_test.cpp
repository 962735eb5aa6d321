#include "config/deployable.hpp"

#include <catch2/catch.hpp>

#include "tests/config/support.hpp"

using namespace nines::config;

TEST_CASE("a deployable configuration is one file that names its secrets and does not hold them") {
  const Folder folder;
  folder.write("token.txt", "secret-of-a-file\n");
  folder.write("more.yml", "checks:\n  - {name: second, service: s, target: 'http://127.0.0.1:${PORT}/b'}\n");
  folder.write("blackbox.yml", "modules: {ready: {prober: http}}\n");
  const auto path = folder.write("nines.yml", R"(
include: [more.yml]
module_files: [blackbox.yml]
checks:
  - {name: first, service: s, module: ready, target: 'http://127.0.0.1:${PORT}/a'}
journeys:
  - name: journey
    service: s
    base_url: http://127.0.0.1:8080
    secrets: {password: {env: TASKS_PASSWORD}, again: {env: TASKS_PASSWORD}, token: {file: token.txt}, other: {env: A_TOKEN}}
    steps: [{name: login, post: /login, body: '{{ password }}{{ again }}{{ token }}{{ other }}'}]
)");
  const auto deployable = load_deployable(path.string(), test_environment());
  REQUIRE(deployable);
  CHECK(deployable->variables == std::vector<std::string>{"A_TOKEN", "TASKS_PASSWORD"});
  CHECK(deployable->files == std::vector<std::string>{"token.txt"});
  CHECK(deployable->text.find("secret") == deployable->text.find("secrets:"));
  CHECK(deployable->text.find("<secret>") == std::string::npos);
  CHECK(deployable->text.find("secret-") == std::string::npos);
  CHECK(deployable->text.find("include") == std::string::npos);

  // It reads back as what was read.
  const auto alone = folder.write("alone.yml", deployable->text);
  const auto again = load(alone.string(), test_environment());
  REQUIRE(again);
  CHECK(again->config.checks.size() == 2);
  CHECK(again->config.checks.back().target == "http://127.0.0.1:8080/b");
  CHECK(again->config.modules.contains("ready"));
  CHECK(again->config.text == load(path.string(), test_environment())->config.text);
}

TEST_CASE("a secret that stands in the configuration itself is hidden in a deployable one") {
  const Folder folder;
  const auto path = folder.write("nines.yml", R"(
modules: {private: {prober: http, http: {basic_auth: {username: a, password: hunter22}}}}
checks: [{name: first, service: s, module: private, target: 'http://127.0.0.1/'}]
)");
  const auto deployable = load_deployable(path.string(), test_environment());
  REQUIRE(deployable);
  CHECK(deployable->text.find("hunter22") == std::string::npos);
  CHECK(deployable->text.find("\"<secret>\"") != std::string::npos);
  CHECK(deployable->variables.empty());
}

TEST_CASE("faults of a configuration are faults of the deployable one") {
  const Folder folder;
  const auto path = folder.write("nines.yml", "checks: 1\n");
  const auto deployable = load_deployable(path.string(), test_environment());
  REQUIRE_FALSE(deployable);
  CHECK(deployable.error().front().message == load(path.string(), test_environment()).error().front().message);
}
