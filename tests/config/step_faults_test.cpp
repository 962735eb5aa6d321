// What is wrong with steps: step_faults.txt and step_list_faults.txt hold texts, and below each, indented, what load()
// says of it.

#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/config/support.hpp"

namespace nines::config {
namespace {

struct Case {
  std::vector<std::string> text;
  std::string said;
};

std::vector<Case> cases(const std::string& file) {
  std::ifstream lines(test_folder(file));
  std::vector<Case> all;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("  ")) {
      all.back().said += (all.back().said.empty() ? "" : "\n") + std::string("nines.yml:") + line.substr(2);
    } else {
      if (all.empty() || !all.back().said.empty()) all.emplace_back();
      all.back().text.push_back(line);
    }
  }
  return all;
}

std::string journey(const std::string& steps) {
  return "journeys: [{name: j, base_url: 'http://x', variables: {v: 1}, secrets: {s: {env: A_TOKEN}}, steps:" + steps +
         "}]\n";
}

TEST_CASE("each wrong step gives exactly the faults written below it") {
  const auto all = cases("step_faults.txt");
  REQUIRE(all.size() > 120);
  for (const Case& one : all) {
    INFO(one.text.front());
    CHECK(faults(journey(" [\n{name: a, get: /a, capture: {id: {jq: .id}}},\n" + one.text.front() + "]")) == one.said);
  }
}

TEST_CASE("each wrong step list or include gives exactly the faults written below it") {
  const auto all = cases("step_list_faults.txt");
  REQUIRE(all.size() > 20);
  for (const Case& one : all) {
    INFO(one.text.front());
    REQUIRE(one.text.size() == 2);
    CHECK(faults(one.text[1] + "\n" + journey("\n" + one.text[0])) == one.said);
  }
}

TEST_CASE("a journey has no more than a thousand steps, those of its lists included") {
  std::string lists = "step_lists: {l0: {steps: [{name: x, get: /}]}";
  for (int i = 1; i < 7; ++i) {
    lists += ", l" + std::to_string(i) + ": {steps: [";
    for (int j = 0; j < 10; ++j) {
      lists += "{include: l" + std::to_string(i - 1) + ", name: n" + std::to_string(j) + "}, ";
    }
    lists += "]}";
  }
  const std::string said = faults(lists + "}\n" + journey(" [{include: l6}]"));
  CHECK(said.find("a journey has more than 1000 steps with those of its step lists: expected fewer") !=
        std::string::npos);
}

TEST_CASE("the name of a step with those of its lists is not longer than a name may be") {
  const std::string list(120, 'l');
  const std::string step(120, 's');
  CHECK(faults("step_lists: {" + list + ": {steps: [{name: " + step + ", get: /}]}}\n" +
               journey(" [{include: " + list + "}]")) ==
        "nines.yml:1:145: the name of the step with those of its lists has 241 bytes: expected at most 200");
}

}  // namespace
}  // namespace nines::config
