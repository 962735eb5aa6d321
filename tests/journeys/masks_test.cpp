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
      {"", ""},
  }));
  CAPTURE(row.text);
  CHECK(masks.text(row.text) == row.shown);
}

TEST_CASE("what has the name of a credential vanishes whole") {
  const config::Journey journey = with_login();
  const Masks masks(journey);
  CHECK(masks.named("$.session.token", "5") == "<secret>");
  CHECK(masks.named("authorization", "Basic eHg6eXk=") == "<secret>");
  CHECK(masks.named("Location", "/tasks/correct horse") == "/tasks/<secret>");
}

TEST_CASE("evidence holds nothing of a journey's secret that stands at its cut") {
  const config::Journey journey = with_login();
  Masks masks(journey);
  masks.captured("access", std::string(900, 't'));
  for (const std::size_t before : {0U, 40U, 64U, 70U, 500U, 1100U}) {
    const std::string kept =
        masks.evidence(std::string(before, '.') + std::string(900, 't') + std::string(5000, '.'), 64);
    CAPTURE(before, kept);
    CHECK_FALSE(kept.contains("tt"));
    CHECK(kept.size() <= 64);
  }
  CHECK(masks.evidence(R"({"token": "unseen", "by": "correct horse"})", 64) ==
        R"({"token": "<secret>", "by": "<secret>"})");
}

}  // namespace nines::journeys
