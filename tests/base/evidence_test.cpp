#include "base/evidence.hpp"

#include <memory>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/redact.hpp"
#include "base/text.hpp"

namespace nines {
namespace {

class WithSecrets {
 public:
  explicit WithSecrets(const std::vector<Secret>& secrets) : before_(redactor()) {
    set_redactor(std::make_shared<Redactor>(secrets));
  }
  ~WithSecrets() { set_redactor(before_); }
  WithSecrets(const WithSecrets&) = delete;

 private:
  std::shared_ptr<const Redactor> before_;
};

constexpr std::string_view kSecret = "hunter2-AND-more-of-it";

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

TEST_CASE("evidence of a short text is the text, with everything hidden that must be") {
  const WithSecrets secrets({Secret(std::string(kSecret))});
  const Redactor own({Secret("only-mine")});
  const std::string text = R"({"token":"t","by":"jane@example.com","x":"only-mine hunter2-AND-more-of-it"})";
  CHECK(evidence_text(text, 4096, &own) == R"({"token":"<secret>","by":"<email>","x":"<secret> <secret>"})");
  CHECK(evidence_text("", 4096).empty());
  CHECK(evidence_text("abc", 0).empty());
}

TEST_CASE("evidence is cut at the limit, never inside a UTF-8 character") {
  const std::string text = repeated("ä€😀", 4000);
  for (std::size_t limit = 90; limit < 100; ++limit) {
    const std::string kept = evidence_text(text, limit);
    CAPTURE(limit, kept);
    CHECK(kept.size() <= limit);
    CHECK(kept.size() + 4 > limit);
    CHECK(kept.ends_with("…"));
    CHECK(dump_json(Json(kept)).find("\xef\xbf\xbd") == std::string::npos);
  }
}

TEST_CASE("nothing of a secret is left wherever it stands at a cut") {
  const WithSecrets secrets({Secret(std::string(kSecret))});
  constexpr std::size_t kLimit = 64;
  const std::string hidden_long = repeated(std::string(kSecret) + "\n", 400);  // 22 bytes become 8
  for (std::size_t before = 0; before < 3000; ++before) {
    std::string text(before, '.');
    text.append(kSecret).append(3000, '.');
    const std::string kept = evidence_text(text, kLimit);
    REQUIRE(kept.find("hu") == std::string::npos);
    REQUIRE(kept.size() <= kLimit);
    REQUIRE(kept.size() > kLimit - 4);
  }
  for (std::size_t before = 0; before < kSecret.size() + 1; ++before) {
    for (const std::size_t limit : {64U, 256U, 1024U}) {
      const std::string kept = evidence_text(std::string(before, '.') + hidden_long, limit);
      CAPTURE(before, limit, kept);
      REQUIRE(kept.find("hu") == std::string::npos);
      REQUIRE(kept.find("AND") == std::string::npos);
      REQUIRE(kept.size() <= limit);
    }
  }
}

TEST_CASE("a secret longer than the limit leaves nothing behind") {
  const std::string key = repeated("0123456789abcdefghijklmnopqrstuvwxyz/+", 100);
  const WithSecrets secrets({Secret(key)});
  for (const std::size_t before : {0U, 30U, 63U, 64U, 2000U}) {
    const std::string kept =
        evidence_text(std::string(before, '.') + key + key + " and so on" + std::string(90000, '.'), 64);
    CAPTURE(before, kept);
    CHECK(kept.find("0123") == std::string::npos);
    CHECK(kept.find("abc") == std::string::npos);
  }
}

TEST_CASE("personal data and named credentials at a cut are hidden too") {
  for (std::size_t before = 0; before < 2500; before += 7) {
    std::string text(before, ' ');
    text += "jane.doe.of.nowhere@mail.example.com 4111 1111 1111 1111 \"token\": \"unseen-by-others\"";
    text.append(3000, ' ');
    const std::string kept = evidence_text(text, 100);
    CAPTURE(before, kept);
    REQUIRE(kept.find("jane") == std::string::npos);
    REQUIRE(kept.find("4111") == std::string::npos);
    REQUIRE(kept.find("unseen") == std::string::npos);
  }
}

TEST_CASE("a text that shrinks while it is hidden is read on to fill the limit") {
  const WithSecrets secrets({Secret(std::string(200, 'S'))});
  const std::string kept = evidence_text(repeated(std::string(200, 'S') + ".", 500), 1000);
  CHECK(kept.starts_with("<secret>.<secret>."));
  CHECK(kept.size() <= 1000);
  CHECK(kept.size() > 600);
}

TEST_CASE("evidence of ten megabytes reads little of them") {
  std::string text;
  text.resize(10'000'000, 'x');
  text += "end";
  const std::string kept = evidence_text(text, 4096);
  CHECK(kept == std::string(4093, 'x') + "…");
}

}  // namespace
}  // namespace nines
