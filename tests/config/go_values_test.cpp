#include "config/go_values.hpp"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "config/load.hpp"
#include "tests/config/support.hpp"

namespace nines::config {
namespace {

using namespace std::chrono_literals;

TEST_CASE("booleans, integers and durations are Go's") {
  const std::pair<const char*, std::optional<bool>> booleans[] = {
      {"y", true}, {"Yes", true}, {"ON", true}, {"true", true}, {"n", false}, {"OFF", false}, {"tRUE", {}}, {"1", {}}};
  for (const auto& [text, value] : booleans) CHECK(parse_go_boolean(text) == value);
  const std::pair<const char*, std::optional<std::int64_t>> integers[] = {
      {"200", 200}, {"0xC8", 200}, {"0310", 200}, {"0o310", 200}, {"0b11", 3}, {"+5", 5},  {"1_000", 1000},
      {"-1", -1},   {"0", 0},      {"0x", {}},    {"--1", {}},    {"", {}},    {"1.5", {}}};
  for (const auto& [text, value] : integers) {
    CAPTURE(text);
    CHECK(parse_go_integer(text) == value);
  }
  const std::pair<const char*, std::optional<Micros>> durations[] = {
      {"5s", 5s},      {"+5s", 5s},  {"10ns", 1us}, {"1h2.5m", 62min + 30s},
      {".5s", 500ms},  {"1us", 1us}, {"1d", {}},    {"5", {}},
      {"-5s", {}},     {"", {}},     {"s", {}},     {".s", {}},
      {"9999999h", {}}};
  for (const auto& [text, value] : durations) {
    CAPTURE(text);
    CHECK(parse_go_duration(text) == value);
  }
}

TEST_CASE("a file of the exporter is read by its own rules") {
  const Folder folder;
  const auto load_file = [&](const std::string& module) {
    return load_modules(folder.write("blackbox.yml", "modules: {m: {prober: http, " + module + "}}").string(),
                        test_environment());
  };
  for (const char* good :
       {"timeout: +5s", "timeout: 10ns", "http: {valid_status_codes: [0xC8]}", "http: {fail_if_ssl: y}"}) {
    CAPTURE(good);
    CHECK(load_file(good).has_value());
  }
  for (const char* bad : {"timeout: 1d", "http: {fail_if_ssl: 'true'}", "http: {valid_status_codes: ['200']}"}) {
    CAPTURE(bad);
    CHECK_FALSE(load_file(bad).has_value());
  }
  const auto refused = load_file("http: {compression: zstd}");
  REQUIRE(refused.has_value());
  REQUIRE(refused->config.unsupported.size() == 1);
  CHECK_FALSE(refused->config.unsupported.front().message.contains("``"));
}

TEST_CASE("only an item's own text is a pattern, and one that finds nothing is told") {
  const Folder folder;
  std::filesystem::create_directories(folder.path() / "a[1]");
  std::ofstream(folder.path() / "a[1]/m.yml") << "modules: {m: {prober: http}}";
  const auto load_with = [&](const std::string& files) {
    std::ofstream(folder.path() / "a[1]/nines.yml")
        << "checks: [{name: a, service: s, target: 'http://h/'}]\nmodule_files: ['" + files + "']\n";
    return load((folder.path() / "a[1]/nines.yml").string(), test_environment());
  };
  for (const char* found : {"m.yml", "m*.yml"}) {
    CAPTURE(found);
    const auto config = load_with(found);
    REQUIRE(config.has_value());
    CHECK(config->config.modules.contains("m"));
    CHECK(config->warnings.empty());
  }
  const auto none = load_with("x*.yml");
  REQUIRE(none.has_value());
  REQUIRE(none->warnings.size() == 1);
  CHECK(none->warnings.front().message == "no file matches `x*.yml`: nothing is read for it");
}

}  // namespace
}  // namespace nines::config
