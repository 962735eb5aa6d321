// The client against a real Alertmanager.

#include "agent/outbound/alertmanager.hpp"

#include <catch2/catch.hpp>

#include "base/clock.hpp"
#include "tests/harness/alertmanager.hpp"
#include "tests/harness/scratch.hpp"

namespace nines::agent {
namespace {

using namespace std::chrono_literals;

config::Remote remote_of(const std::string& url) {
  return {.url = url, .client = {}, .timeout = 10s};
}

Time now() {
  return system_clock().now();
}

PostedAlert alert_of(const std::string& service, const std::string& severity) {
  return {.labels = {{"alertname", "CheckFailing"}, {"service", service}, {"severity", severity}, {"empty", ""}},
          .annotations = {{"summary", service + " \"fails\"\nnow: ü"}},
          .starts_at = now() - 1min,
          .ends_at = now() + 5min,
          .generator_url = "http://127.0.0.1:9999/checks/" + service};
}

// Of what Alertmanager has, which takes a moment after it has answered.
std::vector<KnownAlert> eventual_alerts(const Alertmanager& client, const std::vector<AlertMatcher>& matchers,
                                        const std::function<bool(const std::vector<KnownAlert>&)>& wanted) {
  std::vector<KnownAlert> alerts;
  harness::eventually(
      [&] {
        auto answer = client.alerts(matchers);
        if (answer) alerts = std::move(*answer);
        return answer && wanted(alerts);
      },
      "Alertmanager has the alerts");
  return alerts;
}

bool one(const std::vector<KnownAlert>& alerts) {
  return alerts.size() == 1;
}

}  // namespace

TEST_CASE("alerts are posted, found by their labels and resolved") {
  const harness::Alertmanager server;
  const Alertmanager client(remote_of(server.url()));
  const std::vector<PostedAlert> posted{alert_of("api \"one\"\\", "critical"), alert_of("web", "warning")};
  REQUIRE(client.post_alerts(posted));

  const std::vector<AlertMatcher> of_api{{.name = "service", .value = "api \"one\"\\"}};
  const auto known = eventual_alerts(client, of_api, one);
  CHECK(known[0].labels ==
        AlertLabels{{"alertname", "CheckFailing"}, {"service", "api \"one\"\\"}, {"severity", "critical"}});
  CHECK(known[0].annotations == posted[0].annotations);
  CHECK(known[0].receivers == std::vector<std::string>{"none"});
  CHECK(known[0].starts_at - posted[0].starts_at < 1ms);
  CHECK(known[0].ends_at - *posted[0].ends_at < 1ms);
  CHECK_FALSE(known[0].silenced());
  CHECK_FALSE(known[0].inhibited());
  CHECK(known[0].fingerprint.size() == 16);

  struct Row {
    std::vector<AlertMatcher> matchers;
    std::size_t found;
  };
  const std::vector<Row> rows{
      {{}, 2},
      {{{.name = "service", .value = "web"}}, 1},
      {{{.name = "service", .value = "w.*", .regex = true}}, 1},
      {{{.name = "service", .value = "web", .equal = false}}, 1},
      {{{.name = "service", .value = "w.*", .regex = true, .equal = false}}, 1},
      {{{.name = "service", .value = "web"}, {.name = "severity", .value = "critical"}}, 0},
  };
  for (const Row& row : rows) {
    const auto found = client.alerts(row.matchers);
    REQUIRE(found);
    CHECK(found->size() == row.found);
  }

  PostedAlert resolved = posted[0];
  resolved.ends_at = now();
  REQUIRE(client.post_alerts({&resolved, 1}));
  eventual_alerts(client, of_api, [](const auto& alerts) { return alerts.empty(); });
}

TEST_CASE("a silence is made, extended under its id and expired once and again") {
  const harness::Alertmanager server;
  const Alertmanager client(remote_of(server.url()));
  const PostedAlert alert = alert_of("api", "critical");
  REQUIRE(client.post_alerts({&alert, 1}));
  Silence silence{.id = {},
                  .matchers = {{.name = "service", .value = "api"}},
                  .starts_at = now(),
                  .ends_at = now() + 1h,
                  .created_by = "ops@example.com",
                  .comment = "deployment of \"42\""};
  const auto id = client.create_silence(silence);
  REQUIRE(id);
  silence.id = *id;
  auto known =
      eventual_alerts(client, silence.matchers, [](const auto& alerts) { return one(alerts) && alerts[0].silenced(); });
  CHECK(known[0].silenced_by == std::vector<std::string>{*id});
  CHECK(known[0].state == "suppressed");

  const auto made = client.silence(*id);
  REQUIRE((made && *made));
  silence.starts_at = (*made)->starts_at;
  silence.ends_at += 1h;
  silence.comment = "it takes longer";
  CHECK(client.update_silence(silence) == *id);
  const auto extended = client.silence(*id);
  REQUIRE(extended);
  REQUIRE(extended->has_value());
  CHECK((*extended)->ends_at - silence.ends_at < 1ms);
  CHECK((*extended)->comment == "it takes longer");
  CHECK((*extended)->created_by == "ops@example.com");
  CHECK((*extended)->matchers == silence.matchers);
  CHECK((*extended)->state == "active");

  CHECK(client.expire_silence(*id));
  CHECK(client.expire_silence(*id));
  const auto all = client.silences(silence.matchers);
  REQUIRE(all);
  REQUIRE(all->size() == 1);
  CHECK(all->front().state == "expired");
  eventual_alerts(client, silence.matchers, [](const auto& alerts) { return one(alerts) && !alerts[0].silenced(); });

  const auto again = client.update_silence({.id = *id,
                                            .matchers = silence.matchers,
                                            .starts_at = now(),
                                            .ends_at = now() + 1h,
                                            .created_by = "ops",
                                            .comment = "again"});
  REQUIRE(again);
  CHECK(*again != *id);
}

TEST_CASE("a silence that is not there is none, and expiring it is no error") {
  const harness::Alertmanager server;
  const Alertmanager client(remote_of(server.url()));
  const std::string id = "f81d4fae-7dec-4d0a-a765-00a0c91e6bf6";
  const auto none = client.silence(id);
  REQUIRE(none);
  CHECK_FALSE(none->has_value());
  CHECK(client.expire_silence(id));
}

TEST_CASE("what Alertmanager refuses is said with its own words") {
  const harness::Alertmanager server;
  const Alertmanager client(remote_of(server.url()));
  const PostedAlert nameless{.labels = {{"not a name", "x"}}, .annotations = {}};
  const auto posted = client.post_alerts({&nameless, 1});
  REQUIRE_FALSE(posted);
  CHECK_THAT(posted.error().message, Catch::StartsWith(server.url() + " answered 400: ") && Catch::Contains("label"));

  const auto silence = client.create_silence(
      {.id = {}, .matchers = {}, .starts_at = now(), .ends_at = now() + 1h, .created_by = "ops", .comment = "none"});
  REQUIRE_FALSE(silence);
  CHECK_THAT(silence.error().message, Catch::StartsWith(server.url() + " answered 4"));
}

TEST_CASE("an Alertmanager that is away, and a server that is none, are named") {
  const std::string away = "http://127.0.0.1:" + std::to_string(harness::free_port());
  const PostedAlert alert = alert_of("api", "warning");
  const auto posted = Alertmanager(remote_of(away)).post_alerts({&alert, 1});
  REQUIRE_FALSE(posted);
  CHECK_THAT(posted.error().message, Catch::StartsWith(away + " gave no answer: "));

  const harness::Alertmanager server;
  const auto known = Alertmanager(remote_of(server.url("/elsewhere"))).alerts({});
  REQUIRE_FALSE(known);
  CHECK_THAT(known.error().message, Catch::StartsWith(server.url()));
}

TEST_CASE("a matcher is written as Alertmanager writes it") {
  CHECK(matcher_text({.name = "a", .value = "b"}) == "a=\"b\"");
  CHECK(matcher_text({.name = "a", .value = "b\"\\\n", .equal = false}) == "a!=\"b\\\"\\\\\\n\"");
  CHECK(matcher_text({.name = "a", .value = "b.*", .regex = true}) == "a=~\"b.*\"");
  CHECK(matcher_text({.name = "a", .value = "b.*", .regex = true, .equal = false}) == "a!~\"b.*\"");
}

}  // namespace nines::agent
