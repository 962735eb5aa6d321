// The small languages inside the configuration: templates, limits, hours, targets, variables, jq's refused words.

#include <catch2/catch.hpp>

#include "config/hours.hpp"
#include "config/jq_words.hpp"
#include "config/limit.hpp"
#include "config/module.hpp"
#include "config/target.hpp"
#include "config/template.hpp"
#include "config/utf8.hpp"
#include "config/variables.hpp"
#include "tests/config/support.hpp"

namespace nines::config {
namespace {

using Kind = TemplatePiece::Kind;

std::vector<TemplatePiece> pieces(std::string_view text) {
  auto parsed = parse_template(text);
  if (!parsed) FAIL(parsed.error().message);
  return *parsed;
}

TEST_CASE("a template is texts, variables and built-in words") {
  const auto parsed = pieces("/a/{{ id }}-{{uuid}}{{ '{{' }}x");
  REQUIRE(parsed.size() == 5);
  CHECK(parsed[0].text == "/a/");
  CHECK(parsed[1].kind == Kind::variable);
  CHECK(parsed[1].text == "id");
  CHECK(parsed[2].text == "-");
  CHECK(parsed[3].kind == Kind::uuid);
  CHECK(parsed[4].text == "{{x");
  CHECK(pieces("").empty());
  CHECK(pieces("no } braces {").size() == 1);
}

TEST_CASE("built-in words take their arguments") {
  const auto now = pieces("{{ now '-1h30m' '%Y-%m-%d' }}").at(0);
  CHECK(now.kind == Kind::now);
  CHECK(now.offset == -std::chrono::minutes(90));
  CHECK(now.text == "%Y-%m-%d");
  CHECK(pieces("{{ now '%s }}' }}").at(0).text == "%s }}");
  CHECK(pieces("{{ now \"+1h\" }}").at(0).offset == std::chrono::hours(1));
  const auto random = pieces("{{ random -5 100 }}").at(0);
  CHECK(random.low == -5);
  CHECK(random.high == 100);
  CHECK(pieces("{{ unix_ms }}").at(0).kind == Kind::unix_ms);
  CHECK(pieces("{{ run_id }}").at(0).kind == Kind::run_id);
}

TEST_CASE("filters follow a value, from left to right") {
  using Filter = TemplateFilter::Kind;
  const auto filters = [](std::string_view text) {
    const auto parsed = pieces(text);
    REQUIRE(parsed.size() == 1);
    std::vector<Filter> kinds;
    for (const TemplateFilter& filter : parsed[0].filters) kinds.push_back(filter.kind);
    return kinds;
  };
  CHECK(filters("{{ a }}").empty());
  CHECK(filters("{{ a | json }}") == std::vector{Filter::json});
  CHECK(filters("{{a|upper|urlencode}}") == std::vector{Filter::upper, Filter::urlencode});
  CHECK(filters("{{ now '+1h' '%H|%M' | lower | base64 | sha256 }}") ==
        std::vector{Filter::lower, Filter::base64, Filter::sha256});
  CHECK(pieces("{{ now '%H|%M' | lower }}").at(0).text == "%H|%M");

  const auto named = pieces("{{ a | hmac_sha256 key }}").at(0);
  CHECK(named.kind == Kind::variable);
  CHECK(named.filters.at(0) == TemplateFilter{Filter::hmac_sha256, "key", false});
  CHECK(pieces("{{ a | hmac_sha256 'k | y' }}").at(0).filters.at(0) ==
        TemplateFilter{Filter::hmac_sha256, "k | y", true});

  const auto text = pieces("x{{ 'a|b' }}{{ 'c | d' | upper }}{{ '' | sha256 }}y{{ '' }}z");
  REQUIRE(text.size() == 4);
  CHECK(text[0].text == "xa|b");
  CHECK(text[1].text == "c | d");
  CHECK(text[1].filters.size() == 1);
  CHECK(text[2].text.empty());
  CHECK(text[3].text == "yz");
}

TEST_CASE("wrong filters are refused with what would be right") {
  const std::pair<const char*, const char*> cases[] = {
      {"{{ a | uper }}",
       "the template `{{ a | uper }}`: `uper` is no filter: expected json, urlencode, base64, upper, lower, sha256 or "
       "hmac_sha256"},
      {"{{ a | }}", "the template `{{ a | }}`: expected a filter after |, such as urlencode"},
      {"{{ a || upper }}", "the template `{{ a || upper }}`: expected a filter after |, such as urlencode"},
      {"{{ a | 'upper' }}", "the template `{{ a | 'upper' }}`: expected a filter after |, such as urlencode"},
      {"{{ | upper }}", "a template `{{ }}` is empty: expected a name"},
      {"{{ a | upper 1 }}", "the template `{{ a | upper 1 }}`: expected nothing after the filter upper"},
      {"{{ a | hmac_sha256 }}",
       "the template `{{ a | hmac_sha256 }}`: expected one key after hmac_sha256, a name or a quoted text"},
      {"{{ a | hmac_sha256 '' }}",
       "the template `{{ a | hmac_sha256 '' }}`: expected one key after hmac_sha256, a name or a quoted text"},
      {"{{ a | hmac_sha256 b c }}",
       "the template `{{ a | hmac_sha256 b c }}`: expected one key after hmac_sha256, a name or a quoted text"},
      {"{{ a|json|json|json|json|json|json|json|json|json }}",
       "the template `{{ a|json|json|json|json|json|json|json|json|json }}`: expected at most 8 filters"},
  };
  for (const auto& [text, said] : cases) {
    INFO(text);
    const auto parsed = parse_template(text);
    CHECK_FALSE(parsed.has_value());
    if (!parsed) CHECK(parsed.error().message == said);
  }
}

TEST_CASE("wrong templates are refused") {
  for (const char* text :
       {"{{", "{{ }}", "{{ a b }}", "{{ 1a }}", "{{ 'a }}", "{{ 'a' b }}", "{{ uuid 1 }}", "{{ random }}",
        "{{ random 1 }}", "{{ random 2 1 }}", "{{ random 1 99999999999999999999 }}", "{{ now 1h }}",
        "{{ now '1h' '%Y' }}", "{{ now '%' }}", "{{ now '%Q' }}", "{{ now '' }}", "{{ a.b }}"}) {
    INFO(text);
    CHECK_FALSE(parse_template(text).has_value());
  }
}

TEST_CASE("jq programs may not read other things than their input") {
  for (const char* program : {"input",
                              "[inputs]",
                              "import \"a\" as a; .",
                              "include \"a\"; .",
                              "env.HOME",
                              "$ENV",
                              "$ ENV",
                              "$#c\nENV",
                              "$__loc__|env",
                              ".a | debug",
                              "stderr",
                              "halt",
                              "1 | halt_error(1)",
                              "\"\\(env)\"",
                              "\"a\\(\"b\\(input)\")c\"",
                              ".[input:2]",
                              "{a: .[input:]}",
                              "{a: input}",
                              "{(env.A): 1}",
                              "# c\rinput",
                              "modulemeta",
                              "{env}",
                              "{input :: a}"}) {
    INFO(program);
    CHECK(forbidden_jq_word(program).has_value() != (std::string_view(program) == "{input :: a}"));
  }
}

TEST_CASE("jq words inside names, fields, keys, strings and comments are fine") {
  for (const char* program : {".env", ".input.debug", "{env: 1, \"a\": 2}", "\"input\"", "\"\\\" input\"", ".a # input",
                              "$input", "environment", "inputs_", "_env", ".databases | map_values(.available)",
                              "\"\\(.a)\" == $title", "{a: {debug: .b}}", ""}) {
    INFO(program);
    CHECK_FALSE(forbidden_jq_word(program).has_value());
  }
}

TEST_CASE("a jq program's own names are told from those it takes from outside") {
  const std::pair<const char*, std::vector<std::string>> cases[] = {
      {".a == $title", {"title"}},
      {"$a + $b + $a", {"a", "b"}},
      {"\"\\($id)\" == .id # $no", {"id"}},
      {"\"$id\"", {}},
      {". as $x | $x + $y", {"y"}},
      {". as [$a, {b: $c, \"d\": [$e]}] | $a + $c + $e + $f", {"f"}},
      {". as {$a, (\"b\" | .): $b} | $a, $b", {}},
      {". as [$a] ?// $a | $a", {}},
      {"reduce .[] as $i ($start; . + $i)", {"start"}},
      {"foreach .[] as [$i] (0; $i; $z)", {"z"}},
      {"def f($a; g): $a + g; f($b; .)", {"b"}},
      {"def f: $c; f", {"c"}},
      {"label $out | $n, break $out", {"n"}},
      {"{as: $v, $w, label: 1} | .as == $u", {"v", "w", "u"}},
      {"$ # comment\n x", {"x"}},
      {"$__loc__", {}},
      {"", {}},
  };
  for (const auto& [program, names] : cases) {
    INFO(program);
    CHECK(jq_variables(program) == names);
  }
}

TEST_CASE("weekly hours are split at midnight, sorted and joined") {
  struct Case {
    const char* text;
    std::vector<std::array<int, 3>> spans;
  };
  const std::vector<Case> cases = {
      {"Sun 02:00-03:00", {{6, 120, 180}}},
      {"Mon-Tue 08:00-18:30", {{0, 480, 1110}, {1, 480, 1110}}},
      {"Sun 22:00-02:00", {{0, 0, 120}, {6, 1320, 1440}}},
      {"Sat 12:00-24:00", {{5, 720, 1440}}},
      {"Sat 22:00-00:00", {{5, 1320, 1440}}},
      {"Sat-Mon 08:00-09:00", {{0, 480, 540}, {5, 480, 540}, {6, 480, 540}}},
      {"Mon 08:00-10:00, Mon 09:00-12:00,Mon 12:00-13:00", {{0, 480, 780}}},
  };
  for (const Case& test : cases) {
    INFO(test.text);
    const auto hours = parse_hours(test.text);
    REQUIRE(hours.has_value());
    REQUIRE(hours->spans.size() == test.spans.size());
    for (std::size_t i = 0; i < test.spans.size(); ++i) {
      CHECK(hours->spans[i].weekday == test.spans[i][0]);
      CHECK(hours->spans[i].from_minute == test.spans[i][1]);
      CHECK(hours->spans[i].to_minute == test.spans[i][2]);
    }
  }
  CHECK(parse_hours("08:00-18:00")->spans.size() == 7);
  for (const char* wrong :
       {"", "Mon", "Mon 8:00-9:00", "Mon 08:00", "Mon 08:00-08:00", "Mon 24:00-02:00", "Mon 08:60-09:00",
        "Mon 08:00-25:00", "mon 08:00-09:00", "Mon-Foo 08:00-09:00", "Mon 08:00-09:00,"}) {
    INFO(wrong);
    CHECK_FALSE(parse_hours(wrong).has_value());
  }
}

TEST_CASE("limits are an operator and an exact value") {
  CHECK(parse_ratio_limit("99.9%")->value == Decimal(999, 3));
  CHECK(parse_ratio_limit("99.9%")->op == Comparison::greater_equal);
  CHECK(parse_ratio_limit("<0.1 %")->value == Decimal(1, 3));
  CHECK(parse_ratio_limit("0%")->value == Decimal(0, 0));
  CHECK(parse_latency_limit("<= 1.5s")->value == Decimal(1'500'000, 0));
  CHECK(parse_duration_limit("> 2s")->text == "> 2s");
  for (const char* wrong : {"", "%", "99.9", "101%", "-1%", "= 3%", "99,9%", "< 5s"}) {
    INFO(wrong);
    CHECK_FALSE(parse_ratio_limit(wrong).has_value());
  }
  for (const char* wrong : {"", "2s", "< 2", "< 0s", "<", "< 5%"}) {
    INFO(wrong);
    CHECK_FALSE(parse_latency_limit(wrong).has_value());
  }
}

TEST_CASE("limits on counts and sizes are whole numbers") {
  using Op = CountLimit::Op;
  const std::pair<const char*, std::pair<Op, std::int64_t>> counts[] = {{"3", {Op::equal, 3}},
                                                                        {" >= 1 ", {Op::greater_equal, 1}},
                                                                        {"<10", {Op::less, 10}},
                                                                        {"<= 0", {Op::less_equal, 0}},
                                                                        {"> 5", {Op::greater, 5}}};
  for (const auto& [text, expected] : counts) {
    INFO(text);
    const auto limit = parse_count_limit(text);
    REQUIRE(limit.has_value());
    CHECK(limit->op == expected.first);
    CHECK(limit->value == expected.second);
    CHECK(parse_size_limit(text)->value == expected.second);
  }
  CHECK(parse_size_limit("< 1MB")->value == 1'000'000);
  CHECK(parse_size_limit("<= 2 MiB")->value == 2 << 20);
  CHECK(parse_size_limit("> 1kB")->value == 1000);
  CHECK(parse_size_limit("512B")->value == 512);
  CHECK(parse_size_limit("<= 2 MiB")->text == "<= 2 MiB");
  for (const char* wrong : {"", "-1", "1.5", ">", "= 3", "x", "> 3s", "1e3", "99999999999999999999"}) {
    INFO(wrong);
    CHECK_FALSE(parse_count_limit(wrong).has_value());
    CHECK_FALSE(parse_size_limit(wrong).has_value());
  }
  CHECK_FALSE(parse_size_limit("999999999999GB").has_value());

  const auto holds = [](const char* limit) {
    const CountLimit parsed = parse_count_limit(limit).value();
    return std::array{parsed.holds(2), parsed.holds(3), parsed.holds(4)};
  };
  CHECK(holds("3") == std::array{false, true, false});
  CHECK(holds("< 3") == std::array{true, false, false});
  CHECK(holds("<= 3") == std::array{true, true, false});
  CHECK(holds("> 3") == std::array{false, false, true});
  CHECK(holds(">= 3") == std::array{false, true, true});
}

TEST_CASE("targets are http or https with a host") {
  CHECK(parse_target("example.com")->text == "http://example.com");
  CHECK(parse_target("HTTPS://example.com/a?b=c")->text == "https://example.com/a?b=c");
  CHECK(parse_target("https://example.com/")->host_port == "example.com:443");
  CHECK(parse_target("http://[2001:db8::1]/")->host_port == "[2001:db8::1]:80");
  CHECK(parse_target("localhost:8080/x@y")->port == 8080);
  for (const char* wrong : {"", "http://", "http://:80/", "http://a:0/", "http://a:/", "http://a:b/", "http://[::1",
                            "http://[a]/", "http://a b/", "http://a/\n", "http://u@a/", "u:p@a", "file:///etc/passwd",
                            "tcp://a:1", "http://a:65536/", "http://a/\x01"}) {
    INFO(wrong);
    CHECK_FALSE(parse_target(wrong).has_value());
  }
}

TEST_CASE("variables are expanded once, in values") {
  const auto expand = [](std::string_view text) { return expand_variables(text, test_environment()).value(); };
  CHECK(expand("a${PORT}b${PORT}") == "a8080b8080");
  CHECK(expand("${NONE:-x:-y}") == "x:-y");
  CHECK(expand("${EMPTY}") == "");
  CHECK(expand("${EMPTY:-x}") == "x");
  CHECK(expand("$${PORT} $PORT $") == "${PORT} $PORT $");
  for (const char* wrong : {"${NONE}", "${", "${}", "${a b}", "${:-x}", "${PORT"}) {
    INFO(wrong);
    CHECK_FALSE(expand_variables(wrong, test_environment()).has_value());
  }
}

TEST_CASE("sizes are powers of 1024, as blackbox_exporter reads them") {
  CHECK(parse_body_size("10MB") == 10 << 20);
  CHECK(parse_body_size("1KiB") == 1024);
  CHECK(parse_body_size("1.5KB512B") == 2048);
  CHECK(parse_body_size("0") == 0);
  for (const char* wrong : {"", "10", "MB", "10 MB", "-1B", "1XB", "9999999EB"}) {
    INFO(wrong);
    CHECK_FALSE(parse_body_size(wrong).has_value());
  }
}

TEST_CASE("bytes that no YAML holds are found") {
  CHECK_FALSE(find_bad_byte("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\r\n\t"));
  for (const char* wrong :
       {"\xff", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc3", "\xe2\x82", "\x7f", "\x01"}) {
    CHECK(find_bad_byte(wrong).has_value());
  }
  const auto wrong = find_bad_byte("a\nbc\xff");
  CHECK(wrong->line == 2);
  CHECK(wrong->column == 3);
}

}  // namespace
}  // namespace nines::config
