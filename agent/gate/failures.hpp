#pragma once

// What failed while a gate probed, in words.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/runner.hpp"

namespace nines::agent {

// The reason of a failed run, one line.
std::string say_failure(const RunReport& report);

// What failed last of each check, so that a verdict says more than how often. One thread at a time.
class Failures {
 public:
  void add(const std::string& check, const RunReport& report);
  std::vector<std::string> sentences() const;

 private:
  std::map<std::string, std::string> last_;
  std::map<std::string, std::set<std::string>> down_;
};

}  // namespace nines::agent
