#include "agent/alerts/regions.hpp"

#include <catch2/catch.hpp>

#include "tests/harness/nginx.hpp"
#include "tests/harness/prometheus.hpp"
#include "tests/harness/scratch.hpp"

namespace nines::agent {
namespace {

config::Remote remote_of(const std::string& url) {
  return {.url = url, .client = {}};
}

}  // namespace

TEST_CASE("a Prometheus that scrapes the agents of all regions says where a check is down") {
  const harness::Nginx agents(R"(location /metrics { return 200 '# TYPE nines_check_down gauge
nines_check_down{check="api",service="s",region="us-east-1"} 1
nines_check_down{check="api",service="s",region="eu-west-1"} 0
nines_check_down{check="api",service="s",region="ap-south-1"} 1
nines_check_down{check="web",service="s",region="eu-west-1"} 0
'; })");
  const std::string url = agents.url();
  const harness::Prometheus prometheus({{"nines", url.substr(url.find("://") + 3)}});
  std::map<std::string, Regions, std::less<>> regions;
  harness::eventually(
      [&] {
        auto answer = ask_regions(remote_of(prometheus.url()));
        if (answer) regions = std::move(*answer);
        return regions.size() == 2;
      },
      "Prometheus has scraped the agents", std::chrono::seconds(60));
  CHECK(regions.at("api").down == std::vector<std::string>{"ap-south-1", "us-east-1"});
  CHECK(regions.at("api").all == std::vector<std::string>{"ap-south-1", "eu-west-1", "us-east-1"});
  CHECK(regions.at("web").down.empty());
}

TEST_CASE("what is no Prometheus is named") {
  const harness::Nginx other(R"(location / { return 200 '{"data": 7}'; } location /text/ { return 200 'hello'; })"
                             R"( location /gone/ { return 404 'not here'; })");
  struct Row {
    const char* path;
    const char* said;
  };
  for (const Row& row : std::vector<Row>{{"", " is no Prometheus as known here: "},
                                         {"/text", " is no Prometheus: "},
                                         {"/gone", " answered 404: not here"}}) {
    const auto answer = ask_regions(remote_of(other.url(row.path)));
    REQUIRE_FALSE(answer);
    CHECK_THAT(answer.error().message, Catch::StartsWith(other.url() + row.said));
  }
}

}  // namespace nines::agent
