#include "base/text.hpp"

#include <catch2/catch.hpp>

namespace nines {
namespace {

TEST_CASE("base64 is that of RFC 4648, section 10") {
  CHECK(base64_encode("").empty());
  CHECK(base64_encode("f") == "Zg==");
  CHECK(base64_encode("fo") == "Zm8=");
  CHECK(base64_encode("foo") == "Zm9v");
  CHECK(base64_encode("foobar") == "Zm9vYmFy");
  CHECK(base64_encode(std::string_view("\xff\xfe\x00", 3)) == "//4A");
}

TEST_CASE("only unreserved characters stay when percent-encoded") {
  CHECK(percent_encode("AZaz09-._~") == "AZaz09-._~");
  CHECK(percent_encode("a b/c?ü+%") == "a%20b%2Fc%3F%C3%BC%2B%25");
}

TEST_CASE("the nearest known word is found when it is near enough") {
  const std::vector<std::string_view> known = {"interval", "timeout", "module", "regions", "url"};
  struct Case {
    std::string_view word;
    std::string_view expected;
  };
  const auto c = GENERATE(values<Case>({{"intervall", "interval"},
                                        {"intevral", "interval"},
                                        {"timout", "timeout"},
                                        {"tiemout", "timeout"},
                                        {"region", "regions"},
                                        {"ulr", "url"},
                                        {"interval", "interval"},
                                        {"xyz", ""},
                                        {"u", ""},
                                        {"completely_different", ""},
                                        {"", ""}}));
  CAPTURE(c.word);
  CHECK(nearest(c.word, known) == c.expected);
}

TEST_CASE("of equally near words the first is taken") {
  const std::vector<std::string_view> known = {"cat", "car"};
  CHECK(nearest("cap", known) == "cat");
}

TEST_CASE("a long text is cut between characters, within its bytes") {
  CHECK(ellipsize("short", 5) == "short");
  CHECK(ellipsize("longer", 5) == "lo…");
  CHECK(ellipsize("aüüü", 6) == "aü…");
  CHECK(ellipsize("aüüü", 5) == "a…");
  CHECK(ellipsize("abcd", 2) == "ab");
  CHECK(ellipsize("üü", 1).empty());
  CHECK(ellipsize("", 0).empty());
}

TEST_CASE("a text from outside stays on one line") {
  CHECK(printable("a\nb\r\tc") == "a\\nb\\r\\tc");
  CHECK(printable(std::string_view("\x1b[31m\0\x7f", 7)) == "\\x1b[31m\\x00\\x7f");
  CHECK(printable("über \\ 日本") == "über \\ 日本");
}

TEST_CASE("splitting keeps empty parts") {
  CHECK(split("a,,b", ',') == std::vector<std::string_view>{"a", "", "b"});
  CHECK(split("", ',') == std::vector<std::string_view>{""});
  CHECK(split(",", ',') == std::vector<std::string_view>{"", ""});
}

TEST_CASE("trimming takes white space off both ends") {
  CHECK(trim(" \t a b\r\n") == "a b");
  CHECK(trim("  ").empty());
  CHECK(trim("").empty());
}

}  // namespace
}  // namespace nines
