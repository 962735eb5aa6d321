#include "config/module.hpp"

namespace nines::config {
namespace {

RecordRules read_record_rules(Context& context, const Node& node, std::string_view what) {
  Mapping map(context, node, what);
  RecordRules rules;
  read_regexes(context, map, "fail_if_matches_regexp", rules.fail_if_matches_regexp, true);
  read_regexes(context, map, "fail_if_all_match_regexp", rules.fail_if_all_match_regexp, true);
  read_regexes(context, map, "fail_if_not_matches_regexp", rules.fail_if_not_matches_regexp, true);
  read_regexes(context, map, "fail_if_none_matches_regexp", rules.fail_if_none_matches_regexp, true);
  map.finish();
  return rules;
}

void read_transport(Context& context, Mapping& map, DnsModule& dns) {
  constexpr std::pair<std::string_view, bool> kTransports[] = {{"udp", false}, {"tcp", true}};
  map.word("transport_protocol", kTransports, dns.tcp);
  map.boolean("dns_over_tls", dns.dns_over_tls);
  if (const Node* tls = map.find("tls_config")) dns.tls_config = read_tls(context, *tls);
  if (!dns.dns_over_tls || dns.tcp) return;
  context.flaw(*map.find("dns_over_tls"), "`dns_over_tls` over UDP: expected `transport_protocol: tcp`");
}

void read_query(Context& context, const Node& node, Mapping& map, DnsModule& dns) {
  map.text("query_name", dns.query_name);
  if (dns.query_name.empty()) context.fault(node, "query name must be set for DNS module: expected `query_name`");
  std::string name;
  if (map.text("query_type", name) && !name.empty()) {
    const auto type = dns_type_number(name);
    if (!type) {
      const std::string near = nearest_dns_type(name);
      context.fault(*map.find("query_type"),
                    "query type '" + ellipsize(printable(name), 40) + "' is not valid: " +
                        (near.empty() ? "expected one such as A, AAAA or MX" : "did you mean " + in_ticks(near) + "?"));
    }
    dns.query_type = type.value_or(dns.query_type);
  }
  if (map.text("query_class", name) && !name.empty()) {
    const auto number = dns_class_number(name);
    if (!number) {
      context.fault(*map.find("query_class"), "query class '" + ellipsize(printable(name), 40) +
                                                  "' is not valid: expected IN, CS, CH, HS, NONE or ANY");
    }
    dns.query_class = number.value_or(dns.query_class);
  }
  map.boolean("recursion_desired", dns.recursion_desired);
}

}  // namespace

DnsModule read_dns_module(Context& context, const Node& node) {
  Mapping map(context, node, "`dns`");
  DnsModule dns;
  read_dial(context, map, dns.dial);
  read_transport(context, map, dns);
  read_query(context, node, map, dns);
  map.each("valid_rcodes", [&](const Node& item) {
    if (auto name = read_text(context, item, "an item of `valid_rcodes`")) dns.valid_rcodes.push_back(std::move(*name));
  });
  const auto rules = [&](std::string_view key, RecordRules& out) {
    if (const Node* section = map.find(key)) out = read_record_rules(context, *section, in_ticks(key));
  };
  rules("validate_answer_rrs", dns.answer);
  rules("validate_authority_rrs", dns.authority);
  rules("validate_additional_rrs", dns.additional);
  map.finish();
  return dns;
}

}  // namespace nines::config
