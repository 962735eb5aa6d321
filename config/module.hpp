#pragma once

// Modules: blackbox_exporter's schema, strict, and what nines adds to it (docs/configuration.md).

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.hpp"
#include "config/reader.hpp"

namespace nines::config {

inline constexpr std::pair<std::string_view, Prober> kProbers[] = {
    {"http", Prober::http},          {"tcp", Prober::tcp},   {"dns", Prober::dns},
    {"icmp", Prober::icmp},          {"grpc", Prober::grpc}, {"unix", Prober::unix_socket},
    {"websocket", Prober::websocket}};

// The module behind a check that names none: http GETs and wants 2xx, dns asks for the root's name servers, the others
// connect.
std::shared_ptr<const Module> default_module(Prober prober = Prober::http);

// The modules of a mapping of names.
std::map<std::string, std::shared_ptr<const Module>> read_modules(Context& context, const Node& node);

// A prober's section, of a module or in a check.
void read_section(Context& context, Prober prober, const Node& node, Module& module);
// max_duration, addresses and resolver, of a module or of a check over its module's. False when there is none.
bool read_reach(Context& context, Mapping& map, Module& module);

// ---- sections -----------------------------------------------------------------------------------------------------

HttpModule read_http_module(Context& context, const Node& node);
TcpModule read_tcp_module(Context& context, const Node& node);
DnsModule read_dns_module(Context& context, const Node& node);
IcmpModule read_icmp_module(Context& context, const Node& node);
GrpcModule read_grpc_module(Context& context, const Node& node);
UnixModule read_unix_module(Context& context, const Node& node);
WebsocketModule read_websocket_module(Context& context, const Node& node);

// ---- parts of sections --------------------------------------------------------------------------------------------

// preferred_ip_protocol, ip_protocol_fallback, source_ip_address.
void read_dial(Context& context, Mapping& map, Dial& dial);
std::vector<QueryResponse> read_query_response(Context& context, Mapping& map);
// Regular expressions of the list under `key`. `when_probing`: blackbox_exporter compiles them only then.
void read_regexes(Context& context, Mapping& map, std::string_view key, std::vector<Regex>& out,
                  bool when_probing = false);

TlsConfig read_tls(Context& context, const Node& node);
// basic_auth, authorization and bearer tokens of a mapping that may have them, and oauth2; at most one.
void read_credentials(Context& context, Mapping& map, HttpClient& client);
OAuth2 read_oauth2(Context& context, const Node& node);
// proxy_url, no_proxy, proxy_connect_header; proxy_from_environment is unsupported.
void read_proxy(Context& context, Mapping& map, Proxy& proxy);
// All of the above, and http_headers: what Prometheus calls its HTTP client's configuration.
void read_http_client(Context& context, Mapping& map, HttpClient& client);

// Header names and values of the mapping under `key`, checked; literal values of headers that carry credentials are
// remembered as secrets.
std::vector<std::pair<std::string, std::string>> read_headers(Context& context, Mapping& map, std::string_view key);
// {NAME: {values, secrets, files}} under `key`, one header for each value.
void read_header_sources(Context& context, Mapping& map, std::string_view key, HttpClient& client);
// Of a text that is sent as it is: values that come from the environment are remembered, and it is hidden; so is the
// line of a login.
void guard_sent(Context& context, const Node* node, std::string_view value);
// Hides and remembers a literal value of a header, a piece of metadata or a parameter that carries credentials.
void guard_value(Context& context, const Node& node, std::string_view name, std::string_view value);

// Whether HTTP/2 is the only version that a module takes.
bool only_http2(const HttpModule& module);

// The secret of `key`, or of the file that `file_key` names, trimmed as blackbox_exporter trims it; at most one.
bool read_secret_or_file(Context& context, Mapping& map, std::string_view key, std::string_view file_key, Secret& out);

// ---- small languages ----------------------------------------------------------------------------------------------

// "10MB", "1KiB", "1.5GB": powers of 1024 as blackbox_exporter reads them, in bytes.
Expected<std::int64_t> parse_body_size(std::string_view text);

// Compiled as blackbox_exporter would, in RE2's syntax.
Expected<Regex> compile_regex(const std::string& pattern);

// Whether an answer asked for with this Accept-Encoding may come in `encoding`: blackbox_exporter's rule, by order of
// quality values (RFC 9110, 12.5.3).
bool accepts_encoding(std::string_view accept_encoding, std::string_view encoding);

// "127.0.0.1:5353,[::1]": addresses of resolvers, port 53 when there is none; as Module::resolver has it.
Expected<std::string> parse_resolvers(std::string_view text);

// IANA's numbers of DNS names: "AAAA" is 28. Nothing for a name that is none; case matters, as in blackbox_exporter.
std::optional<std::uint16_t> dns_type_number(std::string_view name);
std::optional<std::uint16_t> dns_class_number(std::string_view name);
// The known type nearest to a wrong one, or empty.
std::string nearest_dns_type(std::string_view name);

}  // namespace nines::config
