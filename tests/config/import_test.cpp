// imports/ holds files as other tools write them, what is made of each (.yml) and what is told (.txt).

#include "config/import.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include "config/load.hpp"
#include "tests/config/support.hpp"

namespace nines::config {
namespace {

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string told(const std::vector<Error>& errors) {
  std::string out;
  for (const Error& error : errors) out += error.text() + "\n";
  return out;
}

// Every variable is set: the place of a URL holds one.
std::optional<std::string> environment(const std::string& name) {
  return name == "HOST" ? "https://tasks.example" : "value-of-" + name;
}

struct Sample {
  std::string file;
  std::string output;
  ImportKind kind;
  std::size_t journeys;
  std::size_t steps;
};

const std::vector<Sample> kSamples = {{"tasks.postman_collection.json", "postman", ImportKind::postman, 1, 8},
                                      {"folders.postman_collection.json", "folders", ImportKind::postman, 3, 4},
                                      {"shop.har", "har", ImportKind::har, 1, 7},
                                      {"tasks.hurl", "hurl", ImportKind::hurl, 1, 6}};

TEST_CASE("what other tools have written becomes journeys that load, and the rest is told") {
  const std::string folder = test_folder("imports") + "/";
  for (const Sample& sample : kSamples) {
    CAPTURE(sample.file);
    const std::string text = content(folder + sample.file);
    CHECK(import_kind(text) == sample.kind);
    const auto imported = import_text({.text = text, .name = sample.file, .folder = ""});
    if (!imported) FAIL(told(imported.error()));
    CHECK(imported->text == content(folder + sample.output + ".yml"));
    CHECK(told(imported->left) == content(folder + sample.output + ".txt"));
    CHECK(imported->journeys == sample.journeys);
    CHECK(imported->steps == sample.steps);
    const auto loaded = load(folder + sample.output + ".yml", environment);
    if (!loaded) FAIL(told(loaded.error()));
    REQUIRE(loaded->config.journeys.size() == sample.journeys);
    std::size_t steps = 0;
    for (const Journey& journey : loaded->config.journeys) steps += journey.steps.size();
    CHECK(steps == sample.steps);
  }
}

TEST_CASE("passwords and tokens of a recording are in no output") {
  const std::string folder = test_folder("imports") + "/";
  for (const Sample& sample : kSamples) {
    const std::string written = content(folder + sample.output + ".yml") + content(folder + sample.output + ".txt");
    for (const char* secret : {"Tr0ub4dor", "eyJhbGci", "sesame open", "hunter2hunter2", "correct horse", "493021",
                               "s3cr3t-of-the-client", "wJalrXUtnFEMI", "n7Zk2-Qp0x", "9f8e7d6c5b4a3210"}) {
      CAPTURE(sample.file, secret);
      CHECK_FALSE(written.contains(secret));
    }
  }
}

TEST_CASE("what is wrong with a file is told with its place") {
  struct Case {
    const char* text;
    const char* fault;
  };
  const std::vector<Case> cases = {
      {"{\"log\": {\n  \"entries\": [,]}}", "f:2:15: not JSON: "},
      {"{\"log\": {}}", "f: a HAR file has no list `log.entries`: expected one"},
      {"{\"log\": {\"entries\": []}}", "f: no request of a page or an API is in the recording: expected at least one"},
      {"{\"info\": {\"schema\": \"schema.getpostman.com\"}}",
       "f: a Postman collection has no list `item`: expected one"},
      {"{\"info\": {}, \"item\": [{\"name\": \"x\"}]}",
       "f: the collection has no request: expected at least one in `item`"},
      {"{\"_postman_id\": 1, \"requests\": []}",
       "f: a Postman collection of version 1: expected one exported as v2.0 or v2.1"},
      {"GET https://a.example/\nHTTP 200\nHTTP 200", "f:3: an answer without a request before it: expected METHOD URL"},
      {"GET https://a.example/\nnonsense", "f:2: `nonsense` is no line of Hurl: expected NAME: VALUE"},
      {"GET https://a.example/\n{\"a\": [", "f:2: JSON that does not end: expected its closing bracket"},
      {"GET https://a.example/\n```\nx", "f:2: a text without its closing ```: expected one"},
      {"GET https://a.example/\nX: \x01", "f:2: a control character (0x01): expected a text"},
      {"GET https://a.example/\n[Options]\nskip: true", "f: no request is left: all are skipped"},
      {"modules: {}", "f: neither a Postman collection, a HAR file nor a Hurl file: expected one"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.text);
    const auto imported = import_text({.text = one.text, .name = "f", .folder = ""});
    REQUIRE_FALSE(imported.has_value());
    CHECK_THAT(told(imported.error()), Catch::StartsWith(one.fault));
  }
}

TEST_CASE("a URL that begins with neither http nor a variable is left out, and told") {
  const auto imported = import_text(
      {.text = "GET https://a.example/\n\nGET {{host}}/x\n\nGET ftp{{host}}://a/x\n", .name = "f", .folder = ""});
  REQUIRE(imported);
  CHECK(imported->steps == 2);
  CHECK(told(imported->left).contains("`ftp{{host}}://a/x` is no URL: expected one such as https://host/path"));
  CHECK(load_text(imported->text, "nines.yml", environment));
}

TEST_CASE("a secret's value that is part of a name leaves the name alone") {
  const auto imported = import_text(
      {.text =
           "GET https://a.example/\n[Query]\npassword: secret\nclient_secret: other-value\nx: a secret\ny: {secret}\n",
       .name = "f",
       .folder = ""});
  REQUIRE(imported);
  CAPTURE(imported->text);
  CHECK(imported->text.contains("'{{ client_secret }}'"));
  CHECK(imported->text.contains("x: a {{ password }}\n"));
  CHECK(imported->text.contains("{{ ''{'' }}{{ password }}}"));
  CHECK(load_text(imported->text, "nines.yml", environment));
}

TEST_CASE("a header with a tab in it is left out, and told") {
  const auto imported = import_text({.text = "GET https://a.example/\nX: a\tb\nY: c\n", .name = "f", .folder = ""});
  REQUIRE(imported);
  CHECK(told(imported->left)
            .contains("the step `GET /` has a control character in its header `X`, which is not carried over"));
  CHECK(load_text(imported->text, "nines.yml", environment));
  CHECK(imported->text.contains("'Y': c"));
}

TEST_CASE("nines' and blackbox_exporter's own files are no imports") {
  CHECK(import_kind(content(test_folder("convert") + "/blackbox.yml")) == ImportKind::none);
  CHECK(import_kind(content(test_folder("good") + "/contract.yml")) == ImportKind::none);
  CHECK(import_kind("{modules: {a: {prober: http}}}") == ImportKind::none);
  CHECK(import_kind("") == ImportKind::none);
  CHECK(import_kind("# a comment\n\nGET https://a.example/\n") == ImportKind::hurl);
}

}  // namespace
}  // namespace nines::config
