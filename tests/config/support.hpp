#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "config/load.hpp"

namespace nines::config {

// PORT=8080, EMPTY is empty, TASKS_PASSWORD and A_TOKEN are "secret-" and their name; nothing else is set.
Environment test_environment();

// A folder of tests/config.
std::string test_folder(const std::string& name);

// A folder of its own, gone with this.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path write(const std::string& name, std::string_view content) const;

 private:
  std::filesystem::path path_;
};

// Loads a text that must be right.
Config loaded(std::string_view text);

// Loads a text that must be wrong: all faults, one a line.
std::string faults(std::string_view text);

}  // namespace nines::config
