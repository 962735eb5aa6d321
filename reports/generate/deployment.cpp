#include "reports/generate/deployment.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/text.hpp"
#include "reports/generate/rules.hpp"
#include "reports/generate/text.hpp"

namespace nines::reports::generate {
namespace {

constexpr std::size_t kMaxName = 40;

// A label as RFC 1123 has it.
std::string plain_name(std::string_view region) {
  std::string out = "nines-";
  for (char c : region) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain || !out.ends_with('-')) out += plain ? c : '-';
  }
  if (out.size() > kMaxName) out.resize(kMaxName);
  while (out.ends_with('-')) out.pop_back();
  return out;
}

}  // namespace

std::vector<AgentName> agent_names(const config::Config& config) {
  std::vector<AgentName> names;
  std::set<std::string> taken;
  for (const std::string& region : reporting_regions(config)) {
    std::string name = plain_name(region);
    for (int number = 2; !taken.insert(name).second; ++number) name = fmt::format("{}-{}", plain_name(region), number);
    names.push_back({region, std::move(name)});
  }
  return names;
}

// Deployable::text has its keys at the start of lines and each scalar on one line.
std::string container_config(const config::Deployable& deployable, const std::string& region) {
  std::string out = fmt::format("region: {}\nlisten: 0.0.0.0:{}\ndata_dir: /data\n", yaml_string(region), kPort);
  for (const std::string_view line : split(deployable.text, '\n')) {
    const bool ours = line.starts_with("region:") || line.starts_with("listen:") || line.starts_with("data_dir:");
    if (!ours && !line.empty()) out.append(line) += '\n';
  }
  return out;
}

Expected<void> check_deployable(const config::Deployable& deployable) {
  if (deployable.text.find("<secret>") == std::string::npos) return {};
  return fail(
      "the configuration holds a secret, which would have to be written down: expected {env: NAME} or {file: PATH} "
      "instead of each secret");
}

}  // namespace nines::reports::generate
