// The programs an agent talks to beside its targets: mail server, Prometheus, Alertmanagers, Grafana.

#include "config/limit.hpp"
#include "config/module.hpp"
#include "config/neighbour.hpp"
#include "config/target.hpp"

namespace nines::config {
namespace {

std::vector<Remote> read_hooks(Context& context, Mapping& map, std::string_view key) {
  std::vector<Remote> hooks;
  map.each(key, [&](const Node& item) { hooks.push_back(read_hook(context, item, "an item of " + in_ticks(key))); });
  return hooks;
}

Expected<std::string> parse_smtp_url(std::string_view text) {
  const bool smtps = text.starts_with("smtps://");
  if (smtps || text.starts_with("smtp://")) {
    const std::string_view rest = text.substr(text.find("://") + 3);
    // As HTTP's, without a path.
    const auto target = parse_target("http://" + std::string(rest), Prober::http);
    if (target && rest.find('/') == rest.npos) return std::string(text);
  }
  return fail("\"" + ellipsize(printable(text), 80) +
              "\" is no mail server: expected one such as "
              "smtps://mail.example:465");
}

Expected<std::int64_t> parse_store_size(std::string_view text) {
  auto limit = parse_size_limit(text);
  if (limit && limit->op == CountLimit::Op::equal && limit->value > 0) return limit->value;
  return fail("\"" + ellipsize(printable(text), 80) + "\" is no size: expected one such as 10GB");
}

void read_smtp(Context& context, const Node& node, Smtp& smtp) {
  Mapping map(context, node, "`smtp`");
  if (map.find("url") == nullptr) map.required_text("url", smtp.url);
  map.parsed("url", parse_smtp_url, smtp.url);
  map.required_text("from", smtp.from);
  if (map.find("from") != nullptr && !is_mail_address(smtp.from)) {
    context.fault(*map.find("from"), "`from` is no mail address: expected one such as nines@example.com");
  }
  map.text("username", smtp.username);
  map.secret("password", smtp.password);
  if (const Node* tls = map.find("tls_config")) smtp.tls = read_tls(context, *tls);
  map.finish();
}

void read_grafana(Context& context, const Node& node, Remote& grafana) {
  Mapping map(context, node, "`grafana`");
  if (map.find("url") == nullptr) map.required_text("url", grafana.url);
  map.parsed("url", parse_base_url, grafana.url);
  Secret token;
  if (map.secret("token", token)) grafana.client.authorization_credentials = std::move(token);
  if (const Node* tls = map.find("tls_config")) grafana.client.tls = read_tls(context, *tls);
  map.finish();
}

void read_certificate_expiry(Context& context, const Node& node, Alerting& alerting) {
  Mapping map(context, node, "`certificate_expiry`");
  map.positive_duration("warning", alerting.certificate_warning);
  map.positive_duration("critical", alerting.certificate_critical);
  map.finish();
  if (alerting.certificate_critical > alerting.certificate_warning) {
    context.fault(node, "`certificate_expiry` has critical " + format_duration(alerting.certificate_critical) +
                            " before warning " + format_duration(alerting.certificate_warning) +
                            ": expected critical to be at most warning");
  }
}

void read_alerting(Context& context, const Node& node, const Smtp& smtp, Alerting& alerting) {
  Mapping map(context, node, "`alerting`");
  map.parsed("external_url", parse_base_url, alerting.external_url);
  map.each("alertmanagers", [&](const Node& item) {
    alerting.alertmanagers.push_back(read_remote(context, item, "an item of `alertmanagers`"));
  });
  alerting.webhooks = read_hooks(context, map, "webhooks");
  alerting.slack = read_hooks(context, map, "slack");
  alerting.email = read_addresses(context, map, "email");
  map.positive_duration("group_wait", alerting.group_wait);
  map.positive_duration("group_interval", alerting.group_interval);
  if (const Node* expiry = map.find("certificate_expiry")) read_certificate_expiry(context, *expiry, alerting);
  if (!alerting.email.empty() && !smtp.given()) {
    context.fault(*map.find("email"), "`email` without `smtp`: expected the mail server in `smtp`");
  }
  map.finish();
}

void read_gate(Context& context, const Node& node, const Remote& prometheus, Gate& gate) {
  Mapping map(context, node, "`gate`");
  map.text("cpu", gate.cpu);
  map.text("memory", gate.memory);
  if ((!gate.cpu.empty() || !gate.memory.empty()) && !prometheus.given()) {
    context.fault(node, "`gate` asks for queries without `prometheus`: expected its URL in `prometheus`");
  }
  map.finish();
}

void read_retention(Context& context, const Node& node, Retention& retention) {
  Mapping map(context, node, "`retention`");
  map.positive_duration("results", retention.results);
  map.positive_duration("evidence", retention.evidence);
  map.parsed("max_size", parse_store_size, retention.max_bytes);
  map.finish();
}

}  // namespace

void read_neighbours(Context& context, Mapping& root, Config& config) {
  if (const Node* node = root.find("smtp")) read_smtp(context, *node, config.smtp);
  if (const Node* node = root.find("prometheus")) config.prometheus = read_remote(context, *node, "`prometheus`");
  if (const Node* node = root.find("grafana")) read_grafana(context, *node, config.grafana);
  if (const Node* node = root.find("alerting")) read_alerting(context, *node, config.smtp, config.alerting);
  if (const Node* node = root.find("gate")) read_gate(context, *node, config.prometheus, config.gate);
  if (const Node* node = root.find("tracing")) read_tracing(context, *node, config.environment, config.tracing);
  if (const Node* node = root.find("retention")) read_retention(context, *node, config.retention);
}

}  // namespace nines::config
