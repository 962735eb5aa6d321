// JSON Schema: what holds and what does not, keyword by keyword, after the cases of the JSON Schema Test Suite.

#include "journeys/schema.hpp"

#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace nines::journeys {
namespace {

std::shared_ptr<const config::JsonSchema> read(const std::string& text) {
  const auto document = parse_json(text);
  REQUIRE(document.has_value());
  auto schema = config::read_schema(*document);
  INFO((schema ? std::string() : schema.error().message));
  REQUIRE(schema.has_value());
  return *schema;
}

bool holds(const std::string& schema, const std::string& document) {
  const auto json = parse_json(document);
  REQUIRE(json.has_value());
  return violations(*read(schema), *json).empty();
}

// "/items/0: to be an integer", one a line.
std::string told(const std::string& schema, const std::string& document) {
  const auto json = parse_json(document);
  REQUIRE(json.has_value());
  const auto kept = read(schema);
  std::string out;
  for (const SchemaViolation& one : violations(*kept, *json)) {
    out += (out.empty() ? "" : "\n") + one.path + ": " + one.expected;
  }
  return out;
}

struct Case {
  std::string schema;
  std::vector<std::string> good;
  std::vector<std::string> bad;
};

}  // namespace

TEST_CASE("each keyword of JSON Schema holds for what it allows and for nothing else") {
  const std::vector<Case> cases{
      {"true", {"1", "{}"}, {}},
      {"false", {}, {"1", "{}"}},
      {"{}", {"null", "[1]"}, {}},
      {R"({"type": "integer"})", {"1", "1.0", "-0", "18446744073709551615"}, {"1.1", "\"1\"", "null", "true", "[]"}},
      {R"({"type": "number"})", {"1", "1.5"}, {"\"1\"", "true"}},
      {R"({"type": "string"})", {"\"\"", "\"1\""}, {"1", "{}", "null"}},
      {R"({"type": "boolean"})", {"true", "false"}, {"0", "\"\"", "null"}},
      {R"({"type": "null"})", {"null"}, {"0", "false", "\"\""}},
      {R"({"type": "array"})", {"[]"}, {"{}", "1"}},
      {R"({"type": "object"})", {"{}"}, {"[]", "1"}},
      {R"({"type": ["integer", "null"]})", {"1", "null"}, {"\"\"", "1.5"}},
      {R"({"const": {"a": [1, "x"], "b": null}})",
       {R"({"b": null, "a": [1.0, "x"]})"},
       {R"({"a": [1, "x"]})", R"({"a": ["x", 1], "b": null})", "[]"}},
      {R"({"const": false})", {"false"}, {"0", "[]", "null"}},
      {R"({"const": 0})", {"0", "0.0"}, {"false", "\"0\""}},
      {R"({"enum": [6, "foo", [], true, {"foo": 12}]})", {"6", "[]", R"({"foo": 12})"}, {"null", R"({"foo": false})"}},
      {R"({"minimum": 1.1})", {"1.1", "2", "\"x\""}, {"0.6"}},
      {R"({"maximum": 3})", {"3", "2.6", "[]"}, {"3.5"}},
      {R"({"exclusiveMinimum": 1.1})", {"1.2"}, {"1.1", "0.6"}},
      {R"({"exclusiveMaximum": 3})", {"2.2"}, {"3", "3.5"}},
      {R"({"multipleOf": 2})", {"10", "0", "-4", "\"x\""}, {"7", "2.5"}},
      {R"({"multipleOf": 1.5})", {"0", "4.5"}, {"35"}},
      {R"({"multipleOf": 0.0001})", {"0.0075"}, {"0.00751"}},
      {R"({"multipleOf": 0.01})", {"19.99", "4.35", "1"}, {"19.995"}},
      {R"({"minLength": 2})", {"\"foo\"", "\"💩💩\"", "1"}, {"\"f\"", "\"💩\""}},
      {R"({"maxLength": 2})", {"\"fo\"", "\"💩💩\""}, {"\"foo\""}},
      {R"({"maxLength": 2.0})", {"\"f\""}, {"\"foo\""}},
      {R"({"pattern": "^a*$"})", {"\"aaa\"", "true"}, {"\"abc\""}},
      {R"({"pattern": "a+"})", {"\"xxaayy\""}, {"\"b\""}},
      {R"({"items": {"type": "integer"}})", {"[1, 2]", "[]", R"({"foo": "bar"})"}, {R"([1, "x"])"}},
      {R"({"items": false})", {"[]"}, {"[1]"}},
      {R"({"items": [{"type": "integer"}, {"type": "string"}]})",
       {R"([1, "foo"])", "[1]", R"([1, "foo", true])"},
       {R"(["foo", 1])"}},
      {R"({"items": [{}], "additionalItems": {"type": "integer"}})", {"[null, 2, 3]"}, {R"([null, 2, "foo"])"}},
      {R"({"items": {}, "additionalItems": false})", {"[1, 2, 3]"}, {}},
      {R"({"prefixItems": [{"type": "integer"}], "items": false})", {"[]", "[1]"}, {"[1, 2]", "[\"x\"]"}},
      {R"({"minItems": 1})", {"[1]", "\"\""}, {"[]"}},
      {R"({"maxItems": 2})", {"[1, 2]", "\"foobar\""}, {"[1, 2, 3]"}},
      {R"({"uniqueItems": true})",
       {"[1, 2]", "[[\"foo\"], [\"bar\"]]", "[1, true]", "[0, false]", R"([{"a": 1}, {"a": 2}])", "[\"1\", 1]",
        R"([{}, [1], true, null, 1, "{}"])", R"({"a": 1, "b": 1})"},
       {"[1, 1]", "[1.0, 1.00, 1]", R"([{"foo": "bar"}, {"foo": "bar"}])", R"([{"a": 1, "b": 2}, {"b": 2, "a": 1}])",
        "[[1], [2], [1]]", "[1, \"x\", 2, \"x\"]", R"([[[1], "foo"], [true], [[1], "foo"]])"}},
      {R"({"uniqueItems": false})", {"[1, 1]"}, {}},
      {R"({"contains": {"minimum": 5}})", {"[3, 4, 5]", "[5, 5]", "{}"}, {"[2, 3, 4]", "[]"}},
      {R"({"contains": {"const": 1}, "minContains": 2, "maxContains": 3})",
       {"[1, 1]", "[1, 2, 1, 1]"},
       {"[1]", "[1, 1, 1, 1]"}},
      {R"({"contains": {"const": 1}, "minContains": 0})", {"[]", "[2]"}, {}},
      {R"({"properties": {"foo": {"type": "integer"}, "bar": {"type": "string"}}})",
       {R"({"foo": 1, "bar": "baz"})", R"({"quux": []})", "[]"},
       {R"({"foo": 1, "bar": {}})", R"({"foo": [], "bar": {}})"}},
      {R"({"properties": {"foo": true, "bar": false}})", {"{}", R"({"foo": 1})"}, {R"({"bar": 2})"}},
      {R"({"patternProperties": {"f.*o": {"type": "integer"}}})",
       {R"({"foo": 1})", R"({"foo": 1, "foooooo": 2})", R"({"x": "y"})"},
       {R"({"foo": "bar", "fooooo": 2})"}},
      {R"({"properties": {"foo": {}}, "patternProperties": {"^v": {}}, "additionalProperties": false})",
       {R"({"foo": 1})", R"({"foo": 1, "vroom": 2})", "[1]"},
       {R"({"foo": 1, "quux": "boom"})"}},
      {R"({"additionalProperties": {"type": "boolean"}})", {R"({"a": true})"}, {R"({"a": 12})"}},
      {R"({"propertyNames": {"maxLength": 3}})", {R"({"f": {}, "foo": {}})", "[1]"}, {R"({"foobar": {}})"}},
      {R"({"required": ["foo", "foo\nbar"]})", {R"({"foo": 1, "foo\nbar": 2})", "[]"}, {"{}", R"({"foo": 1})"}},
      {R"({"minProperties": 1})", {R"({"a": 1})", "[]"}, {"{}"}},
      {R"({"maxProperties": 1})", {"{}", R"({"a": 1})"}, {R"({"a": 1, "b": 2})"}},
      {R"({"dependencies": {"bar": ["foo"]}})", {"{}", R"({"foo": 1, "bar": 2})", R"({"foo": 1})"}, {R"({"bar": 2})"}},
      {R"({"dependencies": {"bar": {"properties": {"foo": {"type": "integer"}}}}})",
       {R"({"foo": "x"})", R"({"foo": 1, "bar": 2})"},
       {R"({"foo": "x", "bar": 2})"}},
      {R"({"dependentRequired": {"bar": ["foo"]}})", {R"({"foo": 1})"}, {R"({"bar": 2})"}},
      {R"({"dependentSchemas": {"bar": {"required": ["foo"]}}})", {R"({"foo": 1, "bar": 1})"}, {R"({"bar": 2})"}},
      {R"({"allOf": [{"required": ["a"]}, {"required": ["b"]}]})", {R"({"a": 1, "b": 2})"}, {R"({"a": 1})"}},
      {R"({"anyOf": [{"type": "integer"}, {"minimum": 2}]})", {"1", "2.5", "3"}, {"1.5"}},
      {R"({"oneOf": [{"type": "integer"}, {"minimum": 2}]})", {"1", "2.5"}, {"3", "1.5"}},
      {R"({"not": {"type": ["integer", "boolean"]}})", {"\"foo\""}, {"1", "true"}},
      {R"({"if": {"exclusiveMaximum": 0}, "then": {"minimum": -10}, "else": {"multipleOf": 2}})",
       {"-1", "4"},
       {"-100", "3"}},
      {R"({"then": {"const": 0}})", {"1"}, {}},
      {R"({"if": {"const": 0}})", {"0", "1"}, {}},
      {R"({"properties": {"foo": {"$ref": "#"}}, "additionalProperties": false})",
       {R"({"foo": {"foo": false}})"},
       {R"({"bar": false})", R"({"foo": {"bar": false}})"}},
      {R"({"definitions": {"a": {"type": "integer"}, "b": {"$ref": "#/definitions/a"}}, "$ref": "#/definitions/b"})",
       {"5"},
       {"\"a\""}},
      {R"({"$defs": {"til~de": {"type": "integer"}, "sla/sh": {"type": "string"}, "per%cent": {"type": "null"}},
           "prefixItems": [{"$ref": "#/$defs/til~0de"}, {"$ref": "#/$defs/sla~1sh"}, {"$ref": "#/$defs/per%25cent"}]})",
       {R"([1, "a", null])"},
       {R"(["a"])", "[1, 1]", "[1, \"a\", 1]"}},
      {R"({"$defs": {"a": {"$anchor": "here", "type": "integer"}}, "$ref": "#here"})", {"1"}, {"\"x\""}},
      {R"({"$id": "http://x/root.json", "$defs": {"a": {"type": "integer"}}, "$ref": "http://x/root.json#/$defs/a"})",
       {"1"},
       {"\"x\""}},
      // Beside a reference: since 2019-09 both hold, before that the reference alone.
      {R"({"$defs": {"a": {"type": "array"}}, "properties": {"foo": {"$ref": "#/$defs/a", "maxItems": 2}}})",
       {R"({"foo": []})"},
       {R"({"foo": [1, 2, 3]})", R"({"foo": "x"})"}},
      {R"({"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"a": {"type": "array"}},
           "properties": {"foo": {"$ref": "#/definitions/a", "maxItems": 2}}})",
       {R"({"foo": [1, 2, 3]})"},
       {R"({"foo": "x"})"}},
      {R"({"format": "email", "title": "x", "$comment": "y", "default": [], "x-internal": 1})", {"1", "\"no\""}, {}},
  };
  for (const Case& one : cases) {
    for (const std::string& document : one.good) {
      CAPTURE(one.schema, document);
      CHECK(holds(one.schema, document));
    }
    for (const std::string& document : one.bad) {
      CAPTURE(one.schema, document);
      CHECK_FALSE(holds(one.schema, document));
    }
  }
}

TEST_CASE("a violation says where in the document it is and what was expected there") {
  const auto [schema, document, said] = GENERATE(table<std::string, std::string, std::string>({
      {R"({"type": "array"})", "{}", ": to be an array"},
      {R"({"items": {"properties": {"id": {"type": ["integer", "null"]}}}})", R"([{"id": 1}, {"id": "x"}])",
       "/1/id: to be null or an integer"},
      {R"({"required": ["id", "name"], "properties": {"n": {"minimum": 1, "multipleOf": 2}}})", R"({"n": -1})",
       ": to have `id`\n: to have `name`\n/n: to be at least 1\n/n: to be a multiple of 2"},
      {R"({"properties": {"a/b": {"const": "x"}}})", R"({"a/b": 1})", "/a~1b: to be \"x\""},
      {R"({"enum": ["low", "high"]})", "\"mid\"", ": to be one of [\"low\",\"high\"]"},
      {R"({"additionalProperties": false})", R"({"extra": 1})", "/extra: not to be there"},
      {R"({"minLength": 3, "pattern": "^[a-z]+$"})", "\"A\"",
       ": to have at least 3 characters, has 1\n: to match `^[a-z]+$`"},
      {R"({"anyOf": [{"type": "null"}, {"type": "string"}]})", "1", ": to be as one of the 2 schemas of `anyOf` says"},
      {R"({"oneOf": [{"type": "integer"}, {"minimum": 0}]})", "1",
       ": to be as exactly one of the 2 schemas of `oneOf` says, is as 2 of them say"},
      {R"({"uniqueItems": true})", R"(["a", "b", "a"])", ": to have no item twice"},
      {R"({"contains": {"const": 1}})", "[2]", ": to have at least 1 items as `contains` says, has 0"},
  }));
  CAPTURE(schema, document);
  CHECK(told(schema, document) == said);
}

TEST_CASE("no more than ten violations are told") {
  std::string items = "\"x\"";
  for (int i = 0; i < 99; ++i) items += ",\"x\"";
  const auto json = parse_json("[" + items + "]");
  REQUIRE(json.has_value());
  CHECK(violations(*read(R"({"items": {"type": "integer"}})"), *json).size() == kMostViolations);
}

TEST_CASE("a schema that is none, or that no verdict can come from, is refused with its place") {
  const auto [schema, said] = GENERATE(table<std::string, std::string>({
      {"1", "at its root: expected a schema (an object, true or false), got 1"},
      {R"({"type": "int"})",
       "at /type: \"int\" is no type: expected null, boolean, integer, number, string, array or object"},
      {R"({"type": []})", "at /type: the list is empty: expected a type"},
      {R"({"properties": {"id": {"minimum": "1"}}})", "at /properties/id/minimum: expected a number, got \"1\""},
      {R"({"exclusiveMinimum": true})", "at /exclusiveMinimum: expected a number, got true"},
      {R"({"minLength": -1})", "at /minLength: expected a whole number from 0 on, got -1"},
      {R"({"multipleOf": 0})", "at /multipleOf: expected a number above 0"},
      {R"({"required": "id"})", "at /required: expected a list of names, got \"id\""},
      {R"({"required": [1]})", "at /required: expected a text, got 1"},
      {R"({"properties": []})", "at /properties: expected an object of schemas, got []"},
      {R"({"allOf": []})", "at /allOf: the list is empty: expected a schema"},
      {R"({"anyOf": {}})", "at /anyOf: expected a list of schemas, got {}"},
      {R"({"enum": 1})", "at /enum: expected a list of values"},
      {R"({"uniqueItems": 1})", "at /uniqueItems: expected true or false"},
      {R"({"propertes": {}})", "at /propertes: the keyword `propertes` is not available here"},
      {R"({"unevaluatedProperties": false})",
       "at /unevaluatedProperties: the keyword `unevaluatedProperties` is not available here"},
      {R"({"$dynamicRef": "#x"})", "at /$dynamicRef: the keyword `$dynamicRef` is not available here"},
      {R"({"$schema": "http://json-schema.org/draft-04/schema#"})",
       "at /$schema: `http://json-schema.org/draft-04/schema#` is too old: expected draft 6 or later"},
      {R"({"items": {"$ref": "https://example.com/task.json"}})",
       "at /items/$ref: `https://example.com/task.json` leads to another document: expected a place in this one such "
       "as "
       "#/$defs/task; nothing is fetched"},
      {R"({"$ref": "task.json#/a"})",
       "at /$ref: `task.json#/a` leads to another document: expected a place in this one such as #/$defs/task; nothing "
       "is fetched"},
      {R"({"$ref": "#/$defs/x"})",
       "at /$ref: `#/$defs/x` leads nowhere: expected a place in the document such as #/$defs/task"},
      {R"({"$ref": "#x"})", "at /$ref: `#x` leads nowhere: expected a place in the document such as #/$defs/task"},
      {R"({"$ref": "#/%zz"})",
       "at /$ref: `#/%zz` leads nowhere: expected a place in the document such as #/$defs/task"},
      {R"({"$ref": "#/~7"})", "at /$ref: `#/~7` leads nowhere: expected a place in the document such as #/$defs/task"},
      {R"({"$ref": "#"})", "at its root: a `$ref` leads back to itself without going into the value"},
      {R"({"$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"not": {"$ref": "#/$defs/a"}}}})",
       "at its root: a `$ref` leads back to itself without going into the value"},
      {R"({"properties": {"a": {"$id": "http://x/y.json"}}})",
       "at /properties/a/$id: a document within the document is not available here: expected `$id` at the root only"},
      {R"({"$defs": {"never used": {"type": "strnig"}}})",
       "at /$defs/never used/type: \"strnig\" is no type: expected null, boolean, integer, number, string, array or "
       "object"},
  }));
  CAPTURE(schema);
  const auto document = parse_json(schema);
  REQUIRE(document.has_value());
  const auto refused = config::read_schema(*document);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message == said);
}

TEST_CASE("a pattern that RE2 does not know is refused, since nothing else ends in time") {
  const auto document = parse_json(R"({"pattern": "(?=a)b"})");
  const auto refused = config::read_schema(*document);
  REQUIRE_FALSE(refused.has_value());
  CHECK_THAT(refused.error().message, Catch::StartsWith("at /pattern: "));
}

TEST_CASE("schemas that would take for ever end with a violation, and long texts are matched") {
  // Each level tries both ways: 2 to the power of 60.
  const std::string doubling = R"({"$defs": {"t": {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/t"}},
                                                            {"type": "array", "items": {"$ref": "#/$defs/t"}}]}},
                                   "$ref": "#/$defs/t"})";
  std::string deep(60, '[');
  deep += "1" + std::string(60, ']');
  CHECK(told(doubling, deep).ends_with("to be judged within 2,000,000 steps"));
  // The depth of the document is what nesting may be.
  const std::string nested = std::string(250, '[') + std::string(250, ']');
  CHECK(holds(R"({"items": {"$ref": "#"}})", nested));
  CHECK(holds(R"({"pattern": "^(a|b)*$"})", "\"" + std::string(1'000'000, 'a') + "\""));
  CHECK_FALSE(holds(R"({"pattern": "^(a+)+$"})", "\"" + std::string(100'000, 'a') + "!\""));
}

TEST_CASE("too many schemas, or a way through too many of them, are refused") {
  std::string chain = R"({"$defs": {"d0": {"type": "integer"})";
  for (int i = 1; i < 100; ++i) {
    chain += ",\"d" + std::to_string(i) + "\": {\"$ref\": \"#/$defs/d" + std::to_string(i - 1) + "\"}";
  }
  const auto deep = config::read_schema(*parse_json(chain + "}}"));
  REQUIRE_FALSE(deep.has_value());
  CHECK(deep.error().message == "at its root: schemas lead to each other more than 64 deep");
  std::string many = R"({"anyOf": [{})";
  for (int i = 0; i < 10'000; ++i) many += ",{}";
  const auto wide = config::read_schema(*parse_json(many + "]}"));
  REQUIRE_FALSE(wide.has_value());
  CHECK_THAT(wide.error().message, Catch::EndsWith("too many schemas: expected at most 10000"));
}

}  // namespace nines::journeys
