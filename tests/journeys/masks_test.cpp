#include "journeys/masks.hpp"

#include <catch2/catch.hpp>

namespace nines::journeys {
namespace {

config::Journey with_login() {
  config::Journey journey;
  journey.secrets.emplace_back("password", Secret("correct horse"));
  config::Step step;
  step.headers.emplace_back("Authorization", "Bearer {{ access }}");
  step.headers.emplace_back("X-Title", "{{ title }}");
  journey.finally.push_back(step);
  return journey;
}

}  // namespace

TEST_CASE("a journey's secrets, captured credentials and telling members are not shown") {
  const config::Journey journey = with_login();
  Masks masks(journey);
  masks.captured("access", "tok-12345");
  masks.captured("title", "a title");
  struct Row {
    const char* text;
    const char* shown;
  };
  const Row row = GENERATE(values<Row>({
      {"the correct horse", "the <secret>"},
      {"/x?p=correct%20horse", "/x?p=<secret>"},
      {"tok-12345 of a title", "<secret> of a title"},
      {R"({"access_token": "unseen", "id": "7"})", R"({"access_token": "<secret>", "id": "7"})"},
      {R"({"Refresh-Token":"a\"b","x":{"password":"p"}})",
       R"({"Refresh-Token":"<secret>","x":{"password":"<secret>"}})"},
      {R"({"api-key":"k", "token": null, "tokens":["a"]})", R"({"api-key":"<secret>", "token": null, "tokens":["a"]})"},
      {R"({"token":"cut of)", R"({"token":"<secret>)"},
      {R"({"a":"token","b":"x"})", R"({"a":"token","b":"x"})"},
      {R"({"secret":"\)", R"({"secret":"<secret>)"},
      {R"(")", R"(")"},
      {"", ""},
  }));
  CAPTURE(row.text);
  CHECK(masks.text(row.text) == row.shown);
}

TEST_CASE("headers that carry credentials vanish whole") {
  const config::Journey journey = with_login();
  const Masks masks(journey);
  CHECK(masks.named("Set-Cookie", "session=1; Path=/") == "<secret>");
  CHECK(masks.named("authorization", "Basic eHg6eXk=") == "<secret>");
  CHECK(masks.named("Location", "/tasks/correct horse") == "/tasks/<secret>");
}

}  // namespace nines::journeys
