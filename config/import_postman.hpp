#pragma once

// The plain lines of Postman's test scripts, by their patterns; nothing is run.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/json.hpp"

namespace nines::config {

// What a script says of an answer, in the words of a step.
struct PostmanScript {
  struct Capture {
    std::string name;  // as Postman has it
    Json source;       // {jq: .id}, {header: Location}, …
  };

  Json expect = Json::object();
  std::vector<Capture> captures;
  // Lines that nothing was made of, each with its number.
  std::vector<std::pair<int, std::string>> left;
};

// Linear in the script.
PostmanScript read_postman_script(std::string_view script);

// What {{$guid}} and its like are here; empty: not one of Postman's own names. `exact` is false when it is only
// something of the kind.
std::string postman_dynamic(std::string_view name, bool& exact);

}  // namespace nines::config
