#include "tests/config/support.hpp"

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

}  // namespace nines::config
