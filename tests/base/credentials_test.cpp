#include "base/credentials.hpp"

#include <catch2/catch.hpp>

namespace nines {
namespace {

struct Row {
  std::string_view text;
  std::string_view shown;
};

TEST_CASE("some names tell that they hold credentials") {
  const auto telling = GENERATE(
      values<std::string_view>({"token", "access_token", "X-Auth-Token", "PASSWORD", "passwd", "client-secret",
                                "Api-Key", "api_key", "apiKey", "Cookie", "Set-Cookie", "Proxy-Authorization"}));
  CAPTURE(telling);
  CHECK(names_credentials(telling));
}

TEST_CASE("other names do not") {
  const auto plain = GENERATE(values<std::string_view>({"", "id", "key", "author", "pass", "Content-Type", "api"}));
  CAPTURE(plain);
  CHECK_FALSE(names_credentials(plain));
}

TEST_CASE("members that hold credentials are hidden in JSON, whole or not") {
  const Row row = GENERATE(values<Row>({
      {R"({"access_token": "unseen", "id": "7"})", R"({"access_token": "<secret>", "id": "7"})"},
      {R"({"Refresh-Token":"a\"b","x":{"password":"p"}})",
       R"({"Refresh-Token":"<secret>","x":{"password":"<secret>"}})"},
      {R"({"api-key":"k", "token": null, "tokens":["a"]})", R"({"api-key":"<secret>", "token": null, "tokens":["a"]})"},
      {R"({"secrets":{"password" : "p", "n": 1}})", R"({"secrets":{"password" : "<secret>", "n": 1}})"},
      {R"({"token":"cut of)", R"({"token":"<secret>)"},
      {R"({"token":")", R"({"token":"<secret>)"},
      {R"({"token":)", R"({"token":)"},
      {R"({"token":""})", R"({"token":"<secret>"})"},
      {R"({"a":"token","b":"x"})", R"({"a":"token","b":"x"})"},
      {R"(["token","b"])", R"(["token","b"])"},
      {R"(a 5" disk {"token":"t"})", R"(a 5" disk {"token":"<secret>"})"},
      {R"({"secret":"\)", R"({"secret":"<secret>)"},
      {R"(")", R"(")"},
      {"", ""},
  }));
  CAPTURE(row.text);
  CHECK(hide_credentials_in_body(row.text) == row.shown);
}

TEST_CASE("values of a query or form whose names tell are hidden, wherever it stands") {
  const Row row = GENERATE(values<Row>({
      {"/items?page=2&token=eyJ", "/items?page=2&token=<secret>"},
      {"GET http://h/x?api_key=a%20b&x=1#f HTTP/1.1\n", "GET http://h/x?api_key=<secret>&x=1#f HTTP/1.1\n"},
      {"password=a+b&user=me;session=1", "password=<secret>&user=me;session=<secret>"},
      {"https://h/?access_token=a=b==", "https://h/?access_token=<secret>"},
      {"<a href=\"/x?token=t\">", "<a href=\"/x?token=<secret>\">"},
      {"?token=", "?token="},
      {"?token=&a=b", "?token=&a=b"},
      {"a token=b", "a token=b"},
      {"page=token", "page=token"},
      {"&&==?", "&&==?"},
      {"", ""},
  }));
  CAPTURE(row.text);
  CHECK(hide_credentials_in_query(row.text) == row.shown);
}

TEST_CASE("headers that hold credentials are hidden whole, other lines stay") {
  const Row row = GENERATE(values<Row>({
      {"HTTP/1.1 200\nSet-Cookie: id=7; Path=/\nServer: x", "HTTP/1.1 200\nSet-Cookie: <secret>\nServer: x"},
      {"authorization:Basic eA==", "authorization:<secret>"},
      {"Cookie: a=1\n b=2\n\tc=3\nDate: now\n", "Cookie: <secret>\nDate: now\n"},
      {"Vary: Cookie\n Authorization\n", "Vary: Cookie\n Authorization\n"},
      {"X-Token:\r\n\r\n", "X-Token:<secret>\n\r\n"},
      {"GET https://token.example/x:1\n", "GET https://token.example/x:1\n"},
      {"wrong token: x", "wrong token: x"},
      {"token", "token"},
      {"\n\n", "\n\n"},
      {"", ""},
  }));
  CAPTURE(row.text);
  CHECK(hide_credentials_in_headers(row.text) == row.shown);
}

}  // namespace
}  // namespace nines
