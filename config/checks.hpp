#pragma once

// Checks and journeys: what is measured, how often, and how its results are judged. Part of the immutable Config
// (config/config.hpp).

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "config/modules.hpp"

namespace nines::config {

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

struct JsonSchema;  // config/json_schema.hpp

// A JSON Schema that the body must hold.
struct SchemaRule {
  std::shared_ptr<const JsonSchema> schema;
  std::string name;  // of its file, for sentences; empty: it stands in the step
};

struct Expect {
  std::vector<int> status;  // empty: 2xx and 3xx pass unless the step has `until`
  std::vector<HeaderRule> headers;
  std::vector<JqProgram> jq;     // each must be true; variables as $name
  std::vector<Regex> regex;      // each must match the body …
  std::vector<Regex> not_regex;  // … and none of these
  std::vector<XPathRule> xpath;  // over HTML, or XML when the answer says so
  std::optional<SchemaRule> schema;
  std::optional<TextRule> url;     // the final one
  std::optional<CountLimit> size;  // of the body, in bytes
  std::optional<DurationLimit> duration;
  bool empty() const {
    return status.empty() && headers.empty() && jq.empty() && regex.empty() && not_regex.empty() && xpath.empty() &&
           !schema && !url && !size && !duration;
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

}  // namespace nines::config
