// Ten journeys of ten steps every second, on one loop, keep their schedule.

#include <chrono>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/e2e/support.hpp"
#include "tests/harness/nginx.hpp"

using namespace nines;
using namespace nines::e2e;
using namespace nines::harness;

namespace {

std::string ten_by_ten() {
  std::string text = "region: us-east-1\njourneys:\n";
  for (int journey = 0; journey < 10; ++journey) {
    text += fmt::format(
        "  - name: journey-{}\n    service: s\n    base_url: ${{TARGET}}\n    interval: 1s\n    timeout: 900ms\n"
        "    steps:\n",
        journey);
    for (int step = 0; step < 10; ++step) {
      text += fmt::format(
          "      - {{name: step-{0}, get: '/{0}', expect: {{status: 200, jq: ['.ok']}}, capture: {{c{0}: {{jq: "
          ".ok}}}}}}\n",
          step);
    }
  }
  return text;
}

}  // namespace

TEST_CASE("ten journeys of ten steps every second keep their schedule") {
  const Nginx nginx(R"(location / { default_type application/json; return 200 '{"ok": true}'; })");
  Agent agent(ten_by_ten(), {{"TARGET", nginx.url()}});
  eventually([&] { return agent.told("run finished").size() >= 50; }, "five rounds are done", std::chrono::seconds(30));
  CHECK(agent.metric("nines_scheduler_skipped_total") == 0);
  const double runs = agent.metric("nines_scheduler_lateness_seconds_count").value();
  // A hundred times what a quiet machine needs; sanitizers and a busy one have room.
  CHECK(agent.metric("nines_scheduler_lateness_seconds_bucket", {R"(le="0.5")"}).value() >= 0.99 * runs);
  agent.process().signal(SIGTERM);
  CHECK(agent.process().wait() == 0);
  const auto lines = agent.exported();
  CHECK(lines.size() >= 50);
  for (const Json& line : lines) {
    INFO(line.dump());
    CHECK(line.at("success") == true);
  }
}
