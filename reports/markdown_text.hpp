#pragma once

// Pieces of Markdown. Internal to reports/.

#include <string>
#include <string_view>
#include <vector>

namespace nines::reports {

// Text from outside as Markdown that shows it and does nothing else, on one line.
std::string escaped(std::string_view text);
std::string escaped_list(const std::vector<std::string>& names);

// "| a | b |" with a line's end; cells are Markdown already.
std::string row(const std::vector<std::string>& cells);

}  // namespace nines::reports
