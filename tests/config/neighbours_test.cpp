#include <string>

#include <catch2/catch.hpp>

#include "config/config.hpp"
#include "config/neighbour.hpp"
#include "tests/config/support.hpp"

namespace nines::config {
namespace {

using std::chrono::seconds;

constexpr std::string_view kChecks = "checks: [{name: api, target: 'https://example.com/'}]\n";

Config with(const std::string& text) {
  return loaded(std::string(kChecks) + text);
}

TEST_CASE("what is not named is not there, and what is kept has a limit") {
  const Config config = with("");
  CHECK_FALSE(config.smtp.given());
  CHECK_FALSE(config.prometheus.given());
  CHECK_FALSE(config.grafana.given());
  CHECK(config.alerting.alertmanagers.empty());
  CHECK(config.retention.results == std::chrono::days(400));
  CHECK(config.retention.evidence == std::chrono::days(90));
  CHECK(config.retention.max_bytes == 10'000'000'000);
}

TEST_CASE("a neighbour is a URL, or a URL with credentials") {
  const Config config = with(
      "prometheus: {url: 'http://127.0.0.1:9090/prefix/', timeout: 3s, basic_auth: {username: u, password: pw-1}}\n"
      "grafana: {url: 'http://127.0.0.1:3000', token: {env: A_TOKEN}}\n"
      "alerting: {alertmanagers: ['http://127.0.0.1:9093', {url: 'https://[::1]:9094'}]}\n"
      "gate: {cpu: 'cpu', memory: 'memory'}\n"
      "retention: {results: 30d, evidence: 7d, max_size: 1GiB}\n");
  CHECK(config.prometheus.url == "http://127.0.0.1:9090/prefix");
  CHECK(config.prometheus.timeout == seconds(3));
  CHECK(config.prometheus.client.basic_auth->password.reveal() == "pw-1");
  CHECK(config.grafana.client.authorization_credentials->reveal() == "secret-A_TOKEN");
  REQUIRE(config.alerting.alertmanagers.size() == 2);
  CHECK(config.alerting.alertmanagers[1].url == "https://[::1]:9094");
  CHECK(config.gate.memory == "memory");
  CHECK(config.retention.results == std::chrono::days(30));
  CHECK(config.retention.max_bytes == 1 << 30);
  CHECK_FALSE(config.text.contains("pw-1"));
}

TEST_CASE("a webhook's URL is a secret") {
  const Config config = with(
      "smtp: {url: 'smtp://mail.example', from: nines@example.com, username: u, password: {env: A_TOKEN}}\n"
      "alerting: {slack: ['https://hooks.example/T0/B0'], email: [a@example.com]}\n");
  CHECK(config.alerting.slack.front().url == "https://hooks.example/T0/B0");
  CHECK_FALSE(config.text.contains("T0/B0"));
  CHECK(config.alerting.email.front() == "a@example.com");
}

TEST_CASE("what is wrong with a neighbour is told with its place") {
  struct Case {
    std::string text, told;
  };
  const auto wrong = GENERATE(values<Case>({
      {"prometheus: 'ftp://example.com'", "it is no URL: expected one such as http://127.0.0.1:9093"},
      {"prometheus: {timeout: 3s}", "`prometheus` has no `url`"},
      {"prometheus: {url: 'http://h:1', oauth2: {client_id: a, client_secret: b, token_url: 'http://h/t'}}",
       "`oauth2` is not available here: expected basic_auth or authorization"},
      {"gate: {cpu: up}", "`gate` asks for queries without `prometheus`"},
      {"alerting: {email: [a@example.com]}", "`email` without `smtp`: expected the mail server in `smtp`"},
      {"alerting: {email: ['a@@b']}", "is no mail address: expected one such as sla@acme.example"},
      {"alerting: {alertmanager: []}", "did you mean `alertmanagers`?"},
      {"smtp: {url: 'smtp://h', from: a@b.example, pasword: x}", "did you mean `password`?"},
      {"retention: {max_size: lots}", "\"lots\" is no size: expected one such as 10GB"},
      {"retention: {results: 0s}", "`results`"},
      {"grafana: {token: x}", "`grafana` has no `url`"},
  }));
  INFO(wrong.text);
  const std::string told = faults(std::string(kChecks) + wrong.text + "\n");
  CHECK_THAT(told, Catch::Contains(wrong.told));
  CHECK_THAT(told, Catch::Contains(":2:"));
}

TEST_CASE("a mail address has one @ and no character that mail servers take for something else") {
  for (const std::string_view good : {"a@b", "first.last+tag@mail.example"}) CHECK(is_mail_address(good));
  for (const std::string_view bad : {"", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\r\nBcc: d@e", "<a@b>", "a,b@c"}) {
    INFO(bad);
    CHECK_FALSE(is_mail_address(bad));
  }
}

}  // namespace
}  // namespace nines::config
