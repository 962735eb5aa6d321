#include <array>

#include "reports/status_page.hpp"

namespace nines::reports {
namespace {

struct ShownRow {
  std::string_view name;
  std::string_view symbol;
};

// In the order of Shown.
constexpr std::array<ShownRow, 7> kShown = {{
    {"up", "●"},
    {"failing", "◐"},
    {"warning", "▲"},
    {"critical", "■"},
    {"unknown", "?"},
    {"maintenance", "◇"},
    {"suppressed", "◌"},
}};

}  // namespace

std::string_view shown_name(Shown state) {
  return kShown.at(static_cast<std::size_t>(state)).name;
}

std::string_view shown_symbol(Shown state) {
  return kShown.at(static_cast<std::size_t>(state)).symbol;
}

}  // namespace nines::reports
