#include "config/module.hpp"

#include <array>

#include <arpa/inet.h>

#include "config/address_rule.hpp"
#include "config/yaml_text.hpp"

namespace nines::config {
namespace {

constexpr std::uint16_t kNameServers = 2;

std::optional<Prober> read_prober(Context& context, Mapping& map) {
  std::string name;
  if (!map.required_text("prober", name)) return std::nullopt;
  std::vector<std::string_view> known;
  for (const auto& [word, prober] : kProbers) {
    if (word == name) return prober;
    known.push_back(word);
  }
  context.flaw(*map.find("prober"),
               "prober '" + ellipsize(printable(name), 80) + "' is not valid" + suggestion(name, known));
  return std::nullopt;
}

Module read_module(Context& context, const std::string& name, const Node& node) {
  Mapping map(context, node, "the module " + in_ticks(name));
  Module module;
  module.name = name;
  context.refused.clear();
  const std::size_t secrets = context.secrets.size();
  const auto prober = read_prober(context, map);
  module.prober = prober.value_or(Prober::http);
  map.duration("timeout", module.timeout);
  read_reach(context, map, module);
  for (const auto& [key, kind] : kProbers) {
    if (const Node* section = map.find(key)) read_section(context, kind, *section, module);
  }
  map.finish();
  if (prober == Prober::dns && map.find("dns") == nullptr) {
    context.flaw(node, "query name must be set for DNS module: expected `dns` with `query_name`");
  }
  module.unsupported = std::exchange(context.refused, {});
  module.text = yaml_text(node, {.hidden = context.hidden, .secrets = context.secrets_since(secrets)});
  return module;
}

std::shared_ptr<const Module> plain_module(Prober prober) {
  Module plain;
  plain.name = prober_name(prober);
  plain.prober = prober;
  plain.dns.query_name = ".";
  plain.dns.query_type = kNameServers;
  plain.text = "prober: " + plain.name + "\n";
  return std::make_shared<const Module>(std::move(plain));
}

}  // namespace

std::shared_ptr<const Module> default_module(Prober prober) {
  static const auto modules = [] {
    std::array<std::shared_ptr<const Module>, std::size(kProbers)> all;
    for (const auto& entry : kProbers) all[static_cast<std::size_t>(entry.second)] = plain_module(entry.second);
    return all;
  }();
  return modules[static_cast<std::size_t>(prober)];
}

std::map<std::string, std::shared_ptr<const Module>> read_modules(Context& context, const Node& node) {
  std::map<std::string, std::shared_ptr<const Module>> modules;
  for (const Member& member : node.members) {
    const std::string& name = member.key->text;
    modules.emplace(name, std::make_shared<const Module>(read_module(context, name, *member.value)));
  }
  return modules;
}

void read_section(Context& context, Prober prober, const Node& node, Module& module) {
  switch (prober) {
    case Prober::http:
      module.http = read_http_module(context, node);
      break;
    case Prober::tcp:
      module.tcp = read_tcp_module(context, node);
      break;
    case Prober::dns:
      module.dns = read_dns_module(context, node);
      break;
    case Prober::icmp:
      module.icmp = read_icmp_module(context, node);
      break;
    case Prober::grpc:
      module.grpc = read_grpc_module(context, node);
      break;
    case Prober::unix_socket:
      module.unix_socket = read_unix_module(context, node);
      break;
    case Prober::websocket:
      module.websocket = read_websocket_module(context, node);
      break;
  }
}

bool read_reach(Context& context, Mapping& map, Module& module) {
  constexpr std::pair<std::string_view, Addresses> kAddresses[] = {
      {"any", Addresses::any}, {"one", Addresses::one}, {"all", Addresses::all}};
  bool found = map.positive_duration("max_duration", module.max_duration);
  found |= map.word("addresses", kAddresses, module.addresses);
  std::vector<std::string> resolvers;
  if (!map.texts("resolver", resolvers)) return found;
  std::string joined;
  for (const std::string& resolver : resolvers) joined += (joined.empty() ? "" : ",") + resolver;
  auto parsed = parse_resolvers(joined);
  if (parsed) {
    module.resolver = std::move(*parsed);
  } else {
    context.fault(*map.find("resolver"), "`resolver`: " + parsed.error().message);
  }
  return true;
}

void read_dial(Context& context, Mapping& map, Dial& dial) {
  constexpr std::pair<std::string_view, IpProtocol> kIpProtocols[] = {{"ip4", IpProtocol::ip4},
                                                                      {"ip6", IpProtocol::ip6}};
  map.word("preferred_ip_protocol", kIpProtocols, dial.preferred_ip_protocol);
  map.boolean("ip_protocol_fallback", dial.ip_protocol_fallback);
  if (!map.text("source_ip_address", dial.source_ip_address) || dial.source_ip_address.empty()) return;
  if (parse_address(dial.source_ip_address)) return;
  context.flaw(*map.find("source_ip_address"),
               in_ticks(dial.source_ip_address) + " is no source address: expected a literal one such as 192.0.2.7");
}

Expected<std::string> parse_resolvers(std::string_view text) {
  std::string joined;
  for (const std::string_view part : split(text, ',')) {
    const std::string_view word = trim(part);
    const auto wrong = [&] {
      return fail("\"" + ellipsize(printable(word), 80) +
                  "\" is no resolver: expected an address with an optional port, such as 127.0.0.1:5353 or [::1]:53");
    };
    auto parts = split_address(word);
    if (!parts) return wrong();
    const auto address = parse_address(parts->host);
    if (!address) return wrong();
    joined += joined.empty() ? "" : ",";
    joined += address->family == 6 ? "[" + parts->host + "]" : parts->host;
    joined += ":" + std::to_string(parts->port.value_or(53));
  }
  return joined;
}

}  // namespace nines::config
