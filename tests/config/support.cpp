#include "tests/config/support.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include <catch2/catch.hpp>

namespace nines::config {

Environment test_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    if (name == "PORT") return "8080";
    if (name == "EMPTY") return "";
    if (name == "TASKS_PASSWORD" || name == "A_TOKEN") return "secret-" + name;
    return std::nullopt;
  };
}

std::string test_folder(const std::string& name) {
  return NINES_SOURCE_DIR "/tests/config/" + name;
}

Config loaded(std::string_view text) {
  auto result = load_text(text, "nines.yml", test_environment());
  if (!result) FAIL(result.error().front().text());
  return std::move(result->config);
}

std::string faults(std::string_view text) {
  const auto result = load_text(text, "nines.yml", test_environment());
  std::string said;
  if (result) return said;
  for (const Error& fault : result.error()) said += (said.empty() ? "" : "\n") + fault.text();
  return said;
}

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "nines-config-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path Folder::write(const std::string& name, std::string_view content) const {
  std::ofstream(path_ / name, std::ios::binary) << content;
  return path_ / name;
}

}  // namespace nines::config
