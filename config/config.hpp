#pragma once

// The one validated, immutable configuration an agent runs on. Plain data; made by load() (config/load.hpp) and shared
// read-only between threads as std::shared_ptr<const Config>. Every default has been applied: a reader never asks
// "is it set?" unless the member is optional.

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/decimal.hpp"
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

// ---- modules: blackbox_exporter's schema -------------------------------------------------------------------------

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

// ---- checks and journeys -----------------------------------------------------------------------------------------

struct Thresholds {
  int warning = 3;
  int critical = 5;
  int recovery = 1;
  bool operator==(const Thresholds&) const = default;
};

struct Retries {
  int attempts = 1;  // in all; 1: no retry
  Micros delay{0};
};

struct Service {
  std::string name;
  std::string priority = "P3";
  std::string runbook_url;
  std::vector<std::pair<std::string, std::string>> labels;
};

// What checks and journeys have in common: the schedule and the judgement.
struct Schedule {
  std::string name;  // unique over checks and journeys
  std::string service;
  Micros interval{0};
  Micros timeout{0};
  Micros stale_after{0};
  Thresholds thresholds;
  bool uplink = false;
  std::vector<std::string> formerly;
  std::vector<std::string> depends_on;
  Position at;
};

struct Check {
  Schedule schedule;
  std::string target;
  std::shared_ptr<const Module> module;  // with the check's own max_duration, addresses and resolver
  Retries retries;
  JqProgram components;  // over the body; an object of component name to boolean; empty: none
  JqProgram version;     // over the body; the deployed version; empty: none
};

// Text with {{ … }} in it; checked at load, expanded at run time by journeys/.
using Template = std::string;

// A JSON body whose strings are templates, as YAML node order; scalars keep their YAML type.
struct JsonTemplate;

// url: the final one. certificate: `argument` is a field of the server's certificate (expiry, subject, issuer,
// fingerprint_sha256).
enum class CaptureKind { jq, header, status, cookie, regex, xpath, url, body, certificate };

struct Capture {
  std::string name;
  CaptureKind kind = CaptureKind::jq;
  std::string argument;        // jq program, name of a header or cookie, XPath expression; else empty
  std::optional<Regex> regex;  // over the body; of what was found, when `kind` is header, cookie, xpath or url
  std::string group;           // of the regex: its number or name; empty: the first, or all of the match
  bool all = false;            // every value found, as a list: of jq, header, regex and xpath
  std::shared_ptr<const JsonTemplate> fallback;  // `default`, when nothing is found; null: that fails the step
  Position at;
};

// A limit such as '< 2s': strict or not, on a duration.
struct DurationLimit {
  enum class Op { less, less_equal, greater, greater_equal };
  Op op = Op::less;
  Micros value{0};
  std::string text;
  bool holds(Micros measured) const;
};

// A limit such as '>= 3' or '< 1MB', on a count or a size in bytes. `3` alone means exactly so many.
struct CountLimit {
  enum class Op { equal, less, less_equal, greater, greater_equal };
  Op op = Op::equal;
  std::int64_t value = 0;
  std::string text;
  bool holds(std::int64_t measured) const;
};

// What a text must be: given, or matching; at most one of them. Neither: only that it is there.
struct TextRule {
  std::optional<Template> equals;
  std::optional<Regex> matches;
};

struct HeaderRule {
  std::string header;
  TextRule rule;  // of at least one of its values
  bool absent = false;
};

struct XPathRule {
  std::string expression;
  std::optional<CountLimit> count;  // of nodes; none: at least one
  TextRule text;                    // of at least one node
};

struct Expect {
  std::vector<int> status;  // empty: 2xx and 3xx pass unless the step has `until`
  std::vector<HeaderRule> headers;
  std::vector<JqProgram> jq;       // each must be true; variables as $name
  std::vector<Regex> regex;        // each must match the body …
  std::vector<Regex> not_regex;    // … and none of these
  std::vector<XPathRule> xpath;    // over HTML, or XML when the answer says so
  std::optional<TextRule> url;     // the final one
  std::optional<CountLimit> size;  // of the body, in bytes
  std::optional<DurationLimit> duration;
  bool empty() const {
    return status.empty() && headers.empty() && jq.empty() && regex.empty() && not_regex.empty() && xpath.empty() &&
           !url && !size && !duration;
  }
};

// One field of `form`. With a file, the form is sent as multipart/form-data (RFC 7578), else urlencoded.
struct FormField {
  std::string name;
  Template value;
  std::string file;  // absolute path, read when it is sent; empty: `value` is sent
  std::string content_type;
};

// How a step shows who it is. Templates are expanded at each request.
struct BasicLogin {
  Template username;
  Template password;
};
struct BearerLogin {
  Template token;
};
// RFC 6749: client credentials (4.4), or with `username` the password grant (4.3).
struct OAuth2Login {
  Template token_url;
  Template client_id;
  Template client_secret;
  Template username;
  Template password;
  std::vector<std::string> scopes;
};
struct AwsLogin {  // signature version 4
  Template access_key;
  Template secret_key;
  Template session_token;
  std::string region;
  std::string service;
};
using Login = std::variant<std::monostate, BasicLogin, BearerLogin, OAuth2Login, AwsLogin>;

// What a step leaves behind in the target: written to the store's ledger before the next step, and deleted at the next
// start when `finally` never ran.
struct Creates {
  std::string kind;  // for people: "task"
  std::string id;    // the capture that names it
  Template remove;   // `delete`: method DELETE of this URL
  std::vector<std::pair<std::string, Template>> headers;
};

inline constexpr int kMaxRounds = 1000;

// A step runs once, `times`, or once for each item of the list in `list`, at most `most` times: a longer list fails the
// step.
struct Repeat {
  int times = 1;
  std::string list;  // a variable or capture; empty: `times` counts
  std::string as = "item";
  int most = 100;
};

struct Step {
  std::string name;
  // Instead of a request: names that get a value (`set`, and the parameters of an included list).
  std::vector<std::pair<std::string, Template>> set;
  std::string method;                                   // empty: no request, only `set` or `think_time`
  Template url;                                         // absolute, or relative to the journey's base_url
  std::vector<std::pair<std::string, Template>> query;  // added to the URL's own, encoded
  std::vector<std::pair<std::string, Template>> headers;
  std::shared_ptr<const JsonTemplate> json;
  std::vector<FormField> form;
  std::optional<Template> body;
  std::string body_file;  // absolute path, sent as it is
  Login login;
  bool follow_redirects = false;
  Expect expect;
  std::optional<Expect> until;  // poll until it holds
  Micros every{0};
  Micros within{0};
  Micros timeout{0};  // 0: what the journey has left
  Retries retry;      // of the whole step, when it fails
  Repeat repeat;
  Micros think_time{0};  // waited before the step; never part of a measured time
  std::vector<Capture> captures;
  std::optional<Creates> creates;
  bool measure = false;
  // Run only if it holds: a name that is set and not empty, or a jq program over $name variables; empty: always. Asked
  // before each round of `repeat`; after the first that does not hold there is none.
  std::string when;
  bool when_not = false;  // `when: not name`: run only if that does not hold
  std::optional<JqProgram> when_program;
  Position at;
};

struct JsonMember;
struct JsonTemplate {
  enum class Kind { null, boolean, integer, number, text, array, object };
  Kind kind = Kind::null;
  bool boolean = false;
  std::int64_t integer = 0;
  double number = 0;
  Template text;
  std::vector<JsonTemplate> items;  // array
  std::vector<JsonMember> members;  // object
};
struct JsonMember {
  std::string first;
  JsonTemplate second;
};

struct Journey {
  Schedule schedule;
  std::string base_url;
  std::string metric;  // histogram of the measured time, empty: none
  std::vector<std::pair<std::string, Template>> variables;
  std::vector<std::pair<std::string, Secret>> secrets;
  std::vector<std::pair<std::string, Template>> headers;  // of every request; a step's own win
  TlsConfig tls;
  std::vector<Step> steps;
  std::vector<Step> finally;
  Micros finally_timeout{std::chrono::seconds(10)};  // `finally`'s own budget, within the interval
};

// ---- objectives ---------------------------------------------------------------------------------------------------

enum class Indicator { uptime, latency, error_rate };
enum class Comparison { less, less_equal, greater, greater_equal };

// '99.9%' (>=), '< 500ms', '< 0.1%', '> 1s'. For ratios the value is a ratio ('99.9%' is 0.999); for latency the value
// is in microseconds.
struct Limit {
  Comparison op = Comparison::greater_equal;
  Decimal value;
  std::string text;  // as written
};

enum class Combine { any, all };
enum class LatencyOf { successful, all, strict };
enum class ErrorsAre { server, failures };

struct Quorum {
  enum class Kind { majority, any, all, number };
  Kind kind = Kind::majority;
  int number = 0;
};

struct Window {
  enum class Kind { month, quarter, year, rolling };
  Kind kind = Kind::month;
  Micros length{0};  // rolling
};

// Weekly local hours: 'Mon-Fri 08:00-18:00'. Minutes of the local day, [from, to); to may be 24:00. A range over
// midnight is split at load.
struct WeeklyHours {
  struct Span {
    int weekday;  // 0 = Monday … 6 = Sunday
    int from_minute;
    int to_minute;
  };
  std::vector<Span> spans;
  std::string text;
};

struct Objective {
  std::string name;
  std::string service;
  std::vector<std::string> checks;    // resolved: the checks it covers …
  std::vector<std::string> journeys;  // … or the journeys
  Indicator indicator = Indicator::uptime;
  Decimal percentile;  // latency: 95
  Limit target;
  std::optional<Limit> critical;
  Window window;
  std::string time_zone = "UTC";
  Quorum quorum;
  Combine combine = Combine::any;
  std::optional<int> confirm_after;  // default: the check's warning threshold
  LatencyOf of = LatencyOf::successful;
  ErrorsAre errors = ErrorsAre::server;
  std::optional<Decimal> min_coverage;  // default: max(0.99, target) for uptime, else 0.99
  std::int64_t min_samples = 100;
  std::optional<WeeklyHours> hours;
  std::vector<std::string> regions;  // that should report; default: Config::regions
  std::optional<int> min_regions;    // default: majority of regions, or 1 without a list
  Position at;
};

// One window, [from, to), or a weekly one in a time zone.
struct Maintenance {
  std::string service;  // empty: all
  std::optional<Period> once;
  std::optional<WeeklyHours> weekly;
  std::string time_zone = "UTC";
  std::string reason;
  std::string author;
  bool excluded = true;
  Position at;
};

// ---- the whole ----------------------------------------------------------------------------------------------------

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

// /probe, which takes its target from whoever asks.
struct ProbeEndpoint {
  bool enabled = true;  // default: when `listen` is on loopback
  std::vector<AddressRule> allow;
  std::vector<AddressRule> deny;  // beside the built-in ones (probes/target_policy.hpp)
  int history = 100;              // recent probes kept, and as many failures
};

struct Defaults {
  Micros interval{std::chrono::seconds(30)};
  std::optional<Micros> timeout;  // default: min(10 s, interval)
  Thresholds thresholds;
};

struct Config {
  std::string region = "default";
  std::vector<std::string> regions;
  std::string environment;
  std::string listen_host = "127.0.0.1";
  int listen_port = 9999;
  std::string data_dir = "./data";
  std::map<std::string, std::shared_ptr<const Module>> modules;
  std::vector<Service> services;
  std::vector<Check> checks;
  std::vector<Journey> journeys;
  std::vector<Objective> objectives;
  std::vector<Maintenance> maintenance;
  bool application_names = false;  // metrics.application_names
  ProbeEndpoint probe_endpoint;
  std::vector<Error> unsupported;  // why each module that has `unsupported` has it, with its place
  std::string text;                // the whole as YAML, secrets as <secret>: /config
  std::vector<Secret> secrets;     // every secret value met, for the redactor

  const Service* service(const std::string& name) const;
  const Check* check(const std::string& name) const;
  const Journey* journey(const std::string& name) const;
  // Schedules of all checks, then all journeys, in file order.
  std::vector<const Schedule*> schedules() const;
};

// Decoded bytes of a body that any probe keeps at most, unless body_size_limit says otherwise.
inline constexpr std::int64_t kMaxBody = 10'000'000;

}  // namespace nines::config
