#pragma once

#include <string>
#include <string_view>

namespace nines::reports {

// Text from outside as Markdown that shows it and does nothing else, on one line.
std::string markdown_text(std::string_view text);

}  // namespace nines::reports
