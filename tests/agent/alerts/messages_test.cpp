#include "agent/alerts/messages.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "tests/agent/support.hpp"

namespace nines::agent {
namespace {

using tests::at;

Alert alert_of(const std::string& check, const std::string& severity, std::optional<double> ends = {}) {
  return {.id = 7,
          .identity = "check/" + check,
          .labels = {{"alertname", "CheckFailing"},
                     {"service", "api"},
                     {"check", check},
                     {"empty", ""},
                     {"severity", severity},
                     {"priority", "P1"}},
          .annotations = {{"summary", "Check " + check + " of <api> is " + severity},
                          {"description", "5 failures in a row & more."},
                          {"runbook_url", "https://wiki.example/api"}},
          .url = "https://nines.example/checks/" + check,
          .starts = at(0),
          .ends = ends ? std::optional(at(*ends)) : std::nullopt,
          .told = {}};
}

Message message_of() {
  return {.service = "api",
          .firing = {alert_of("a", "critical")},
          .resolved = {alert_of("b", "critical", 90)},
          .replaced = {alert_of("a", "warning", 30)},
          .then = {{1, {at(5), {}}}, {2, {at(5), at(6)}}}};
}

}  // namespace

TEST_CASE("a webhook gets what Alertmanager's would, version 4") {
  const Json body = parse_json(webhook_body(message_of(), "https://nines.example")).value();
  CHECK(body.at("version") == "4");
  CHECK(body.at("status") == "firing");
  CHECK(body.at("receiver") == "nines");
  CHECK(body.at("groupKey") == R"({}:{service="api"})");
  CHECK(body.at("groupLabels") == Json{{"service", "api"}});
  CHECK(body.at("commonLabels") == Json{{"alertname", "CheckFailing"}, {"service", "api"}, {"priority", "P1"}});
  CHECK(body.at("commonAnnotations") ==
        Json{{"description", "5 failures in a row & more."}, {"runbook_url", "https://wiki.example/api"}});
  CHECK(body.at("externalURL") == "https://nines.example");
  CHECK(body.at("truncatedAlerts") == 0);
  REQUIRE(body.at("alerts").size() == 3);
  const Json& first = body.at("alerts")[0];
  CHECK(first.at("status") == "firing");
  CHECK(first.at("startsAt") == "2026-10-01T00:00:00.000Z");
  CHECK(first.at("endsAt") == "0001-01-01T00:00:00Z");
  CHECK(first.at("generatorURL") == "https://nines.example/checks/a");
  CHECK_FALSE(first.at("labels").contains("empty"));
  CHECK(body.at("alerts")[1].at("status") == "resolved");
  CHECK(body.at("alerts")[1].at("endsAt") == "2026-10-01T00:01:30.000Z");
  CHECK(body.at("alerts")[2].at("status") == "resolved");  // the warning that a critical replaced

  Message over = message_of();
  over.firing.clear();
  CHECK(parse_json(webhook_body(over, "x")).value().at("status") == "resolved");
}

TEST_CASE("Slack gets an attachment for each alert, its text escaped") {
  const Json body = parse_json(slack_body(message_of())).value();
  CHECK(body.at("text") == "[FIRING:1] api: Check a of &lt;api&gt; is critical");
  REQUIRE(body.at("attachments").size() == 2);
  const Json& first = body.at("attachments")[0];
  CHECK(first.at("color") == "danger");
  CHECK(first.at("title") == "P1 Check a of &lt;api&gt; is critical (critical)");
  CHECK(first.at("title_link") == "https://nines.example/checks/a");
  CHECK(first.at("text") ==
        "5 failures in a row &amp; more.\nSince 2026-10-01T00:00:00Z.\n<https://wiki.example/api|Runbook>");
  CHECK(body.at("attachments")[1].at("color") == "good");
  CHECK_THAT(body.at("attachments")[1].at("title").get<std::string>(), Catch::StartsWith("Resolved: "));
}

TEST_CASE("mail says the same as plain text") {
  const Mail mail = mail_of(message_of());
  CHECK(mail.subject == "[FIRING:1] api: Check a of <api> is critical");
  CHECK(mail.text ==
        "P1 Check a of <api> is critical (critical)\n"
        "5 failures in a row & more.\n"
        "Since 2026-10-01T00:00:00Z.\n"
        "Runbook: https://wiki.example/api\n"
        "https://nines.example/checks/a\n"
        "\n"
        "Resolved: P1 Check b of <api> is critical (critical)\n"
        "5 failures in a row & more.\n"
        "From 2026-10-01T00:00:00Z to 2026-10-01T00:01:30Z, 1 min 30 s.\n"
        "Runbook: https://wiki.example/api\n"
        "https://nines.example/checks/b\n"
        "\n");
  Message over = message_of();
  over.firing.clear();
  over.resolved.push_back(alert_of("c", "warning", 10));
  CHECK(mail_of(over).subject == "[RESOLVED] api: Check b of <api> is critical and 1 more");
}

TEST_CASE("a message for people shows twenty alerts and says how many more there are") {
  Message many = message_of();
  for (int i = 0; i < 30; ++i) many.firing.push_back(alert_of("n", "warning"));
  CHECK(parse_json(slack_body(many)).value().at("attachments").size() == 20);
  CHECK_THAT(mail_of(many).text, Catch::EndsWith("… and 12 more\n"));
}

TEST_CASE("the same news has the same key, other news another") {
  CHECK(message_key(message_of()) == message_key(message_of()));
  Message other = message_of();
  other.then[0].second.resolved = at(9);
  CHECK(message_key(other) != message_key(message_of()));
}

}  // namespace nines::agent
