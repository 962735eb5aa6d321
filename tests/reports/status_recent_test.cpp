#include <catch2/catch.hpp>

#include "reports/status_page.hpp"
#include "tests/reports/samples.hpp"

using namespace nines;
using namespace nines::reports;
using Catch::Contains;

namespace {

StatusModel with_probes(std::optional<std::vector<RecentProbe>> probes) {
  StatusModel model = test::status_samples().front().second;
  model.recent_probes = std::move(probes);
  return model;
}

}  // namespace

TEST_CASE("the page lists the recent probes in the order given, each with its result and its log") {
  const std::string page =
      status_page(with_probes({{{7, "http_2xx", "https://a.example/", true}, {6, "tcp", "b.example:25", false}}}));
  CHECK_THAT(page, Contains("<h2>Recent Probes</h2>") && Contains("https://a.example/") && Contains("http_2xx"));
  CHECK_THAT(page, Contains("href=\"/logs?id=7\"") && Contains("href=\"/logs?id=6\""));
  CHECK_THAT(page, Contains("● success") && Contains("■ failure"));
  CHECK(page.find("/logs?id=7") < page.find("/logs?id=6"));
}

TEST_CASE("a page without the endpoint does not speak of probes; one without probes tells how to ask for one") {
  CHECK_FALSE(status_page(with_probes(std::nullopt)).contains("Recent Probes"));
  CHECK_THAT(status_page(with_probes(std::vector<RecentProbe>())),
             Contains("Recent Probes") && Contains("/probe?target"));
}

TEST_CASE("what a probe was asked for cannot become markup, and is cut when it is long") {
  const std::string page = status_page(
      with_probes({{{0, "<b>m", "http://x/\"><script>alert(1)</script>\n" + std::string(5000, 'y'), true}}}));
  CHECK_FALSE(page.contains("<script"));
  CHECK_FALSE(page.contains("<b>m"));
  CHECK_FALSE(page.contains(std::string(300, 'y')));
}
