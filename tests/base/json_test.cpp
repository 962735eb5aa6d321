#include "base/json.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace nines {
namespace {

std::string nested(std::size_t depth, char open, char close) {
  return std::string(depth, open) + std::string(depth, close);
}

TEST_CASE("members keep their order") {
  const auto json = parse_json(R"( {"b":1,"a":[true,null,"x"],"c":1.5} )");
  REQUIRE(json);
  CHECK(dump_json(*json) == R"({"b":1,"a":[true,null,"x"],"c":1.5})");
  CHECK(dump_json_pretty(Json{{"b", 1}}) == "{\n  \"b\": 1\n}\n");
}

TEST_CASE("what is not JSON is refused with its place") {
  struct Case {
    std::string_view text;
    std::string_view message;
  };
  const auto c = GENERATE(values<Case>({{"", "at byte 0: "},
                                        {"{\"a\":}", "at byte 5: "},
                                        {"[1,2", "at byte 4: "},
                                        {"[1] x", "at byte 4: "},
                                        {"{\"a\":1}{", "at byte 7: "},
                                        {"[01]", "at byte 2: "},
                                        {"[NaN]", "at byte 1: "},
                                        {"[1] // no comments", "at byte 4: "},
                                        {"[1e400]", "number overflow"},
                                        {"\"\xff\"", "at byte 1: "},
                                        {"\"a\nb\"", "at byte 2: "},
                                        {"\"\\ud800\"", "surrogate"}}));
  CAPTURE(c.text);
  const auto json = parse_json(c.text);
  REQUIRE_FALSE(json);
  CHECK_THAT(json.error().message, Catch::Contains(std::string(c.message)));
  CHECK_THAT(json.error().message, !Catch::Contains("json.exception"));
}

TEST_CASE("nesting is allowed to 256 and refused beyond, brackets in strings not counted") {
  CHECK(parse_json(nested(256, '[', ']')));
  const auto deep = parse_json(nested(257, '[', ']'));
  REQUIRE_FALSE(deep);
  CHECK_THAT(deep.error().message, Catch::Contains("at byte 256: nested deeper than 256"));
  CHECK_FALSE(parse_json(nested(1'000'000, '[', ']')));
  CHECK(parse_json("[\"" + std::string(1000, '[') + "\\\"" + std::string(1000, '{') + "\"]"));
  CHECK(parse_json("[" + nested(200, '[', ']') + "," + nested(200, '[', ']') + "]"));
}

TEST_CASE("writing never throws, invalid UTF-8 becomes the replacement character") {
  CHECK(dump_json(Json("a\xff")) == "\"a\xef\xbf\xbd\"");
  CHECK(dump_json_pretty(Json("a\xff")) == "\"a\xef\xbf\xbd\"\n");
}

}  // namespace
}  // namespace nines
