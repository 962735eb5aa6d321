#include "journeys/variables.hpp"

#include <regex>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace nines::journeys {
namespace {

class FixedClock final : public Clock {
 public:
  Time now() const override { return parse_time("2026-02-28T23:30:05.678901Z").value(); }
  std::chrono::nanoseconds monotonic() const override { return {}; }
};

class Counting final : public Random {
 public:
  std::uint64_t next() override { return next_++; }

 private:
  std::uint64_t next_ = 7;
};

struct Fixture {
  FixedClock clock;
  Counting random;
  Variables variables{clock, random};
  Fixture() {
    variables.set("title", "a \"b\"/c é");
    variables.set("id", 12345678901234567890U);
    variables.set("nested", "{{ title }} {{ uuid }}");
    variables.set("list", Json::array({1, "x"}));
    variables.set("yes", true);
    variables.set("empty", "");
    variables.set("up", "..");
    variables.set("link", "https://host.example/a?b=c");
  }
};

std::string text_or_error(const Expected<std::string>& text) {
  return text ? *text : "error: " + text.error().message;
}

}  // namespace

TEST_CASE("a template's text is what it stands for, never expanded again") {
  const Fixture f;
  struct Row {
    const char* text;
    const char* expanded;
  };
  const Row row = GENERATE(values<Row>({
      {"", ""},
      {"plain", "plain"},
      {"{{ title }}", "a \"b\"/c é"},
      {"<{{title}}|{{ id }}>", "<a \"b\"/c é|12345678901234567890>"},
      {"{{ nested }}", "{{ title }} {{ uuid }}"},
      {"x{{ nested }}", "x{{ title }} {{ uuid }}"},
      {"{{ list }} {{ yes }}", "[1,\"x\"] true"},
      {"{{ '{{' }} {{ \"}}\" }}", "{{ }}"},
      {"{{ now }}", "2026-02-28T23:30:05Z"},
      {"{{ now '+1h' }}", "2026-03-01T00:30:05Z"},
      {"{{ now '-1d' '%Y-%m-%d' }}", "2026-02-27"},
      {"{{ now '%H:%M:%S %j' }}", "23:30:05 059"},
      {"{{ unix_ms }}", "1772321405678"},
      {"{{ random 5 5 }}", "5"},
      {"{{ missing }}", "error: `missing` has no value"},
      {"a {{ missing }} b", "error: `missing` has no value"},
  }));
  CAPTURE(row.text);
  CHECK(text_or_error(f.variables.text(row.text)) == row.expanded);
}

TEST_CASE("a URL without some values is a template that means the same URL") {
  const Fixture f;
  struct Row {
    const char* url;
    const char* without;  // `title` and `id`
  };
  const Row row = GENERATE(values<Row>({
      {"/a/{{ list }}", "/a/%5B1%2C%22x%22%5D"},
      {"/a?k={{title}}&l={{ yes }}", "/a?k={{ title }}&l=true"},
      {"/a?k={{ title | lower | urlencode }}", "/a?k={{ title | lower | urlencode }}"},
      {"/a?k={{ id | hmac_sha256 'it\"s' }}", "/a?k={{ id | hmac_sha256 'it\"s' }}"},
      {"/a?k={{ id | hmac_sha256 \"it's\" }}", "/a?k={{ id | hmac_sha256 \"it's\" }}"},
      {"/a?k={{ id | hmac_sha256 title }}", "/a?k={{ id | hmac_sha256 title }}"},
      {"{{ link }}&k={{ id }}", "https://host.example/a?b=c&k={{ id }}"},
      {"/a{{ '{{' }}b{{ title }}", "/a{{ '{{' }}b{{ title }}"},
      {"{{ nested }}/{{ id }}", "{{ '{{' }} title }} {{ '{{' }} uuid }}/{{ id }}"},
      {"{{ title }}/x", "error: `title` is all that the URL begins with"},
      {"/a{ {{ title }}", "/a{ {{ title }}"},
      {"/a{{ '{' }}{{ title }}", "error: the template `{{ { title }}`: expected a name of letters, digits and _"},
      {"/{{ missing }}", "error: `missing` has no value"},
  }));
  CAPTURE(row.url);
  const auto without = f.variables.url_without({"title", "id"}, row.url);
  CHECK(text_or_error(without) == row.without);
  if (without) CHECK(text_or_error(f.variables.url(*without)) == text_or_error(f.variables.url(row.url)));
}

TEST_CASE("what is expanded into a URL is percent-encoded, but not what begins it") {
  const Fixture f;
  struct Row {
    const char* text;
    const char* expanded;
  };
  const Row row = GENERATE(values<Row>({
      {"/tasks/{{ id }}", "/tasks/12345678901234567890"},
      {"/tasks/{{ title }}?all=true", "/tasks/a%20%22b%22%2Fc%20%C3%A9?all=true"},
      {"/tasks?q={{ nested }}", "/tasks?q=%7B%7B%20title%20%7D%7D%20%7B%7B%20uuid%20%7D%7D"},
      {"/tasks/{{ empty }}", "/tasks/"},
      {"{{ link }}", "https://host.example/a?b=c"},
      {"{{ link }}&t={{ link }}", "https://host.example/a?b=c&t=https%3A%2F%2Fhost.example%2Fa%3Fb%3Dc"},
      {"/tasks/{{ up }}/all", "error: `up` is \"..\", which would change the path"},
  }));
  CAPTURE(row.text);
  CHECK(text_or_error(f.variables.url(row.text)) == row.expanded);
}

TEST_CASE("a JSON text that is one template alone keeps the value's type") {
  const Fixture f;
  struct Row {
    const char* text;
    const char* json;
  };
  const Row row = GENERATE(values<Row>({
      {"{{ id }}", "12345678901234567890"},
      {"{{id}}", "12345678901234567890"},
      {" {{ id }}", "\" 12345678901234567890\""},
      {"{{ list }}", "[1,\"x\"]"},
      {"{{ yes }}", "true"},
      {"{{ title }}", "\"a \\\"b\\\"/c é\""},
      {"t: {{ title }}", "\"t: a \\\"b\\\"/c é\""},
      {"{{ nested }}", "\"{{ title }} {{ uuid }}\""},
      {"{{ unix_ms }}", "1772321405678"},
      {"{{ random -3 -3 }}", "-3"},
      {"12", "\"12\""},
  }));
  CAPTURE(row.text);
  config::JsonTemplate text;
  text.kind = config::JsonTemplate::Kind::text;
  text.text = row.text;
  const auto json = f.variables.json(text);
  REQUIRE(json);
  CHECK(dump_json(*json) == row.json);
}

TEST_CASE("a JSON body keeps its order and the types it was written with") {
  using config::JsonTemplate;
  const Fixture f;
  JsonTemplate body;
  body.kind = JsonTemplate::Kind::object;
  JsonTemplate number;
  number.kind = JsonTemplate::Kind::number;
  number.number = 1.5;
  JsonTemplate integer;
  integer.kind = JsonTemplate::Kind::integer;
  integer.integer = -7;
  JsonTemplate flag;
  flag.kind = JsonTemplate::Kind::boolean;
  flag.boolean = true;
  JsonTemplate text;
  text.kind = JsonTemplate::Kind::text;
  text.text = "{{ yes }}!";
  JsonTemplate list;
  list.kind = JsonTemplate::Kind::array;
  list.items = {integer, flag, JsonTemplate{}, text};
  body.members = {{"z", number}, {"a", list}};
  const auto json = f.variables.json(body);
  REQUIRE(json);
  CHECK(dump_json(*json) == R"({"z":1.5,"a":[-7,true,null,"true!"]})");
}

TEST_CASE("generated values are what they say, and run_id is one for the run") {
  const Fixture f;
  const std::regex uuid("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  const std::string first = f.variables.text("{{ uuid }}").value();
  CHECK(std::regex_match(first, uuid));
  CHECK(f.variables.text("{{ uuid }}").value() != first);
  const std::string run = f.variables.text("{{ run_id }}").value();
  CHECK(std::regex_match(run, uuid));
  CHECK(f.variables.text("{{ run_id }}").value() == run);
  for (int i = 0; i < 50; ++i) {
    const int drawn = f.variables.value("{{ random 1 3 }}").value().get<int>();
    CHECK((drawn >= 1 && drawn <= 3));
  }
  CHECK(f.variables.value("{{ random -9223372036854775808 9223372036854775807 }}").value().is_number_integer());
}

TEST_CASE("a variable holds something unless it is missing, null or empty") {
  Fixture f;
  f.variables.set("nothing", nullptr);
  f.variables.set("zero", 0);
  CHECK(f.variables.holds("title"));
  CHECK(f.variables.holds("zero"));
  CHECK_FALSE(f.variables.holds("empty"));
  CHECK_FALSE(f.variables.holds("nothing"));
  CHECK_FALSE(f.variables.holds("missing"));
  f.variables.set("title", "new");
  CHECK(*f.variables.find("title") == "new");
}

}  // namespace nines::journeys
