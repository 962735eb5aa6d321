#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nines::tree {

// The folders that hold the program, lowest first.
std::vector<std::string_view> rooms();

// The includes of one source file that the table of rooms forbids, as "file:line: why". `path` is relative to the root
// of the tree and lies in a room; `text` is what the file holds.
//
//   include_faults("base/time.hpp", "#include \"agent/agent.hpp\"\n")
//     == {"base/time.hpp:1: base may not include agent"}
std::vector<std::string> include_faults(std::string_view path, std::string_view text);

}  // namespace nines::tree
