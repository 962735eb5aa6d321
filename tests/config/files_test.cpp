// Every file of bad/ holds a mistake (or several); NAME.txt beside it holds what load() says, each line without the
// folder. Every file of good/ loads.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/config/support.hpp"

namespace nines::config {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> yaml_files(const std::string& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(test_folder(folder))) {
    if (entry.path().extension() == ".yml") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string without(std::string text, const std::string& folder) {
  for (std::size_t at = text.find(folder); at != std::string::npos; at = text.find(folder, at)) {
    text.erase(at, folder.size());
  }
  return text;
}

TEST_CASE("each bad file gives exactly the faults written beside it") {
  const auto files = yaml_files("bad");
  REQUIRE(files.size() > 100);
  for (const fs::path& file : files) {
    INFO(file.filename().string());
    const auto loaded = load(file.string(), test_environment());
    CHECK_FALSE(loaded.has_value());
    if (loaded) continue;
    std::string said;
    for (const Error& fault : loaded.error()) said += without(fault.text(), file.parent_path().string() + "/") + "\n";
    CHECK(said == content(fs::path(file).replace_extension(".txt")));
  }
}

TEST_CASE("each good file loads") {
  const auto files = yaml_files("good");
  REQUIRE(files.size() >= 3);
  for (const fs::path& file : files) {
    INFO(file.filename().string());
    const auto loaded = load(file.string(), test_environment());
    if (!loaded) FAIL_CHECK(loaded.error().front().text());
  }
}

TEST_CASE("a file that is not there is one fault without a place") {
  const auto loaded = load("/nowhere/nines.yml", test_environment());
  REQUIRE_FALSE(loaded.has_value());
  REQUIRE(loaded.error().size() == 1);
  CHECK(loaded.error()[0].text() == "cannot read /nowhere/nines.yml: No such file or directory");
}

}  // namespace
}  // namespace nines::config
