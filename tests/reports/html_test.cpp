#include "reports/html.hpp"

#include <catch2/catch.hpp>

using namespace nines::reports;

TEST_CASE("text and attribute values cannot break out of HTML") {
  Html html;
  html.open("p", {{"title", "\"'><script>"}}).text("a < b & c > \"d\" 'e'").close();
  CHECK(std::move(html).take() ==
        "<p title=\"&quot;&#39;&gt;&lt;script&gt;\">a &lt; b &amp; c &gt; &quot;d&quot; &#39;e&#39;</p>");
}

TEST_CASE("what is no UTF-8, and control characters, become U+FFFD") {
  const auto [text, escaped] = GENERATE(table<std::string, std::string>({
      {"é ש 💚 \t\n", "é ש 💚 \t\n"},
      {"\x01 \x7f", "\xEF\xBF\xBD \xEF\xBF\xBD"},
      {std::string("\0", 1), "\xEF\xBF\xBD"},
      {"\xC3", "\xEF\xBF\xBD"},                                                  // cut
      {"\xC0\xBC", "\xEF\xBF\xBD\xEF\xBF\xBD"},                                  // overlong '<'
      {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},                  // surrogate
      {"\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},  // above U+10FFFF
      {"\xE2\x82<", "\xEF\xBF\xBD\xEF\xBF\xBD&lt;"},
  }));
  CHECK(escape_html(text) == escaped);
}

TEST_CASE("elements left open are closed in order") {
  Html html;
  html.open("main").open("p").text("x");
  CHECK(std::move(html).take() == "<main><p>x</p></main>");
}
