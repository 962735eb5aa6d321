#include "agent/gate/failures.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace nines::agent {

std::string say_failure(const RunReport& report) {
  const std::string& message = report.result.evidence.message;
  return ellipsize(printable(message.empty() ? std::string(reason_name(report.result.row.reason)) : message), 300);
}

void Failures::add(const std::string& check, const RunReport& report) {
  if (!report.result.row.success()) last_[check] = say_failure(report);
  for (const auto& [name, up] : report.components) {
    if (!up) down_[check].insert(name);
  }
}

std::vector<std::string> Failures::sentences() const {
  std::vector<std::string> all;
  for (const auto& [check, message] : last_) all.push_back(fmt::format("{} failed, last: {}", check, message));
  for (const auto& [check, names] : down_) {
    all.push_back(fmt::format("{} tells of dependencies that are not available: {}", check, fmt::join(names, ", ")));
  }
  return all;
}

}  // namespace nines::agent
