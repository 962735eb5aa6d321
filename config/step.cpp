#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "config/journey.hpp"
#include "config/jq_words.hpp"
#include "config/limit.hpp"
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

constexpr Micros kDefaultEvery = std::chrono::seconds(1);

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

// `get: URL` and its like, or `method:` and `url:`.
void read_request_line(Context& context, Mapping& map, const Journey& journey, Step& step) {
  const Node* at = nullptr;
  for (const auto& [key, method] : kMethods) {
    const Node* node = map.find(key);
    if (node == nullptr) continue;
    if (at != nullptr) {
      context.fault(*node,
                    in_ticks(key) + " beside another request at " + place(at->at()) + ": expected one request a step");
      continue;
    }
    at = node;
    step.method = method;
    map.text(key, step.url);
  }
  const Node* method = map.find("method");
  const Node* url = map.find("url");
  if (at == nullptr && method != nullptr && url != nullptr) {
    at = url;
    if (map.text("method", step.method) && !is_http_token(step.method)) {
      context.fault(*method, in_ticks(step.method) + " is no method: expected one such as GET or POST");
    }
    map.text("url", step.url);
  } else if (method != nullptr || url != nullptr) {
    context.fault(method != nullptr ? *method : *url,
                  at != nullptr ? "`method` or `url` beside another request: expected one request a step"
                                : "`method` and `url` go together: expected both");
    return;
  }
  if (at == nullptr) {
    if (map.node().is(Node::Kind::mapping)) {
      context.fault(map.node(), "a step has no request: expected one such as `get: /path`");
    }
  } else if (!step.url.empty()) {
    check_url(context, *at, journey, step.url);
  } else if (at->is(Node::Kind::scalar)) {
    context.fault(*at, "the URL is empty: expected a path or a URL");
  }
}

void read_status(Context& context, Mapping& map, Expect& expect) {
  const Node* node = map.find("status");
  if (node == nullptr) return;
  const auto add = [&](const Node& item) {
    if (const auto status = read_integer(context, item, "`status`", 100, 599)) {
      expect.status.push_back(static_cast<int>(*status));
    }
  };
  if (node->is(Node::Kind::list)) {
    map.each("status", add);
  } else {
    add(*node);
  }
}

Expect read_expect(Context& context, const Node& node, std::string_view what) {
  Mapping map(context, node, what);
  Expect expect;
  read_status(context, map, expect);
  if (const Node* jq = map.find("jq")) {
    const auto add = [&](const Node& item) {
      if (auto program = read_jq(context, item, "`jq`")) expect.jq.push_back(std::move(*program));
    };
    if (jq->is(Node::Kind::list)) {
      map.each("jq", add);
    } else {
      add(*jq);
    }
  }
  DurationLimit limit;
  if (map.parsed("duration", parse_duration_limit, limit)) expect.duration = std::move(limit);
  map.unavailable({"header", "headers", "cookie", "regex", "xpath", "body", "url", "certificate", "version"});
  map.finish();
  if (node.members.empty()) context.fault(node, std::string(what) + " is empty: expected `status`, `jq` or `duration`");
  return expect;
}

void read_capture_source(Context& context, Mapping& map, const Node& node, Capture& capture) {
  const std::array<const Node*, 3> sources = {map.find("jq"), map.find("header"), map.find("status")};
  map.unavailable({"cookie", "regex", "xpath", "url", "body", "certificate"});
  map.finish();
  const auto given = std::ranges::count_if(sources, [](const Node* source) { return source != nullptr; });
  if (given != 1 && node.is(Node::Kind::mapping) && (given > 1 || node.members.empty())) {
    context.fault(node, "the capture " + in_ticks(capture.name) + ": expected one of `jq`, `header` and `status`");
  }
  if (given != 1) return;
  if (sources[0] != nullptr) {
    if (auto program = read_jq(context, *sources[0], "`jq`")) capture.argument = std::move(program->text);
  } else if (sources[1] != nullptr) {
    capture.kind = CaptureKind::header;
    if (map.text("header", capture.argument) && !is_http_token(capture.argument)) {
      context.fault(*sources[1], in_ticks(capture.argument) + " is no header name: expected one such as Location");
    }
  } else {
    capture.kind = CaptureKind::status;
    bool wanted = true;
    if (map.boolean("status", wanted) && !wanted) context.fault(*sources[2], "`status` is false: expected true");
  }
}

void read_captures(Context& context, Mapping& map, const Journey& journey, Step& step) {
  map.members("capture", [&](const std::string& name, const Node& key, const Node& node) {
    if (!is_identifier(name)) {
      context.fault(key, in_ticks(name) + " is no name of a capture: expected letters, digits and _");
    } else if (is_template_builtin(name)) {
      context.fault(key, in_ticks(name) + " is a word of templates: expected another name");
    } else if (is_reserved_jq_name(name)) {
      context.fault(key, in_ticks(name) + " is a word of jq: expected another name");
    } else if (std::ranges::any_of(journey.secrets, [&](const auto& secret) { return secret.first == name; })) {
      context.fault(key, in_ticks(name) + " is a secret of this journey: expected another name");
    }
    Capture capture;
    capture.name = name;
    capture.at = key.at();
    Mapping source(context, node, "a capture");
    read_capture_source(context, source, node, capture);
    step.captures.push_back(std::move(capture));
  });
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

void read_content(Context& context, Mapping& map, Step& step) {
  if (const Node* json = map.find("json")) step.json = std::make_shared<const JsonTemplate>(read_json(context, *json));
  std::string body;
  if (map.text("body", body)) step.body = std::move(body);
  if (step.json != nullptr && map.find("body") != nullptr) {
    context.fault(*map.find("body"), "`body` beside `json`: expected one of them");
  }
}

}  // namespace

Step read_step(Context& context, const Node& node, const Journey& journey, Micros budget) {
  Mapping map(context, node, "a step");
  Step step;
  step.at = node.at();
  map.name("name", step.name);
  read_request_line(context, map, journey, step);
  step.headers = read_headers(context, map, "headers");
  read_content(context, map, step);
  if (const Node* expect = map.find("expect")) step.expect = read_expect(context, *expect, "`expect`");
  if (const Node* until = map.find("until")) step.until = read_expect(context, *until, "`until`");
  read_captures(context, map, journey, step);
  read_times(context, map, budget, step);
  map.boolean("measure", step.measure);
  map.text("when", step.when);
  map.unavailable({"query", "form", "multipart", "body_file", "retry", "retries", "repeat", "include", "think_time",
                   "creates", "browser", "basic_auth", "follow_redirects"});
  map.finish();
  return step;
}

}  // namespace nines::config
