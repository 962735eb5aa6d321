// `expect` and `until`: what an answer must be.

#include <filesystem>

#include <nlohmann/json.hpp>

#include "config/journey.hpp"
#include "config/json_schema.hpp"
#include "config/limit.hpp"
#include "config/module.hpp"
#include "config/names.hpp"
#include "config/schedule.hpp"
#include "config/step.hpp"

namespace nines::config {
namespace {

constexpr std::size_t kMaxSchemaBytes = 1 << 20;

// Calls `read` for the value under `key`, or for each item of the list it is.
void one_or_each(Mapping& map, std::string_view key, const std::function<void(const Node&)>& read) {
  const Node* node = map.find(key);
  if (node == nullptr) return;
  if (node->is(Node::Kind::list)) {
    map.each(key, read);
  } else {
    read(*node);
  }
}

std::optional<Regex> read_regex(Context& context, const Node& node, std::string_view what) {
  const auto text = read_text(context, node, what);
  if (!text) return std::nullopt;
  auto regex = compile_regex(*text);
  if (regex) return std::move(*regex);
  context.fault(node, std::string(what) + ": " + regex.error().message);
  return std::nullopt;
}

void read_patterns(Context& context, Mapping& map, std::string_view key, std::vector<Regex>& out) {
  one_or_each(map, key, [&](const Node& item) {
    if (auto regex = read_regex(context, item, in_ticks(key))) out.push_back(std::move(*regex));
  });
}

// 'the text', {matches: 'a pattern'}, and for a header {absent: true}.
bool read_text_rule(Context& context, const Node& node, const std::string& what, TextRule& rule, bool* absent) {
  if (!node.is(Node::Kind::mapping)) {
    auto text = read_text(context, node, what);
    if (text) rule.equals = std::move(*text);
    return text.has_value();
  }
  Mapping map(context, node, what);
  if (const Node* matches = map.find("matches")) rule.matches = read_regex(context, *matches, "`matches`");
  if (absent != nullptr && map.boolean("absent", *absent) && !*absent) {
    context.fault(*map.find("absent"), "`absent` is false: expected true");
  }
  map.finish();
  const bool has_absent = absent != nullptr && map.find("absent") != nullptr;
  if ((map.find("matches") != nullptr) == has_absent) {
    context.fault(node, what + ": expected a text" +
                            (absent != nullptr ? ", {matches: pattern} or {absent: true}" : " or {matches: pattern}"));
  }
  return true;
}

void read_status(Context& context, Mapping& map, Expect& expect) {
  one_or_each(map, "status", [&](const Node& item) {
    if (const auto status = read_integer(context, item, "`status`", 100, 599)) {
      expect.status.push_back(static_cast<int>(*status));
    }
  });
}

void read_header_rules(Context& context, Mapping& map, Expect& expect) {
  map.members("headers", [&](const std::string& name, const Node& key, const Node& node) {
    HeaderRule rule{.header = name, .rule = {}};
    if (!is_http_token(name)) {
      context.fault(key, in_ticks(name) + " is no header name: expected one such as Location");
    }
    if (read_text_rule(context, node, "the header " + in_ticks(name), rule.rule, &rule.absent)) {
      expect.headers.push_back(std::move(rule));
    }
  });
}

std::optional<XPathRule> read_xpath(Context& context, const Node& node) {
  XPathRule rule;
  const Node* path = &node;
  if (node.is(Node::Kind::mapping)) {
    Mapping map(context, node, "an item of `xpath`");
    if (!map.required_text("path", rule.expression)) return std::nullopt;
    path = map.find("path");
    CountLimit count;
    if (map.parsed("count", parse_count_limit, count)) rule.count = std::move(count);
    Template text;
    if (map.text("text", text)) rule.text.equals = std::move(text);
    if (const Node* matches = map.find("matches")) rule.text.matches = read_regex(context, *matches, "`matches`");
    if (map.find("text") != nullptr && map.find("matches") != nullptr) {
      context.fault(*map.find("matches"), "`matches` beside `text`: expected one of them");
    }
    map.finish();
  } else {
    auto text = read_text(context, node, "`xpath`");
    if (!text) return std::nullopt;
    rule.expression = std::move(*text);
  }
  if (!trim(rule.expression).empty()) return rule;
  context.fault(*path, "the XPath expression is empty: expected one such as //title");
  return std::nullopt;
}

// A file, from the folder of the file that names it, or the schema itself.
void read_schema_rule(Context& context, Mapping& map, Expect& expect) {
  const Node* node = map.find("schema");
  if (node == nullptr) return;
  SchemaRule rule;
  Expected<Json> document;
  if (node->is(Node::Kind::mapping)) {
    document = json_of(read_json(context, *node));
  } else {
    const auto path = read_text(context, *node, "`schema`");
    if (!path) return;
    const std::string file = resolve_path(*node, *path);
    rule.name = std::filesystem::path(file).filename().string();
    const auto text = read_file(file, kMaxSchemaBytes);
    document = text ? parse_json(*text) : std::unexpected(text.error());
    if (text && !document) document = fail(in_ticks(*path) + " is no JSON: " + document.error().message);
  }
  auto schema = document ? read_schema(*document) : std::unexpected(document.error());
  if (!schema) {
    context.fault(*node, "`schema`: " + schema.error().message);
    return;
  }
  rule.schema = std::move(*schema);
  expect.schema = std::move(rule);
}

void read_final_url(Context& context, Mapping& map, Expect& expect) {
  const Node* node = map.find("url");
  TextRule rule;
  if (node == nullptr || !read_text_rule(context, *node, "`url`", rule, nullptr)) return;
  const bool whole = !rule.equals || rule.equals->starts_with("http://") || rule.equals->starts_with("https://") ||
                     rule.equals->starts_with("{{");
  if (!whole) {
    context.fault(*node, "`url` is " + in_ticks(*rule.equals) +
                             ": expected the whole URL that the answer came from, or {matches: pattern}");
  }
  expect.url = std::move(rule);
}

}  // namespace

Expect read_expect(Context& context, const Node& node, std::string_view what) {
  Mapping map(context, node, what);
  Expect expect;
  read_status(context, map, expect);
  read_header_rules(context, map, expect);
  one_or_each(map, "jq", [&](const Node& item) {
    if (auto program = read_jq(context, item, "`jq`")) expect.jq.push_back(std::move(*program));
  });
  read_patterns(context, map, "regex", expect.regex);
  read_patterns(context, map, "not_regex", expect.not_regex);
  one_or_each(map, "xpath", [&](const Node& item) {
    if (auto rule = read_xpath(context, item)) expect.xpath.push_back(std::move(*rule));
  });
  read_schema_rule(context, map, expect);
  read_final_url(context, map, expect);
  CountLimit size;
  if (map.parsed("size", parse_size_limit, size)) expect.size = std::move(size);
  DurationLimit duration;
  if (map.parsed("duration", parse_duration_limit, duration)) expect.duration = std::move(duration);
  map.finish();
  if (node.members.empty()) {
    context.fault(node, std::string(what) + " is empty: expected a rule such as `status: 200`");
  }
  return expect;
}

}  // namespace nines::config
