#include "probes/async/hosts_file.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>

namespace nines::probes {

Hosts parse_hosts(std::string_view text) {
  Hosts hosts;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    line.resize(std::min(line.size(), line.find('#')));
    std::istringstream words(line);
    std::string word;
    if (!(words >> word)) continue;
    const auto address = IpAddress::parse(word);
    if (!address) continue;
    while (words >> word) {
      std::ranges::transform(word, word.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      hosts[word].push_back(*address);
    }
  }
  for (auto& [name, addresses] : hosts) {
    std::ranges::stable_sort(addresses, [](const auto& a, const auto& b) { return a.family > b.family; });
  }
  return hosts;
}

}  // namespace nines::probes
