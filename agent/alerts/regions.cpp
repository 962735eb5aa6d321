#include "agent/alerts/regions.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/outbound/http.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace nines::agent {
namespace {

// Two replicas of one region are one: it sees what either sees.
constexpr const char* kQuery = "max by (check, region) (nines_check_down)";

void add(std::vector<std::string>& sorted, const std::string& region) {
  const auto place = std::ranges::lower_bound(sorted, region);
  if (place == sorted.end() || *place != region) sorted.insert(place, region);
}

}  // namespace

Expected<std::map<std::string, Regions, std::less<>>> ask_regions(const config::Remote& prometheus,
                                                                  const std::stop_token& stop) {
  const auto reply = call(prometheus, {.path = std::string("/api/v1/query?query=") + percent_encode(kQuery)}, stop);
  if (!reply) return std::unexpected(reply.error());
  if (reply->status != 200) {
    return fail(fmt::format("{} answered {}: {}", origin_of(prometheus), reply->status, first_line(*reply)));
  }
  const auto json = parse_json(reply->body);
  if (!json) return fail(origin_of(prometheus) + " is no Prometheus: " + json.error().message);
  std::map<std::string, Regions, std::less<>> checks;
  try {
    for (const Json& series : json->at("data").at("result")) {
      const Json& labels = series.at("metric");
      if (!labels.contains("check") || !labels.contains("region")) continue;
      Regions& regions = checks[labels.at("check").get<std::string>()];
      const std::string region = labels.at("region").get<std::string>();
      add(regions.all, region);
      if (series.at("value").at(1).get<std::string>() != "0") add(regions.down, region);
    }
  } catch (const Json::exception& fault) {
    return fail(origin_of(prometheus) + " is no Prometheus as known here: " + fault.what());
  }
  return checks;
}

}  // namespace nines::agent
