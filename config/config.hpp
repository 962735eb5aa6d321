#pragma once

// The one validated, immutable configuration an agent runs on. Plain data; made by load() (config/load.hpp) and shared
// read-only between threads as std::shared_ptr<const Config>. Every default has been applied: a reader never asks
// "is it set?" unless the member is optional.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
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
  std::string ca_file;  // absolute, or empty: the system's
  std::string cert_file;
  std::string key_file;
  std::string server_name;  // empty: the target's host
  std::string min_version;  // "TLS10" … "TLS13", empty: library default
  std::string max_version;
};

enum class IpProtocol { automatic, ip4, ip6 };

struct HttpModule {
  std::vector<int> valid_status_codes;           // empty: 2xx
  std::vector<std::string> valid_http_versions;  // empty: any
  IpProtocol preferred_ip_protocol = IpProtocol::automatic;
  bool ip_protocol_fallback = true;
  std::string method = "GET";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::int64_t body_size_limit = 0;  // decoded bytes; 0: the program's own limit, kMaxBody
  bool follow_redirects = true;
  bool fail_if_ssl = false;
  bool fail_if_not_ssl = false;
  std::vector<Regex> fail_if_body_matches_regexp;
  std::vector<Regex> fail_if_body_not_matches_regexp;
  std::vector<HeaderMatch> fail_if_header_matches;
  std::vector<HeaderMatch> fail_if_header_not_matches;
  std::optional<BasicAuth> basic_auth;
  std::string authorization_type = "Bearer";
  std::optional<Secret> authorization_credentials;  // `authorization.credentials` or `bearer_token`
  TlsConfig tls;
  std::string compression;  // declared encoding, empty: none asked for
};

struct Module {
  std::string name;
  Micros timeout{0};  // 0: not set here
  HttpModule http;
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
  std::shared_ptr<const Module> module;
  Retries retries;
  JqProgram components;  // over the body; an object of component name to boolean; empty: none
  JqProgram version;     // over the body; the deployed version; empty: none
};

enum class CaptureKind { jq, header, status };

struct Capture {
  std::string name;
  CaptureKind kind = CaptureKind::jq;
  std::string argument;  // jq program or header name, empty for status
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

struct Expect {
  std::vector<int> status;    // empty: 2xx and 3xx pass unless the step has `until`
  std::vector<JqProgram> jq;  // each must be true; variables as $name
  std::optional<DurationLimit> duration;
  bool empty() const { return status.empty() && jq.empty() && !duration; }
};

// Text with {{ … }} in it; checked at load, expanded at run time by journeys/.
using Template = std::string;

// A JSON body whose strings are templates, as YAML node order; scalars keep their YAML type.
struct JsonTemplate;

struct Step {
  std::string name;
  std::string method;
  Template url;  // absolute, or relative to the journey's base_url
  std::vector<std::pair<std::string, Template>> headers;
  std::shared_ptr<const JsonTemplate> json;
  std::optional<Template> body;
  Expect expect;
  std::optional<Expect> until;  // poll until it holds
  Micros every{0};
  Micros within{0};
  Micros timeout{0};  // 0: what the journey has left
  std::vector<Capture> captures;
  bool measure = false;
  std::string when;  // run only if this variable is set and not empty; empty: always
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
  std::vector<Secret> secrets;     // every secret value met, for the redactor

  const Service* service(const std::string& name) const;
  const Check* check(const std::string& name) const;
  const Journey* journey(const std::string& name) const;
  // Schedules of all checks, then all journeys, in file order.
  std::vector<const Schedule*> schedules() const;
};

// Decoded bytes of a body that any probe reads at most, unless body_size_limit says less.
inline constexpr std::int64_t kMaxBody = 10'000'000;

}  // namespace nines::config
