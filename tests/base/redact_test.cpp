#include "base/redact.hpp"

#include <thread>

#include <catch2/catch.hpp>

#include "base/text.hpp"

namespace nines {
namespace {

Redactor redactor_of(std::initializer_list<const char*> values) {
  std::vector<Secret> secrets;
  for (const char* value : values) secrets.emplace_back(value);
  return Redactor(secrets);
}

TEST_CASE("a secret is hidden in every form it travels in") {
  const Redactor redactor = redactor_of({"p@ss/wörd \"7\"+x"});
  struct Case {
    std::string_view text;
    std::string_view expected;
  };
  const auto c = GENERATE(values<Case>({
      {"token=p@ss/wörd \"7\"+x!", "token=<secret>!"},
      {"?t=p%40ss%2Fw%C3%B6rd%20%227%22%2Bx&y", "?t=<secret>&y"},
      {"?t=p%40ss%2fw%c3%b6rd%20%227%22%2bx&y", "?t=<secret>&y"},
      {"t=p%40ss%2Fw%C3%B6rd+%227%22%2Bx&y", "t=<secret>&y"},
      {R"({"t":"p@ss/wörd \"7\"+x"})", R"({"t":"<secret>"})"},
      {R"({"t":"p@ss/w\u00f6rd \"7\"+x"})", R"({"t":"<secret>"})"},
      {"Bearer cEBzcy93w7ZyZCAiNyIreA==", "Bearer <secret>"},
      {"Bearer cEBzcy93w7ZyZCAiNyIreA.", "Bearer <secret>."},
      {"p@ss/wörd", "p@ss/wörd"},
  }));
  CAPTURE(c.text);
  CHECK(redactor.secrets(c.text) == c.expected);
}

TEST_CASE("a secret is hidden in base64 together with what stands before and after it") {
  const std::string secret = "hunter2-hunter2>>>???";
  const Redactor redactor({Secret(secret)});
  for (const std::string before : {"", "u", "us", "use", "user:"}) {
    for (const std::string after : {"", "x", "xy", "xyz"}) {
      std::string encoded = base64_encode(before + secret + after);
      const std::string hidden = redactor.secrets(encoded);
      CAPTURE(encoded, hidden);
      CHECK(hidden.find("<secret>") != std::string::npos);
      // What is left: the groups of the neighbours, and padding.
      CHECK(hidden.size() <= std::string("<secret>").size() + 8 + 8);
    }
  }
}

TEST_CASE("base64 with the URL alphabet is found too") {
  const Redactor redactor = redactor_of({"~~~?~?>>?"});
  CHECK(base64_encode("~~~?~?>>?") == "fn5+P34/Pj4/");
  CHECK(redactor.secrets("jwt fn5-P34_Pj4_ end") == "jwt <secret> end");
}

TEST_CASE("of secrets that contain or overlap each other nothing is left") {
  const Redactor redactor = redactor_of({"abcd", "abcdefgh", "ghij", "secret"});
  CHECK(redactor.secrets("abcdefgh") == "<secret>");
  CHECK(redactor.secrets("abcdefghij") == "<secret>");
  CHECK(redactor.secrets("abcdabcd") == "<secret><secret>");
  CHECK(redactor.secrets("xabcdx ghij") == "x<secret>x <secret>");
  CHECK(redactor.secrets("my secret") == "my <secret>");
}

TEST_CASE("secrets too short to search for leave ordinary text alone") {
  const Redactor redactor = redactor_of({"", "a", "yes"});
  CHECK(redactor.secrets("yes, a day") == "yes, a day");
  CHECK(redactor_of({"yess"}).secrets("yess") == "<secret>");
}

TEST_CASE("a text shorter than any secret comes through") {
  const Redactor redactor = redactor_of({"hunter2"});
  CHECK(redactor.secrets("").empty());
  CHECK(redactor.secrets("hun") == "hun");
  CHECK(redactor.secrets("hunter") == "hunter");
}

TEST_CASE("personal data is hidden") {
  struct Case {
    std::string_view text;
    std::string_view expected;
  };
  const auto c = GENERATE(values<Case>({
      {"mail jane.doe+x@example.co.uk now", "mail <email> now"},
      {"<jane@example.com>,bob@example.org", "<<email>>,<email>"},
      {"/users/jane%40example.com/tasks", "/users/<email>/tasks"},
      {"jürgen@müller.de", "<email>"},
      {R"({"email":"jane@example.com"})", R"({"email":"<email>"})"},
      {R"(line\njane@example.com)", R"(line\n<email>)"},
      {"card 4111111111111111.", "card <card>."},
      {"card:4111 1111 1111 1111 200 ms", "card:<card> 200 ms"},
      {"1234 4111-1111-1111-1111", "1234 <card>"},
      {"378282246310005 and 3782 822463 10005", "<card> and <card>"},
      {"30569309025904", "<card>"},
      {"5555555555554444,6011111111111117,2223003122003222", "<card>,<card>,<card>"},
      {R"(\n4111111111111111)", R"(\n<card>)"},
      {"n=%3A4111111111111111", "n=%3A<card>"},
      {"call +1 555 123 4567", "call <phone>"},
      {"call +49 (0)30 123456, please", "call <phone>, please"},
      {"tel:+4915112345678", "tel:<phone>"},
      {"?to=%2B4915112345678&x", "?to=<phone>&x"},
      {"(555) 123-4567", "<phone>"},
      {"555-123-4567 or 1-800-555-0199", "<phone> or <phone>"},
      {"555.123.4567", "<phone>"},
      {R"({"phone": "5551234567"})", R"({"phone": "<phone>"})"},
      {"mobile_phone=555 123 4567", "mobile_phone=<phone>"},
      {"phoneNumber: (030) 1234567", "phoneNumber: <phone>"},
      {"ssn 123-45-6789", "ssn <ssn>"},
      {R"("ssn":"123456789")", R"("ssn":"<ssn>")"},
  }));
  CAPTURE(c.text);
  CHECK(Redactor().all(c.text) == c.expected);
}

TEST_CASE("what only looks like personal data stays") {
  const auto text = GENERATE(values<std::string_view>({
      "2026-10-01T00:00:00.123456Z and 2026-10-01 02:00:00+02:00",
      "20261001T000000Z 20261001000000",
      "Thu, 01 Oct 2026 00:00:00 GMT",
      "epoch 1790812800 1790812800000 1790812800000000 1790812800000000000 1790812800.123456",
      "f81d4fae-7dec-4d0a-a765-00a0c91e6bf6",
      "11111111-1111-4111-8111-111111111111",
      "4bf92f3577b34da6a3ce929d0e0e4736",
      "12345678901234567890123456789012",
      "00-12345678901234567890123456789012-4111111111111111-01",
      "192.0.2.7:443 connected to 10.0.0.0/8 and 255.255.255.255",
      "[2001:db8:85a3:0:0:8a2e:370:7334]:8080",
      "12 min 40 s, 1h30m, 250ms, 0.83 ms, 1234567.890123",
      "0.4111111111111111",
      "4111111111111112 fails Luhn's check",
      "requests 1234567890 bytes 9876543210 errors 5551234567",
      "\"GET / HTTP/1.1\" 200 612 1234 5678",
      "expected status 200, got 503 after 123-456 tries",
      "1e+12345678 1+23456789",
      "000-12-3456 666-12-3456 900-12-3456 123-00-4567 123-45-0000",
      "user@localhost @home a@b",
      "image@sha256:4bf92f3577b34da6a3ce929d0e0e4736",
      "curl/7.88.1 OpenSSL/3.0.11 build 20231015",
      "0x4111111111111111 id_4111111111111111",
      "port 65535, pid 1234567, sequence 000000000001",
  }));
  CAPTURE(text);
  CHECK(Redactor().all(text) == text);
}

TEST_CASE("secrets and personal data are hidden together") {
  const Redactor redactor = redactor_of({"hunter2"});
  CHECK(redactor.all("https://jane:hunter2@example.com/") == "https://jane:<secret>@example.com/");
  CHECK(redactor.all("jane@example.com: hunter2") == "<email>: <secret>");
}

TEST_CASE("bytes that are not UTF-8 come through") {
  const std::string text = "\xff\xfe 1234567 \x80 jane@example.com \xc3";
  CHECK(Redactor().all(text) == "\xff\xfe 1234567 \x80 <email> \xc3");
}

TEST_CASE("a redactor may be replaced while others use it") {
  const auto before = redactor();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 3; ++i) {
      threads.emplace_back([] {
        for (int n = 0; n < 200; ++n) (void)redactor()->all("hunter2 jane@example.com 4111111111111111");
      });
    }
    for (int n = 0; n < 200; ++n) set_redactor(std::make_shared<Redactor>(std::vector{Secret("hunter2")}));
  }
  CHECK(redactor()->all("hunter2") == "<secret>");
  set_redactor(before);
  CHECK(redactor()->all("hunter2") == "hunter2");
}

}  // namespace
}  // namespace nines
