// A damaged file is loaded or refused with faults at places inside it; nothing else may happen.

#include <fstream>
#include <random>
#include <sstream>

#include <catch2/catch.hpp>

#include "tests/config/support.hpp"

namespace nines::config {
namespace {

std::string read(const std::string& name) {
  std::ifstream file(test_folder("good") + "/" + name, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void damage(std::string& text, std::mt19937& random) {
  constexpr std::string_view kBytes = "{}[]:,-&*!|>'\"%@`# \n\t<$a0~?\\\x01\xff";
  const std::size_t at = random() % text.size();
  switch (random() % 4) {
    case 0:
      text.erase(at, 1 + random() % 20);
      break;
    case 1:
      text.insert(at, 1, kBytes[random() % kBytes.size()]);
      break;
    case 2:
      text[at] = kBytes[random() % kBytes.size()];
      break;
    default:
      text.insert(at, text.substr(random() % text.size(), random() % 60));
      break;
  }
}

TEST_CASE("damage is told, and never breaks the reader") {
  std::mt19937 random(20261123);
  int refused = 0;
  for (const char* name : {"contract.yml", "spellings.yml", "journey_keys.yml", "parts/blackbox.part"}) {
    const std::string whole = read(name);
    REQUIRE_FALSE(whole.empty());
    for (int round = 0; round < 400; ++round) {
      std::string text = whole;
      for (std::size_t i = random() % 4 + 1; i > 0 && !text.empty(); --i) damage(text, random);
      const auto result = load_text(text, "nines.yml", test_environment());
      if (result) continue;
      ++refused;
      REQUIRE_FALSE(result.error().empty());
      for (const Error& fault : result.error()) {
        CHECK_FALSE(fault.message.empty());
        REQUIRE(fault.at.has_value());
        CHECK(fault.at->line >= 1);
        CHECK(fault.at->column >= 1);
      }
    }
  }
  CHECK(refused > 100);
}

}  // namespace
}  // namespace nines::config
