#include "journeys/xpath.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace nines::journeys {
namespace {

constexpr const char* kHtml = R"(<!DOCTYPE html>
<html><head><title>Add &amp; remove — tasks</title>
<body class=page>
<form method=post><INPUT type=hidden NAME="_token" value="a&quot;b&#43;c&amp;amp;">
<ul><li>one<li>two <b>bold</b><li class=last>three</ul>
<p>price &lt; 007
<svg><path d="M0"/></svg>
<a href="/tickets/42?x=1&y=2">ticket</a>)";

constexpr const char* kXml = R"(<?xml version="1.0"?>
<feed xmlns:a="urn:a" xmlns="urn:default"><a:entry id="1">x &lt; y</a:entry><a:entry id="2"><![CDATA[<b>]]></a:entry>
<title>plain</title></feed>)";

std::string found(const char* body, Page::Kind kind, const std::string& expression) {
  const auto page = Page::parse(body, kind, "");
  if (!page) return "error: " + page.error().message;
  const auto values = page->find(expression);
  if (!values) return "error: " + values.error().message;
  std::string out = std::to_string(values->count) + (values->nodes ? " nodes" : "");
  for (const Json& value : values->values) out += " " + dump_json(value);
  return out;
}

}  // namespace

TEST_CASE("XPath finds attributes, texts and values in HTML as browsers forgive it") {
  struct Row {
    const char* expression;
    const char* found;
  };
  const Row row = GENERATE(values<Row>({
      {"//input[@name='_token']/@value", R"(1 nodes "a\"b+c&amp;")"},
      {"//title", R"(1 nodes "Add & remove — tasks")"},
      {"string(//title)", R"(1 "Add & remove — tasks")"},
      {"//li", "3 nodes \"one\" \"two bold\" \"three\""},
      {"//li[@class='last']/text()", "1 nodes \"three\""},
      {"count(//li)", "1 3"},
      {"count(//li) = 3", "1 true"},
      {"number('1.5')", "1 1.5"},
      {"number('x')", "1 null"},
      {"//a/@href", "1 nodes \"/tickets/42?x=1&y=2\""},
      {"substring-after(//a/@href, '/tickets/')", "1 \"42?x=1&y=2\""},
      {"normalize-space(//p)", "1 \"price < 007 ticket\""},
      {"//table", "0 nodes"},
      {"//body/@class", "1 nodes \"page\""},
      {"//x:li", "error: the page's root declares no such prefix at column 7"},
      {"nosuch(//li)", "error: there is no such function at column 13"},
      {"$x", "error: there are no variables at column 3"},
  }));
  CAPTURE(row.expression);
  CHECK(found(kHtml, Page::Kind::html, row.expression) == row.found);
}

TEST_CASE("XPath knows the prefixes that the root of XML declares") {
  CHECK(found(kXml, Page::Kind::xml, "//a:entry") == R"(2 nodes "x < y" "<b>")");
  CHECK(found(kXml, Page::Kind::xml, "//a:entry/@id") == R"(2 nodes "1" "2")");
  CHECK(found(kXml, Page::Kind::xml, "//title") == "0 nodes");
  CHECK(found(kXml, Page::Kind::xml, "//*[local-name()='title']") == R"(1 nodes "plain")");
}

TEST_CASE("what is no page is said so") {
  CHECK(found("<a><b></a>", Page::Kind::xml, "//a").starts_with("error: the body is not XML: line 1: "));
  CHECK(found("", Page::Kind::html, "//a") == "error: the body is empty; expected a page");
  CHECK(found(" \n", Page::Kind::xml, "//a") == "error: the body is empty; expected a page");
  const std::string large(Page::kMaxBytes + 1, 'x');
  CHECK(Page::parse(large, Page::Kind::html, "").error().message ==
        "the body has 2000001 bytes; expected at most 2000000 for XPath");
}

TEST_CASE("no entity is taken from outside, and none that grows") {
  CHECK(found(R"(<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>)", Page::Kind::xml, "//a") ==
        "error: the body defines XML entities of its own; expected none");
  std::string bomb = "<!DOCTYPE a [<!ENTITY l0 \"lol\">";
  for (int i = 1; i < 12; ++i) {
    bomb += "<!ENTITY l" + std::to_string(i) + " \"";
    for (int j = 0; j < 10; ++j) bomb += "&l" + std::to_string(i - 1) + ";";
    bomb += "\">";
  }
  CHECK(found((bomb + "]><a>&l11;</a>").c_str(), Page::Kind::xml, "string(//a)").starts_with("error: the body "));
  CHECK(found((bomb + "]><a b='&l11;'/>").c_str(), Page::Kind::xml, "//a/@b").starts_with("error: the body "));
  CHECK(found(R"(<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><a>1</a>)", Page::Kind::xml, "//a") == "1 nodes \"1\"");
}

TEST_CASE("a page is read in the encoding it is in") {
  const auto title = [](std::string_view body, std::string_view charset) {
    return Page::parse(body, Page::Kind::html, charset).value().find("string(//title)").value().values[0];
  };
  CHECK(title("<title>caf\xc3\xa9</title>", "") == "café");
  CHECK(title("<title>caf\xe9</title>", "iso-8859-1") == "café");
  CHECK(title("<meta charset=iso-8859-1><title>caf\xe9</title>", "") == "café");
  CHECK(title("<title>caf\xc3\xa9</title>", "utf-8") == "café");
}

TEST_CASE("Content-Type says whether a page is XML") {
  CHECK(Page::kind_of("text/html; charset=utf-8") == Page::Kind::html);
  CHECK(Page::kind_of("") == Page::Kind::html);
  CHECK(Page::kind_of("application/xml") == Page::Kind::xml);
  CHECK(Page::kind_of("Text/XML; charset=utf-8") == Page::Kind::xml);
  CHECK(Page::kind_of("application/atom+xml") == Page::Kind::xml);
  CHECK(Page::kind_of("application/xhtml+xml") == Page::Kind::html);
}

TEST_CASE("work without end is cut") {
  std::string deep;
  for (int i = 0; i < 20000; ++i) deep += "<i>x</i>";
  const std::string answer = found(deep.c_str(), Page::Kind::html, "count(//i[count(//i[count(//i) > 1]) > 1])");
  CHECK(answer.starts_with("error: it is too much work, or wrong"));
}

TEST_CASE("a deeply nested page is read or refused, not followed to the end of the stack") {
  std::string html;
  std::string xml;
  for (int i = 0; i < 100000; ++i) html += "<div>";
  for (int i = 0; i < 100000; ++i) xml += "<a>";
  CHECK_FALSE(found(html.c_str(), Page::Kind::html, "count(//div)").empty());
  CHECK_FALSE(found(html.c_str(), Page::Kind::html, "string(//div)").empty());
  CHECK(found(xml.c_str(), Page::Kind::xml, "//a").starts_with("error: the body is not XML: "));
}

TEST_CASE("check_xpath tells what cannot be an expression") {
  CHECK(check_xpath("//input[@name='_token']/@value"));
  CHECK(check_xpath("count(//li) > 3"));
  CHECK(check_xpath("//x:a"));
  for (const char* wrong : {"", "//", "//a[", "//a[@b='c]", "count(//li", "a b", "//a]", "$"}) {
    CAPTURE(wrong);
    CHECK_FALSE(check_xpath(wrong));
  }
  CHECK(check_xpath("//a[@b='c]").error().message == "a quote is not closed at column 11");
}

}  // namespace nines::journeys
