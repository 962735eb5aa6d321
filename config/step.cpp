#include "config/step.hpp"

#include <algorithm>

#include "config/journey.hpp"
#include "config/jq_words.hpp"
#include "config/module.hpp"
#include "config/names.hpp"
#include "config/schedule.hpp"
#include "config/target.hpp"
#include "config/template.hpp"

namespace nines::config {
namespace {

constexpr std::pair<std::string_view, std::string_view> kMethods[] = {
    {"get", "GET"},       {"post", "POST"}, {"put", "PUT"},        {"patch", "PATCH"},
    {"delete", "DELETE"}, {"head", "HEAD"}, {"options", "OPTIONS"}};

// Keys that mean nothing without a request.
constexpr std::string_view kOfRequests[] = {
    "query",     "headers",          "json",   "form",  "body",  "body_file", "basic_auth", "bearer", "oauth2",
    "aws_sigv4", "follow_redirects", "expect", "until", "every", "within",    "timeout",    "retry",  "capture",
    "creates",   "measure"};

constexpr Micros kDefaultEvery = std::chrono::seconds(1);

struct RequestLine {
  const Node* at = nullptr;  // null: there is none
  bool wrong = false;        // and why has been told
};

// A second request is told, and not looked at.
bool is_first(Context& context, const Node& node, std::string_view key, RequestLine& line) {
  if (line.at == nullptr) {
    line.at = &node;
    return true;
  }
  context.fault(node,
                in_ticks(key) + " beside another request at " + place(line.at->at()) + ": expected one request a step");
  return false;
}

// `method:` and `url:`, of a step or of its `request`.
void read_method_and_url(Context& context, Mapping& map, Step& step, RequestLine& line) {
  const Node* method = map.find("method");
  const Node* url = map.find("url");
  if (method == nullptr && url == nullptr) return;
  if (line.at != nullptr || method == nullptr || url == nullptr) {
    context.fault(method != nullptr ? *method : *url,
                  line.at != nullptr ? "`method` or `url` beside another request: expected one request a step"
                                     : "`method` and `url` go together: expected both");
    line.wrong = true;
    return;
  }
  line.at = url;
  if (map.text("method", step.method) && !is_http_token(step.method)) {
    context.fault(*method, in_ticks(step.method) + " is no method: expected one such as GET or POST");
  }
  map.text("url", step.url);
}

// `get: URL` and its like, `method:` and `url:`, or `request: {method, url}`.
void read_request_line(Context& context, Mapping& map, const Journey& journey, Step& step) {
  RequestLine line;
  for (const auto& [key, method] : kMethods) {
    const Node* node = map.find(key);
    if (node == nullptr || !is_first(context, *node, key, line)) continue;
    step.method = method;
    map.text(key, step.url);
  }
  if (const Node* node = map.find("request"); node != nullptr && is_first(context, *node, "request", line)) {
    Mapping request(context, *node, "`request`");
    line.at = nullptr;
    read_method_and_url(context, request, step, line);
    request.finish();
    if (line.at == nullptr && !line.wrong && node->is(Node::Kind::mapping)) {
      context.fault(*node, "`request` is empty: expected `method` and `url`");
    }
    line.wrong = line.wrong || line.at == nullptr;
    if (line.at == nullptr) line.at = node;
  }
  read_method_and_url(context, map, step, line);
  if (line.wrong) return;
  if (line.at == nullptr) {
    if (map.node().is(Node::Kind::mapping) && map.find("set") == nullptr && map.find("think_time") == nullptr) {
      context.fault(map.node(), "a step has no request: expected one such as `get: /path`");
    }
  } else if (!step.url.empty()) {
    check_url(context, *line.at, journey, step.url);
  } else if (line.at->is(Node::Kind::scalar)) {
    context.fault(*line.at, "the URL is empty: expected a path or a URL");
  }
}

void limit_duration(Context& context, Mapping& map, std::string_view key, Micros value, Micros budget) {
  if (value <= budget) return;
  context.fault(*map.find(key), in_ticks(key) + " is " + format_duration(value) + ": expected at most the " +
                                    format_duration(budget) + " there are in all");
}

void read_times(Context& context, Mapping& map, Micros budget, Step& step) {
  if (map.positive_duration("timeout", step.timeout)) limit_duration(context, map, "timeout", step.timeout, budget);
  if (!step.until) {
    for (const std::string_view key : {"every", "within"}) {
      if (map.find(key) != nullptr) context.fault(*map.find(key), in_ticks(key) + " without `until`: expected both");
    }
    return;
  }
  const Micros most = step.timeout > Micros::zero() ? step.timeout : budget;
  step.every = kDefaultEvery;
  step.within = most;
  map.positive_duration("every", step.every);
  if (map.positive_duration("within", step.within)) limit_duration(context, map, "within", step.within, most);
}

Retries read_retry(Context& context, Mapping& map) {
  Retries retry;
  const Node* node = map.find("retry");
  if (node == nullptr) return retry;
  Mapping keys(context, *node, "`retry`");
  if (keys.find("attempts") == nullptr && node->is(Node::Kind::mapping)) {
    context.fault(*node, "`retry` has no `attempts`: expected one, the first included");
  }
  keys.integer("attempts", retry.attempts, 1, 10);
  keys.duration("delay", retry.delay);
  keys.finish();
  return retry;
}

// A number, or {for_each: name, as: name, most: number}.
Repeat read_repeat(Context& context, Mapping& map) {
  Repeat repeat;
  const Node* node = map.find("repeat");
  if (node == nullptr) return repeat;
  if (!node->is(Node::Kind::mapping)) {
    map.integer("repeat", repeat.times, 1, kMaxRounds);
    return repeat;
  }
  Mapping keys(context, *node, "`repeat`");
  keys.required_text("for_each", repeat.list);
  if (keys.text("as", repeat.as)) check_new_name(context, *keys.find("as"), repeat.as, "variable");
  keys.integer("most", repeat.most, 1, kMaxRounds);
  keys.finish();
  return repeat;
}

void read_when(Context& context, Mapping& map, Step& step) {
  std::string text;
  if (!map.text("when", text)) return;
  const Node& node = *map.find("when");
  Condition condition = parse_condition(text);
  step.when = std::move(condition.name);
  step.when_not = condition.negated;
  if (!step.when.empty()) return;
  if (trim(text).empty() || trim(text).starts_with("{{")) {
    context.fault(node, "`when` is " + in_ticks(text) +
                            ": expected a name, `not` and a name, or a jq program such as '$count > 0'");
    return;
  }
  step.when_program = read_jq(context, node, "`when`");
}

std::optional<Creates> read_creates(Context& context, Mapping& map, const Journey& journey) {
  const Node* node = map.find("creates");
  if (node == nullptr) return std::nullopt;
  Mapping keys(context, *node, "`creates`");
  Creates creates;
  keys.name("kind", creates.kind);
  keys.required_text("id", creates.id);
  if (keys.required_text("delete", creates.remove)) check_url(context, *keys.find("delete"), journey, creates.remove);
  creates.headers = read_headers(context, keys, "headers");
  keys.finish();
  return creates;
}

void read_set(Context& context, Mapping& map, const Journey& journey, Step& step) {
  map.members("set", [&](const std::string& name, const Node& key, const Node& node) {
    check_new_name(context, key, name, "variable", journey);
    auto text = read_text(context, node, "the variable " + in_ticks(name));
    if (!text) return;
    guard_named(context, node, name, *text);
    step.set.emplace_back(name, std::move(*text));
  });
}

void read_think_time(Context& context, Mapping& map, Micros budget, Step& step) {
  if (map.positive_duration("think_time", step.think_time)) {
    limit_duration(context, map, "think_time", step.think_time, budget);
  }
}

// `set` and `think_time` can do without a request, and `set` stands alone.
void check_request(Context& context, Mapping& map, const Step& step) {
  const bool asks = !step.method.empty();
  if (asks && map.find("set") != nullptr) {
    context.fault(*map.find("set"), "`set` beside a request: expected a step of its own");
  }
  if (asks || (map.find("set") == nullptr && map.find("think_time") == nullptr)) return;
  for (const Member& member : map.node().members) {
    if (std::ranges::find(kOfRequests, member.key->text) == std::end(kOfRequests)) continue;
    context.fault(*member.key, in_ticks(member.key->text) + " without a request: expected one such as `get: /path`");
  }
}

}  // namespace

void check_url(Context& context, const Node& node, const Journey& journey, const std::string& url) {
  if (url.starts_with("{{")) return;
  if (url.starts_with('/')) {
    if (journey.base_url.empty()) {
      context.fault(node,
                    "the path " + in_ticks(url) + " has no host: expected `base_url` on the journey, or a whole URL");
    }
    return;
  }
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    context.fault(node,
                  in_ticks(url) + " is no URL: expected a path that begins with / or a URL with http:// or https://");
    return;
  }
  if (url.find("{{") != std::string::npos) return;
  if (auto target = parse_target(url); !target) context.fault(node, std::move(target.error().message));
}

Condition parse_condition(std::string_view text) {
  text = trim(text);
  if (is_identifier(text)) return {std::string(text), false};
  constexpr std::string_view kNot = "not";
  const std::string_view rest = text.starts_with(kNot) ? text.substr(kNot.size()) : std::string_view();
  if (rest.starts_with(' ') && is_identifier(trim(rest))) return {std::string(trim(rest)), true};
  return {};
}

void check_new_name(Context& context, const Node& key, const std::string& name, std::string_view what) {
  if (!is_identifier(name)) {
    context.fault(key, in_ticks(name) + " is no name of a " + std::string(what) + ": expected letters, digits and _");
  } else if (is_template_builtin(name)) {
    context.fault(key, in_ticks(name) + " is a word of templates: expected another name");
  } else if (is_reserved_jq_name(name)) {
    context.fault(key, in_ticks(name) + " is a word of jq: expected another name");
  }
}

void check_new_name(Context& context, const Node& key, const std::string& name, std::string_view what,
                    const Journey& journey) {
  check_new_name(context, key, name, what);
  if (std::ranges::any_of(journey.secrets, [&](const auto& secret) { return secret.first == name; })) {
    context.fault(key, in_ticks(name) + " is a secret of this journey: expected another name");
  }
}

std::optional<std::string> lone_name(const Template& text) {
  const auto pieces = parse_template(text);
  if (!pieces || pieces->size() != 1) return std::nullopt;
  const TemplatePiece& piece = pieces->front();
  if (piece.kind != TemplatePiece::Kind::variable || !piece.filters.empty()) return std::nullopt;
  return piece.text;
}

Step read_step(Context& context, const Node& node, const Journey& journey, Micros budget) {
  Mapping map(context, node, "a step");
  Step step;
  step.at = node.at();
  map.name("name", step.name);
  read_set(context, map, journey, step);
  read_request_line(context, map, journey, step);
  read_query(context, map, step);
  step.headers = read_headers(context, map, "headers");
  read_content(context, map, step);
  read_login(context, map, journey, step);
  map.boolean("follow_redirects", step.follow_redirects);
  if (const Node* expect = map.find("expect")) step.expect = read_expect(context, *expect, "`expect`");
  if (const Node* until = map.find("until")) step.until = read_expect(context, *until, "`until`");
  read_captures(context, map, journey, step);
  read_times(context, map, budget, step);
  read_think_time(context, map, budget, step);
  step.retry = read_retry(context, map);
  step.repeat = read_repeat(context, map);
  step.creates = read_creates(context, map, journey);
  map.boolean("measure", step.measure);
  read_when(context, map, step);
  map.unavailable({"browser"});
  map.finish();
  check_request(context, map, step);
  return step;
}

}  // namespace nines::config
