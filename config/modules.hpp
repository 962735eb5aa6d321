#pragma once

// What a probe asks for: blackbox_exporter's module schema as data, and what nines adds to it. Part of the immutable
// Config (config/config.hpp).

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "base/time.hpp"

namespace re2 {
class RE2;
}

namespace nines::config {

// A compiled RE2 pattern with the text it came from.
struct Regex {
  std::string pattern;
  std::shared_ptr<const re2::RE2> compiled;
};

// A jq program. Compiled in the helper process (probes/jq.hpp), never here.
struct JqProgram {
  std::string text;
  Position at;
  bool empty() const { return text.empty(); }
};

// Decoded bytes of a body that any probe keeps at most, unless body_size_limit says otherwise.
inline constexpr std::int64_t kMaxBody = 10'000'000;

struct HeaderMatch {
  std::string header;
  Regex regexp;
  bool allow_missing = false;
};

struct BasicAuth {
  std::string username;
  Secret password;
};

struct TlsConfig {
  bool insecure_skip_verify = false;
  // Each from a file (absolute path) or written inline as PEM; never both. No authority: the system's.
  std::string ca_file;
  std::string ca;
  std::string cert_file;
  std::string cert;
  std::string key_file;
  Secret key;
  std::string server_name;  // empty: the target's host
  std::string min_version;  // "TLS10" … "TLS13", empty: library default
  std::string max_version;
  Micros fail_if_expires_within{0};  // of any certificate of the chain as sent; 0: not asked
};

enum class IpProtocol { automatic, ip4, ip6 };

// How a name is turned into a connection; every prober but `unix` has it.
struct Dial {
  IpProtocol preferred_ip_protocol = IpProtocol::automatic;
  bool ip_protocol_fallback = true;
  std::string source_ip_address;  // a literal address; empty: the system chooses
};

// An HTTP or SOCKS proxy; `url` is empty when there is none.
struct Proxy {
  std::string url;  // "http://host:port", also https and socks5; without user and password
  std::string username;
  Secret password;
  std::string no_proxy;  // comma-separated hosts, domains, addresses and CIDRs, each with an optional port
  std::vector<std::pair<std::string, Secret>> connect_headers;
};

// RFC 6749, 4.4: client credentials.
struct OAuth2 {
  std::string client_id;
  Secret client_secret;
  std::vector<std::string> scopes;
  std::string token_url;
  std::vector<std::pair<std::string, std::string>> endpoint_params;
  TlsConfig tls;
  Proxy proxy;
};

// What HTTP and WebSocket requests share.
struct HttpClient {
  std::optional<BasicAuth> basic_auth;
  std::string authorization_type = "Bearer";
  std::optional<Secret> authorization_credentials;  // `authorization.credentials` or `bearer_token`
  std::optional<OAuth2> oauth2;
  Proxy proxy;
  TlsConfig tls;
  std::vector<std::pair<std::string, std::string>> headers;  // of `headers` and `http_headers`, in this order
  std::vector<std::string> secret_headers;  // names of those whose values came from `secrets` or `files`
};

// fresh: every probe opens a connection, as a new user does. reuse: it stays open, for the server's time alone.
enum class Connection { fresh, reuse };

struct HttpModule {
  HttpClient client;
  Dial dial;
  std::vector<int> valid_status_codes;           // empty: 2xx
  std::vector<std::string> valid_http_versions;  // empty: any
  std::string method = "GET";
  std::string body;
  std::int64_t body_size_limit = 0;    // decoded bytes; 0: none is asked for (probes/http/reception.hpp)
  std::int64_t header_size_limit = 0;  // all header lines of an answer; 0: the program's own
  bool follow_redirects = true;
  bool enable_http2 = true;
  bool skip_resolve_phase_with_proxy = false;
  bool fail_if_ssl = false;
  bool fail_if_not_ssl = false;
  std::vector<Regex> fail_if_body_matches_regexp;
  std::vector<Regex> fail_if_body_not_matches_regexp;
  std::vector<JqProgram> fail_if_body_json_matches_jq;
  std::vector<JqProgram> fail_if_body_json_not_matches_jq;
  std::vector<HeaderMatch> fail_if_header_matches;
  std::vector<HeaderMatch> fail_if_header_not_matches;
  std::string compression;  // gzip, deflate, br or identity: what the answer is decoded as; empty: not decoded
  Connection connection = Connection::fresh;
};

// One turn of a conversation: wait for a line (or bytes, or a message), then send, then turn to TLS.
struct QueryResponse {
  std::optional<Regex> expect;
  std::string expect_bytes;
  std::vector<std::pair<std::string, std::string>> labels;  // of probe_expect_info; values may hold ${1}
  std::string send;                                         // may hold ${1}
  bool starttls = false;
};

struct TcpModule {
  Dial dial;
  std::vector<QueryResponse> query_response;
  bool tls = false;
  TlsConfig tls_config;
};

struct UnixModule {
  std::vector<QueryResponse> query_response;
  bool tls = false;
  TlsConfig tls_config;
};

struct WebsocketModule {
  HttpClient client;
  Dial dial;
  std::vector<QueryResponse> query_response;
};

// blackbox_exporter's rules on one section of a DNS answer; their names are its own (docs/configuration.md says what
// each does).
struct RecordRules {
  std::vector<Regex> fail_if_matches_regexp;
  std::vector<Regex> fail_if_all_match_regexp;
  std::vector<Regex> fail_if_not_matches_regexp;
  std::vector<Regex> fail_if_none_matches_regexp;
};

struct DnsModule {
  Dial dial;
  bool tcp = false;
  bool dns_over_tls = false;
  TlsConfig tls_config;
  std::string query_name;
  std::uint16_t query_type = 255;  // IANA's numbers; ANY
  std::uint16_t query_class = 1;   // IN
  bool recursion_desired = true;
  std::vector<std::string> valid_rcodes;  // names, unknown ones included: they match nothing; empty: NOERROR
  RecordRules answer;
  RecordRules authority;
  RecordRules additional;
};

struct IcmpModule {
  Dial dial;
  int payload_size = 0;  // 0: a few bytes
  bool dont_fragment = false;
  int ttl = 64;
};

struct GrpcModule {
  Dial dial;
  std::string service;
  bool tls = false;
  TlsConfig tls_config;
  std::vector<std::pair<std::string, std::string>> metadata;  // one pair a value
};

enum class Prober { http, tcp, dns, icmp, grpc, unix_socket, websocket };
std::string_view prober_name(Prober prober);  // "unix"

// any: the first address that connects (RFC 8305); one: the best only, as blackbox_exporter does; all: each of the
// name's addresses is probed, and all must pass.
enum class Addresses { any, one, all };

struct Module {
  std::string name;
  Prober prober = Prober::http;
  Micros timeout{0};       // 0: not set here
  Micros max_duration{0};  // a success that took longer is too_slow; 0: none
  Addresses addresses = Addresses::any;
  std::string resolver;  // "127.0.0.1:5353,[::1]:53"; empty: the system's
  // Only the prober's own is used; a file may have the others too, and they are read as strictly.
  HttpModule http;
  TcpModule tcp;
  DnsModule dns;
  IcmpModule icmp;
  GrpcModule grpc;
  UnixModule unix_socket;
  WebsocketModule websocket;
  // Why this program cannot do what the module asks for (HTTP/3, CEL, …): one sentence. /probe answers it with 400.
  std::string unsupported;
  std::string text;  // as YAML, secrets as <secret>
};

// An entry of an allow or deny list: a CIDR (or a single address), or a name, with * for any labels: *.example.com.
// For `unix` targets a path, with * for anything.
struct AddressRule {
  struct Cidr {
    int family = 4;                        // 4 or 6
    std::array<std::uint8_t, 16> bytes{};  // network order; the first 4 for IPv4
    int bits = 0;
  };
  std::string pattern;
  std::optional<Cidr> cidr;
};

}  // namespace nines::config
