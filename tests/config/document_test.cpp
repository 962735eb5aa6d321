// The examples of docs/configuration.md, in its part on journeys, are whole configurations that load.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "tests/config/support.hpp"

namespace nines::config {
namespace {

namespace fs = std::filesystem;

// The lines between ```yaml and ```, of the chapter "## journeys".
std::vector<std::string> examples() {
  std::ifstream document(NINES_SOURCE_DIR "/docs/configuration.md");
  std::vector<std::string> found;
  bool chapter = false;
  bool block = false;
  for (std::string line; std::getline(document, line);) {
    if (!block && line.starts_with("## ")) chapter = line == "## journeys";
    if (chapter && line == "```yaml") {
      block = true;
      found.emplace_back();
    } else if (line == "```") {
      block = false;
    } else if (block) {
      found.back() += line + "\n";
    }
  }
  return found;
}

// With the files that examples name.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("nines-document-" + std::to_string(::getpid()))) {
    fs::create_directories(path_);
    write("sample.pdf", "%PDF-1.7\n");
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;

  std::string write(const std::string& name, const std::string& text) const {
    const fs::path file = path_ / name;
    std::ofstream(file) << text;
    return file.string();
  }

 private:
  fs::path path_;
};

TEST_CASE("each example of a journey in the manual loads without a warning") {
  const auto all = examples();
  REQUIRE(all.size() >= 5);
  const Folder folder;
  const Environment set = [](const std::string& name) { return "value of " + name; };
  for (const char* about : {"csrf_token", "repeat: 50", "oauth2:", "file: sample.pdf", "creates:"}) {
    INFO(about);
    CHECK(std::ranges::any_of(all, [&](const std::string& text) { return text.find(about) != std::string::npos; }));
  }
  for (const std::string& text : all) {
    INFO(text);
    const auto result = load(folder.write("nines.yml", text), set);
    if (!result) FAIL(result.error().front().text());
    CHECK(result->warnings.empty());
    CHECK_FALSE(result->config.journeys.empty());
  }
}

}  // namespace
}  // namespace nines::config
