// The examples of deploy/gate are read as what they are for reads them: as YAML, with what must be in each.

#include <filesystem>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <yaml-cpp/yaml.h>

#include "config/load.hpp"

namespace {

std::vector<YAML::Node> documents(const std::string& name) {
  const auto file = std::filesystem::path(NINES_SOURCE_DIR) / "deploy" / "gate" / name;
  REQUIRE(std::filesystem::exists(file));
  return YAML::LoadAllFromFile(file.string());
}

YAML::Node of_kind(const std::vector<YAML::Node>& all, const std::string& kind) {
  for (const YAML::Node& one : all) {
    if (one["kind"].as<std::string>() == kind) return one;
  }
  FAIL("there is no " << kind);
  return {};
}

}  // namespace

TEST_CASE("every example of the gate is YAML") {
  int files = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(NINES_SOURCE_DIR) / "deploy/gate")) {
    CAPTURE(entry.path());
    for (const YAML::Node& document : documents(entry.path().filename())) CHECK(document.IsMap());
    ++files;
  }
  CHECK(files == 5);
}

TEST_CASE("the pipelines take a baseline, deploy, verify and roll back, in this order") {
  const YAML::Node job = documents("github-actions.yml").front()["jobs"]["deploy"];
  std::vector<std::string> steps;
  for (const YAML::Node& step : job["steps"]) {
    if (step["name"]) steps.push_back(step["name"].as<std::string>());
  }
  CHECK(steps == std::vector<std::string>{"Baseline", "Deploy", "Verify", "Summary", "Roll back"});
  const YAML::Node pipeline = documents("gitlab-ci.yml").front();
  for (const YAML::Node& stage : pipeline["stages"]) CHECK(pipeline[stage.as<std::string>()]["script"].IsSequence());
}

TEST_CASE("the configuration in the Kubernetes example is a good nines.yml") {
  const auto all = documents("kubernetes-job.yml");
  const auto text = of_kind(all, "ConfigMap")["data"]["nines.yml"].as<std::string>();
  const auto nothing = [](const std::string&) { return std::optional<std::string>(); };
  const auto loaded = nines::config::load_text(text, "nines.yml", nothing);
  if (!loaded) {
    for (const nines::Error& fault : loaded.error()) FAIL_CHECK(fault.text());
  }
  CHECK(of_kind(all, "Job")["spec"]["backoffLimit"].as<int>() == 0);
}

TEST_CASE("Flagger and Argo Rollouts ask the agent where it answers") {
  const YAML::Node canary = of_kind(documents("flagger.yml"), "Canary");
  for (const YAML::Node& hook : canary["spec"]["analysis"]["webhooks"]) {
    CHECK(hook["url"].as<std::string>() == "http://127.0.0.1:9999/api/v1/gates");
  }
  const YAML::Node analysis = of_kind(documents("argo-rollouts.yml"), "AnalysisTemplate");
  CHECK(analysis["spec"]["metrics"][0]["provider"]["web"]["jsonPath"].as<std::string>() == "{$.verdict}");
}
