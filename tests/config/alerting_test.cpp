#include <catch2/catch.hpp>

#include "tests/config/support.hpp"

namespace nines::config {

using namespace std::chrono_literals;

namespace {
constexpr const char* kCheck = "checks: [{name: api, service: api, target: 'http://127.0.0.1/'}]\n";
}

TEST_CASE("alerting has the defaults that the manual gives") {
  const Alerting alerting = loaded(kCheck).alerting;
  CHECK_FALSE(alerting.given());
  CHECK(alerting.external_url.empty());
  CHECK(alerting.group_wait == 10s);
  CHECK(alerting.group_interval == 1min);
  CHECK(alerting.certificate_warning == std::chrono::days(14));
  CHECK(alerting.certificate_critical == std::chrono::days(3));
}

TEST_CASE("alerting is read whole, and a webhook's URL is shown nowhere") {
  const Config config = loaded(std::string(kCheck) + R"(
alerting:
  external_url: https://nines.example/agent/
  alertmanagers: ['http://127.0.0.1:9093/', {url: 'http://127.0.0.1:9094', timeout: 2s}]
  webhooks: ['http://127.0.0.1:8000/hook/sesame']
  group_wait: 5s
  group_interval: 2m
  certificate_expiry: {warning: 30d}
)");
  const Alerting& alerting = config.alerting;
  CHECK(alerting.given());
  CHECK(alerting.external_url == "https://nines.example/agent");
  REQUIRE(alerting.alertmanagers.size() == 2);
  CHECK(alerting.alertmanagers[0].url == "http://127.0.0.1:9093");
  CHECK(alerting.alertmanagers[1].timeout == 2s);
  CHECK(alerting.group_wait == 5s);
  CHECK(alerting.group_interval == 2min);
  CHECK(alerting.certificate_warning == std::chrono::days(30));
  CHECK(alerting.certificate_critical == std::chrono::days(3));
  CHECK_THAT(config.text, !Catch::Contains("sesame"));
}

}  // namespace nines::config
