#include "journeys/json_path.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace nines::journeys {

TEST_CASE("a plain path is taken without jq, with every digit") {
  const Json document =
      parse_json(R"({"id":12345678901234567890,"a":{"b":[{"c":-9007199254740993},null]},"n":null,"x_1":"y"})").value();
  struct Row {
    const char* program;
    const char* value;  // "-": left to jq
  };
  const Row row = GENERATE(values<Row>({
      {".id", "12345678901234567890"},
      {" .id ", "12345678901234567890"},
      {".a.b[0].c", "-9007199254740993"},
      {".a[\"b\"]", "-"},
      {".x_1", "\"y\""},
      {".missing", "null"},
      {".missing.more[3]", "null"},
      {".a.b[7]", "null"},
      {".n.x", "null"},
      {".id.x", "-"},
      {".a[0]", "-"},
      {".a.b.c", "-"},
      {".a.b[-1]", "-"},
      {".a.b[]", "-"},
      {".a.b[0", "-"},
      {".a.b[99999999999999999999]", "-"},
      {"..", "-"},
      {".a | .b", "-"},
      {".a.", "-"},
      {".[0]", "-"},
      {"id", "-"},
      {"", "-"},
  }));
  CAPTURE(row.program);
  const auto value = take_path(document, row.program);
  CHECK((value ? dump_json(*value) : "-") == row.value);
}

TEST_CASE("a path into a list, and the whole document") {
  const Json list = parse_json("[[1,2],{\"a\":3}]").value();
  CHECK(take_path(list, ".[0][1]") == Json(2));
  CHECK(take_path(list, ".[1].a") == Json(3));
  CHECK(take_path(list, ".") == list);
  CHECK_FALSE(take_path(list, ".[0].a"));
}

TEST_CASE("the path that a comparison begins with is found") {
  CHECK(compared_path(".title == $title") == ".title");
  CHECK(compared_path(" .a.b[0] >= 3") == ".a.b[0]");
  CHECK(compared_path(".id | length > 0").empty());
  CHECK(compared_path(".id").empty());
  CHECK(compared_path("$title == .title").empty());
}

}  // namespace nines::journeys
