// Alertmanager's configuration: who is told, by priority and severity.

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "reports/generate/alerts.hpp"
#include "reports/generate/generate.hpp"
#include "reports/generate/text.hpp"

namespace nines::reports::generate {
namespace {

constexpr const char* kHead =
    "Who is told of the agents' alerts, from nines.yml by `nines generate alertmanager`. Alertmanager 0.25 or later.\n"
    "For the alerts of `nines generate prometheus-rules` and for those that agents send themselves (`alerting`): use "
    "one\n"
    "of the two, or everything is told twice.\n"
    "\n"
    "{}"
    "Try it: amtool check-config alertmanager.yml\n"
    "        amtool config routes test --config.file=alertmanager.yml priority=P1 severity=critical";

constexpr const char* kBefore =
    "Before use:\n"
    "  - put the secrets into the files named below, each alone in its file: {0}/pagerduty_routing_key\n"
    "    (an integration of the kind \"Events API v2\"), {0}/slack_webhook_url, {0}/ticket_token{1};\n"
    "  - set what is marked CHANGE.\n"
    "\n";

constexpr const char* kSecrets = "/etc/alertmanager/secrets";

struct MailServer {
  std::string smarthost = "127.0.0.1:25";
  bool require_tls = false;
};

// smtp://HOST[:PORT] and smtps://; Alertmanager speaks TLS from the start on port 465 alone.
MailServer mail_server(const config::Smtp& smtp) {
  if (!smtp.given()) return {};
  const bool from_start = smtp.url.starts_with("smtps://");
  std::string host = smtp.url.substr(smtp.url.find("://") + 3);
  const std::size_t bracket = host.rfind(']');
  const std::size_t colon = host.rfind(':');
  const bool has_port = colon != std::string::npos && (bracket == std::string::npos || colon > bracket);
  if (!has_port) host += from_start ? ":465" : ":25";
  const bool local = host.starts_with("127.") || host.starts_with("[::1]") || host.starts_with("localhost:");
  return {std::move(host), !local};
}

std::string global(const config::Smtp& smtp) {
  const MailServer server = mail_server(smtp);
  std::string out = "\nglobal:\n";
  out += fmt::format("  smtp_smarthost: {}{}\n", yaml_string(server.smarthost), smtp.given() ? "" : "  # CHANGE");
  out += fmt::format("  smtp_from: {}{}\n", yaml_string(smtp.given() ? smtp.from : "nines@example.com"),
                     smtp.given() ? "" : "  # CHANGE");
  if (!smtp.username.empty()) {
    out += fmt::format("  smtp_auth_username: {}\n", yaml_string(smtp.username));
    out += fmt::format("  smtp_auth_password_file: {}/smtp_password\n", kSecrets);
  }
  out += fmt::format("  smtp_require_tls: {}\n", server.require_tls);
  return out;
}

// As Prometheus reads one: whole numbers, nothing below a millisecond.
std::string prometheus_duration(Micros duration) {
  using std::chrono::ceil;
  if (duration % std::chrono::seconds(1) == Micros(0)) return format_duration(duration);
  return fmt::format("{}ms", ceil<std::chrono::milliseconds>(duration).count());
}

// A warning is routed one priority lower. What has no severity is taken for critical.
struct Route {
  int level;
  int waits;  // so many times `group_wait`
  const char* repeat_interval;
  const char* told;
};
constexpr Route kRoutes[] = {{1, 1, "1h", "PagerDuty"},
                             {2, 3, "4h", "PagerDuty and Slack"},
                             {3, 6, "12h", "Slack and e-mail"},
                             {4, 30, "1d", "e-mail and a ticket"}};

std::string route_text(const Route& route, Micros group_wait, int priority, bool warning) {
  return fmt::format(
      "    - matchers: ['priority=\"P{}\"', 'severity{}\"warning\"']\n"
      "      receiver: nines-p{}\n"
      "      group_wait: {}\n"
      "      repeat_interval: {}\n",
      priority, warning ? "=" : "!=", route.level, prometheus_duration(group_wait * route.waits),
      route.repeat_interval);
}

std::string routes(const config::Alerting& alerting, bool webhook) {
  std::string out = fmt::format(
      "\nroute:\n"
      "  # A service's alerts come together. What has no priority is told as P3.\n"
      "  receiver: nines-p3\n"
      "  group_by: [service]\n"
      "  group_wait: {}\n"
      "  group_interval: {}\n"
      "  repeat_interval: 12h\n"
      "  routes:\n",
      prometheus_duration(alerting.group_wait * 3), prometheus_duration(alerting.group_interval));
  for (const Route& route : kRoutes) {
    const bool also_warnings = route.level > 1;
    out += fmt::format("    # As P{}{}.{}\n", route.level, webhook ? std::string() : fmt::format(": {}", route.told),
                       also_warnings ? " A warning is routed one priority lower." : "");
    out += route_text(route, alerting.group_wait, route.level, false);
    if (also_warnings) out += route_text(route, alerting.group_wait, route.level - 1, true);
    if (route.level == 4) out += route_text(route, alerting.group_wait, 4, true);
  }
  return out;
}

std::string pagerduty() {
  return fmt::format(
      "    pagerduty_configs:\n"
      "      - routing_key_file: {}/pagerduty_routing_key\n"
      "        send_resolved: true\n"
      "        severity: '{{{{ if eq .CommonLabels.severity \"warning\" }}}}warning{{{{ else }}}}critical{{{{ end "
      "}}}}'\n"
      "        component: '{{{{ .CommonLabels.service }}}}'\n"
      "        class: '{{{{ .CommonLabels.alertname }}}}'\n"
      "        description: '{{{{ .CommonLabels.service }}}}: {{{{ range .Alerts }}}}{{{{ .Annotations.summary }}}}. "
      "{{{{ end "
      "}}}}'\n"
      "        details:\n"
      "          firing: '{{{{ range .Alerts.Firing }}}}{{{{ .Annotations.description }}}} {{{{ end }}}}'\n"
      "          resolved: '{{{{ range .Alerts.Resolved }}}}{{{{ .Annotations.summary }}}} {{{{ end }}}}'\n"
      "          runbook: '{{{{ .CommonAnnotations.runbook_url }}}}'\n",
      kSecrets);
}

std::string slack() {
  return fmt::format(
      "    slack_configs:\n"
      "      - api_url_file: {}/slack_webhook_url\n"
      "        channel: '#alerts'  # CHANGE; an incoming webhook of today has a channel of its own\n"
      "        send_resolved: true\n"
      "        color: '{{{{ if eq .Status \"resolved\" }}}}good{{{{ else if eq .CommonLabels.severity \"warning\" "
      "}}}}warning{{{{ else }}}}danger{{{{ end }}}}'\n"
      "        title: '{{{{ if eq .Status \"resolved\" }}}}resolved{{{{ else }}}}{{{{ .CommonLabels.severity }}}}{{{{ "
      "end "
      "}}}} {{{{ .CommonLabels.priority }}}}: {{{{ .CommonLabels.service }}}}'\n"
      "        title_link: '{{{{ .CommonAnnotations.runbook_url }}}}'\n"
      "        text: \"{{{{ range .Alerts }}}}{{{{ .Annotations.summary }}}}\\n{{{{ .Annotations.description "
      "}}}}\\n{{{{ end "
      "}}}}\"\n",
      kSecrets);
}

std::string email(const std::vector<std::string>& addresses) {
  const bool given = !addresses.empty();
  const std::string to = given ? fmt::format("{}", fmt::join(addresses, ", ")) : "oncall@example.com";
  return fmt::format(
      "    email_configs:\n"
      "      - to: {}{}\n"
      "        send_resolved: true\n"
      "        headers:\n"
      "          Subject: '{{{{ .Status }}}}: {{{{ .CommonLabels.service }}}} ({{{{ .CommonLabels.priority }}}}, "
      "{{{{ .Alerts | len }}}} alerts)'\n",
      yaml_string(to), given ? "" : "  # CHANGE");
}

std::string ticket() {
  return fmt::format(
      "    webhook_configs:\n"
      "      - url: 'https://tickets.example.com/hooks/nines'  # CHANGE\n"
      "        send_resolved: true\n"
      "        http_config:\n"
      "          authorization: {{credentials_file: {}/ticket_token}}\n",
      kSecrets);
}

// One for all: a message says by `receiver` which route it took.
std::string webhook_receivers(const std::string& url) {
  std::string out = "\nreceivers:\n";
  for (const Route& route : kRoutes) {
    out += fmt::format(
        "  - name: nines-p{}\n"
        "    webhook_configs:\n"
        "      - url: {}\n"
        "        send_resolved: true\n",
        route.level, yaml_string(url));
  }
  return out;
}

std::string receivers(const config::Config& config) {
  const std::string mail = email(config.alerting.email);
  return "\nreceivers:\n"
         "  - name: nines-p1\n" +
         pagerduty() + "  - name: nines-p2\n" + pagerduty() + slack() + "  - name: nines-p3\n" + slack() + mail +
         "  - name: nines-p4\n" + mail + ticket();
}

// Of each check that others depend on, all of those, by way of others too.
std::map<std::string, std::vector<std::string>> dependants(const config::Config& config) {
  std::map<std::string, std::set<std::string>> found;
  for (const config::Schedule* schedule : config.schedules()) {
    std::vector<std::string> open = schedule->depends_on;
    while (!open.empty()) {
      const std::string name = std::move(open.back());
      open.pop_back();
      if (!found[name].insert(schedule->name).second) continue;
      for (const config::Schedule* next : config.schedules()) {
        if (next->name == name) open.insert(open.end(), next->depends_on.begin(), next->depends_on.end());
      }
    }
  }
  std::map<std::string, std::vector<std::string>> lists;
  for (auto& [name, checks] : found) lists[name].assign(checks.begin(), checks.end());
  return lists;
}

std::string inhibitions(const config::Config& config) {
  std::string out =
      "\ninhibit_rules:\n"
      "  # Who hears that it is critical need not hear that it is a warning too.\n"
      "  - source_matchers: ['severity=\"critical\"']\n"
      "    target_matchers: ['severity=\"warning\"']\n"
      "    equal: [alertname, service, check, region, objective]\n";
  if (config.regions.size() > 1) {
    out += fmt::format(
        "  # What most regions see is told once, not by each region; the last two are the agents' own alerts.\n"
        "  - source_matchers: ['alertname=\"{}\"']\n"
        "    target_matchers: ['alertname=~\"{}|CheckFailing|JourneyFailing\"']\n"
        "    equal: [service, check]\n",
        kCheckDownInQuorum, kCheckFailing);
  }
  for (const auto& [name, checks] : dependants(config)) {
    out += "  # depends_on, as nines.yml has it.\n";
    out +=
        fmt::format("  - source_matchers: [{}, 'severity=\"critical\"']\n", yaml_string(alert_matcher("check", name)));
    out += fmt::format("    target_matchers: [{}]\n", yaml_string(alert_any_of("check", checks)));
    out += "    equal: [region]\n";
  }
  return out;
}

}  // namespace

Expected<Files> alertmanager(const config::Config& config, const std::string& webhook) {
  const std::string password =
      config.smtp.username.empty() ? std::string() : fmt::format(", {}/smtp_password", kSecrets);
  const bool simple = !webhook.empty();
  const std::string before = simple ? std::string() : fmt::format(fmt::runtime(kBefore), kSecrets, password);
  std::string text = yaml_comment(fmt::format(fmt::runtime(kHead), before));
  if (!simple) text += global(config.smtp);
  text += routes(config.alerting, simple) + inhibitions(config);
  text += simple ? webhook_receivers(webhook) : receivers(config);
  return Files{{"alertmanager.yml", std::move(text)}};
}

}  // namespace nines::reports::generate
