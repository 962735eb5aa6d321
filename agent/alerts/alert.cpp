#include "agent/alerts/alert.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace nines::agent {

Told Alert::told_to(const std::string& receiver) const {
  const auto found = told.find(receiver);
  return found == told.end() ? Told{} : found->second;
}

std::string_view value_of(const AlertLabels& labels, std::string_view name) {
  const auto found = std::ranges::find(labels, name, &AlertLabels::value_type::first);
  return found == labels.end() ? std::string_view() : std::string_view(found->second);
}

std::string fingerprint_of(const AlertLabels& labels) {
  AlertLabels sorted = labels;
  std::erase_if(sorted, [](const auto& label) { return label.second.empty(); });
  std::ranges::sort(sorted);
  std::uint64_t hash = 14695981039346656037U;
  const auto add = [&](unsigned char byte) { hash = (hash ^ byte) * 1099511628211U; };
  const auto add_text = [&](const std::string& text) {
    for (const char c : text) add(static_cast<unsigned char>(c));
    add(255);
  };
  for (const auto& [name, value] : sorted) {
    add_text(name);
    add_text(value);
  }
  return fmt::format("{:016x}", hash);
}

}  // namespace nines::agent
