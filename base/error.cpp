#include "base/error.hpp"

#include <fmt/format.h>

namespace nines {

std::string Error::text() const {
  if (!at) return message;
  if (at->line == 0) return fmt::format("{}: {}", at->file, message);
  if (at->column == 0) return fmt::format("{}:{}: {}", at->file, at->line, message);
  return fmt::format("{}:{}:{}: {}", at->file, at->line, at->column, message);
}

}  // namespace nines
