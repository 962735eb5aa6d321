#include "config/import_hurl_rules.hpp"

#include <algorithm>
#include <array>

#include <re2/re2.h>

#include "base/text.hpp"
#include "config/names.hpp"

namespace nines::config {
namespace {

constexpr std::array<std::string_view, 7> kWithArgument = {"header", "cookie",   "jsonpath",   "regex",
                                                           "xpath",  "variable", "certificate"};
constexpr std::array<std::string_view, 5> kAlone = {"status", "body", "url", "duration", "bytes"};

constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kOperators = {{
    {"==", "=="},
    {"equals", "=="},
    {"!=", "!="},
    {"notEquals", "!="},
    {">", ">"},
    {"greaterThan", ">"},
    {">=", ">="},
    {"greaterThanOrEquals", ">="},
    {"<", "<"},
    {"lessThan", "<"},
    {"<=", "<="},
    {"lessThanOrEquals", "<="},
}};

std::string operator_of(std::string_view name) {
  const auto* const found = std::ranges::find(kOperators, name, [](const auto& one) { return one.first; });
  return found == kOperators.end() ? std::string() : std::string(found->second);
}

std::string opposite(const std::string& sign) {
  if (sign == "==") return "!=";
  if (sign == "!=") return "==";
  if (sign == "<") return ">=";
  if (sign == "<=") return ">";
  return sign == ">" ? "<=" : "<";
}

bool is_pattern(const std::string& text) {
  re2::RE2::Options quiet;
  quiet.set_log_errors(false);
  return re2::RE2(text, quiet).ok();
}

bool has_group(const std::string& pattern) {
  re2::RE2::Options quiet;
  quiet.set_log_errors(false);
  return re2::RE2(pattern, quiet).NumberOfCapturingGroups() > 0;
}

bool is_whole(const std::optional<HurlToken>& token) {
  static const re2::RE2 kWhole(R"(\d{1,9})");
  return token && token->kind == HurlToken::Kind::word && re2::RE2::FullMatch(token->text, kWhole);
}

void add_program(Json& expect, const std::string& program) {
  auto& programs = expect["jq"];
  if (programs.is_null()) programs = Json::array();
  programs.push_back(program);
}

}  // namespace

std::optional<HurlRules::Query> HurlRules::read_query(const std::vector<HurlToken>& tokens) {
  if (tokens.empty() || tokens[0].kind != HurlToken::Kind::word) return std::nullopt;
  Query query;
  query.kind = tokens[0].text;
  if (std::ranges::find(kAlone, query.kind) != kAlone.end()) {
    query.used = 1;
  } else if (std::ranges::find(kWithArgument, query.kind) != kWithArgument.end() && tokens.size() > 1 &&
             tokens[1].kind != HurlToken::Kind::word) {
    query.argument = tokens[1].text;
    query.used = 2;
  } else {
    return std::nullopt;
  }
  if (query.argument.contains("{{")) return std::nullopt;
  if (query.kind == "jsonpath") {
    auto program = jq_of_jsonpath(query.argument, query.many);
    if (!program) return std::nullopt;
    query.program = std::move(*program);
  }
  const bool named = query.kind == "header" || query.kind == "cookie";
  if (named && !is_http_token(query.argument)) return std::nullopt;
  if (query.kind == "regex" && !is_pattern(query.argument)) return std::nullopt;
  if (!read_filters(tokens, query)) return std::nullopt;
  return query;
}

bool HurlRules::read_filters(const std::vector<HurlToken>& tokens, Query& query) {
  for (;;) {
    if (query.used == tokens.size()) return true;
    const HurlToken& filter = tokens[query.used];
    if (filter.is("count") && !query.count) {
      query.count = true;
      ++query.used;
    } else if (filter.is("regex") && query.used + 1 < tokens.size() && query.pattern.empty() && !query.count) {
      query.pattern = tokens[query.used + 1].text;
      if (query.pattern.empty() || !is_pattern(query.pattern) || query.kind == "jsonpath") return false;
      query.used += 2;
    } else if (filter.is("nth") && query.kind == "jsonpath" && query.used + 1 < tokens.size() &&
               is_whole(tokens[query.used + 1])) {
      query.program =
          (query.many ? "[" + query.program + "]" : query.program) + "[" + tokens[query.used + 1].text + "]";
      query.many = false;
      query.used += 2;
    } else {
      return true;
    }
  }
}

std::optional<Json> HurlRules::capture(std::string_view line) {
  std::vector<HurlToken> tokens = hurl_tokens(line);
  if (!tokens.empty() && tokens.back().is("redact")) tokens.pop_back();
  const auto query = read_query(tokens);
  if (!query || query->used != tokens.size()) return std::nullopt;
  Json out = Json::object();
  if (query->kind == "jsonpath") {
    out["jq"] = query->many ? "[" + query->program + "]" : query->program;
    if (query->count) out["jq"] = out["jq"].get<std::string>() + " | length";
    return out;
  }
  if (query->count) return std::nullopt;
  if (query->kind == "header" || query->kind == "cookie" || query->kind == "xpath") {
    out[query->kind] = query->argument;
  } else if (query->kind == "regex") {
    if (!query->pattern.empty() || !has_group(query->argument)) return std::nullopt;
    out["regex"] = query->argument;
  } else if (query->kind == "status" || query->kind == "body" || query->kind == "url") {
    if (query->kind == "status" && !query->pattern.empty()) return std::nullopt;
    if (query->kind != "body" || query->pattern.empty()) out[query->kind] = true;
  } else {
    return std::nullopt;
  }
  if (!query->pattern.empty()) out["regex"] = query->pattern;
  return out;
}

std::optional<HurlRules::Predicate> HurlRules::read_predicate(const std::vector<HurlToken>& tokens, std::size_t from) {
  Predicate out;
  if (from < tokens.size() && tokens[from].is("not")) {
    out.negated = true;
    ++from;
  }
  if (from >= tokens.size() || tokens[from].kind != HurlToken::Kind::word) return std::nullopt;
  out.name = tokens[from++].text;
  if (from < tokens.size()) out.value = tokens[from++];
  if (from != tokens.size()) return std::nullopt;
  return out;
}

bool HurlRules::assertion(std::string_view line, Json& expect) {
  const std::vector<HurlToken> tokens = hurl_tokens(line);
  const auto query = read_query(tokens);
  if (!query) return false;
  const auto predicate = read_predicate(tokens, query->used);
  if (!predicate) return false;
  if (query->kind == "jsonpath") return expect_json(*query, *predicate, expect);
  if (query->kind == "xpath") return expect_xpath(*query, *predicate, expect);
  if (query->kind == "duration" || query->kind == "bytes" || (query->kind == "body" && query->count)) {
    return expect_limit(*query, *predicate, expect);
  }
  if (query->count || !query->pattern.empty()) return false;
  if (query->kind == "status") return expect_status(*predicate, expect);
  if (query->kind == "header") return expect_header(*query, *predicate, expect);
  if (query->kind == "body") return expect_body(*predicate, expect);
  if (query->kind == "url") return expect_url(*predicate, expect);
  if (query->kind == "regex" && predicate->name == "exists") {
    add_to(expect, predicate->negated ? "not_regex" : "regex", query->argument);
    return true;
  }
  return false;
}

std::optional<std::string> HurlRules::jq_value(const HurlToken& token) {
  if (token.kind == HurlToken::Kind::pattern) return std::nullopt;
  if (const auto name = scope_.lone(token.text)) return "$" + *name;
  if (token.text.contains("{{")) return std::nullopt;
  if (token.kind == HurlToken::Kind::text) return jq_text(token.text);
  const auto value = parse_json(token.text);
  return value && !value->is_structured() ? std::optional(dump_json(*value)) : std::nullopt;
}

std::optional<std::string> HurlRules::pattern_of(const Predicate& predicate) {
  if (!predicate.value || predicate.value->text.contains("{{")) return std::nullopt;
  const std::string& text = predicate.value->text;
  if (predicate.name == "matches") return is_pattern(text) ? std::optional(text) : std::nullopt;
  if (predicate.value->kind != HurlToken::Kind::text) return std::nullopt;
  if (predicate.name == "contains") return literal_pattern(text);
  if (predicate.name == "startsWith") return "^" + literal_pattern(text);
  if (predicate.name == "endsWith") return literal_pattern(text) + "$";
  return predicate.name == "==" ? std::optional("^" + literal_pattern(text) + "$") : std::nullopt;
}

bool HurlRules::expect_json(const Query& query, const Predicate& predicate, Json& expect) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kTests = {{
      {"exists", "!= null"},
      {"isString", "| type == \"string\""},
      {"isBoolean", "| type == \"boolean\""},
      {"isNumber", "| type == \"number\""},
      {"isFloat", "| type == \"number\""},
      {"isInteger", "| type == \"number\" and . == floor"},
      {"isCollection", "| type == \"array\" or type == \"object\""},
      {"isList", "| type == \"array\""},
      {"isObject", "| type == \"object\""},
      {"isEmpty", "| length == 0"},
  }};
  const std::string left = (query.many ? "[" + query.program + "]" : query.program) + (query.count ? " | length" : "");
  std::string program;
  const auto* const test = std::ranges::find(kTests, predicate.name, [](const auto& one) { return one.first; });
  if (test != kTests.end() && !predicate.value) {
    const bool found = query.many && predicate.name == "exists";
    program = left + " " + (found ? "!= []" : std::string(test->second));
  } else if (!predicate.value) {
    return false;
  } else if (const std::string sign = operator_of(predicate.name); !sign.empty()) {
    const auto value = jq_value(*predicate.value);
    if (!value) return false;
    program = left + " " + (predicate.negated ? opposite(sign) : sign) + " " + *value;
    add_program(expect, program);
    return true;
  } else if (predicate.name == "matches") {
    if (predicate.value->text.contains("{{")) return false;
    program = left + " | test(" + jq_text(predicate.value->text) + ")";
  } else {
    const auto value = jq_value(*predicate.value);
    if (!value) return false;
    const std::string& name = predicate.name;
    if (name == "startsWith" || name == "endsWith") {
      program = left + " | " + (name == "startsWith" ? "startswith(" : "endswith(") + *value + ")";
    } else if (name == "contains" || name == "includes") {
      program = left + " | if type == \"array\" then any(.[]; . == " + *value + ") else contains(" + *value + ") end";
    } else {
      return false;
    }
  }
  add_program(expect, program + (predicate.negated ? " | not" : ""));
  return true;
}

bool HurlRules::expect_header(const Query& query, const Predicate& predicate, Json& expect) {
  const bool taken = expect.contains("headers") && expect["headers"].contains(query.argument);
  Json rule;
  if (predicate.name == "exists" && !predicate.value) {
    rule = predicate.negated ? Json{{"absent", true}} : Json{{"matches", ".*"}};
  } else if (predicate.name == "==" && predicate.value && predicate.value->kind == HurlToken::Kind::text) {
    rule = scope_.text(predicate.value->text);
  } else if (const auto pattern = pattern_of(predicate)) {
    rule = Json{{"matches", *pattern}};
  }
  const bool odd = predicate.negated && predicate.name != "exists";
  if (taken || odd || rule.is_null()) return false;
  expect["headers"][query.argument] = std::move(rule);
  return true;
}

bool HurlRules::expect_xpath(const Query& query, const Predicate& predicate, Json& expect) {
  static const re2::RE2 kCount(R"(count\((.+)\))");
  std::string path = query.argument;
  Json rule;
  std::string inner;
  if (trim(path).empty()) return false;
  if (predicate.name == "exists" && !predicate.value) {
    rule = predicate.negated ? Json{{"path", path}, {"count", 0}} : Json(path);
  } else if (query.count || re2::RE2::FullMatch(path, kCount, &inner)) {
    std::string sign = operator_of(predicate.name);
    if (!query.count) path = inner;
    if (!is_whole(predicate.value) || sign.empty()) return false;
    if (predicate.negated) sign = opposite(sign);
    if (sign == "!=") return false;
    rule = {{"path", path}, {"count", sign == "==" ? predicate.value->text : sign + " " + predicate.value->text}};
  } else {
    if (predicate.negated || !predicate.value) return false;
    const bool exact = predicate.name == "==" && predicate.value->kind == HurlToken::Kind::text;
    const auto pattern = pattern_of(predicate);
    if (!exact && !pattern) return false;
    rule = exact ? Json{{"path", path}, {"text", scope_.text(predicate.value->text)}}
                 : Json{{"path", path}, {"matches", *pattern}};
  }
  add_to(expect, "xpath", std::move(rule));
  return true;
}

bool HurlRules::expect_body(const Predicate& predicate, Json& expect) {
  const auto pattern = pattern_of(predicate);
  if (!pattern) return false;
  add_to(expect, predicate.negated ? "not_regex" : "regex", *pattern);
  return true;
}

bool HurlRules::expect_url(const Predicate& predicate, Json& expect) {
  if (predicate.negated || expect.contains("url") || !predicate.value) return false;
  const std::string& text = predicate.value->text;
  if (predicate.name == "==" && (text.starts_with("http://") || text.starts_with("https://"))) {
    expect["url"] = scope_.text(text);
    return true;
  }
  const auto pattern = pattern_of(predicate);
  if (!pattern) return false;
  expect["url"] = {{"matches", *pattern}};
  return true;
}

bool HurlRules::expect_limit(const Query& query, const Predicate& predicate, Json& expect) {
  const bool time = query.kind == "duration";
  const std::string key = time ? "duration" : "size";
  std::string sign = operator_of(predicate.name);
  if (!is_whole(predicate.value) || sign.empty() || expect.contains(key)) return false;
  if (query.kind == "bytes" && !query.count) return false;
  if (predicate.negated) sign = opposite(sign);
  if (sign == "!=" || (time && sign == "==")) return false;
  expect[key] = (sign == "==" ? "" : sign + " ") + predicate.value->text + (time ? "ms" : "");
  return true;
}

bool HurlRules::expect_status(const Predicate& predicate, Json& expect) {
  int status = 0;
  if (!is_whole(predicate.value) || !re2::RE2::FullMatch(predicate.value->text, R"((\d{3}))", &status)) return false;
  const std::string sign = operator_of(predicate.name);
  // Without a status it is 200 to 399 anyway.
  const bool default_rule = !predicate.negated && !expect.contains("status") &&
                            ((sign == ">=" && status == 200) || (sign == "<" && status == 400));
  if (default_rule) return true;
  if (predicate.negated || sign != "==" || status < 100 || status > 599) return false;
  expect["status"] = status;
  return true;
}

}  // namespace nines::config
