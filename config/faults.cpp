#include "config/faults.hpp"

#include <tuple>

namespace nines::config {

bool Faults::ByPlace::operator()(const Error& a, const Error& b) const {
  if (a.at.has_value() != b.at.has_value()) return !a.at;
  if (!a.at) return a.message < b.message;
  return std::tie(a.at->file, a.at->line, a.at->column, a.message) <
         std::tie(b.at->file, b.at->line, b.at->column, b.message);
}

std::string place(const Position& at) {
  return at.file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

}  // namespace nines::config
