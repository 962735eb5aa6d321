#include "base/outcome.hpp"

#include <fstream>
#include <set>
#include <sstream>

#include <catch2/catch.hpp>
#include <re2/re2.h>

#include "base/result.hpp"

namespace nines {
namespace {

using namespace std::chrono_literals;

struct Enumerator {
  std::string name;
  int number = 0;
};

// As the header has them, so that none is forgotten.
std::vector<Enumerator> enumerators() {
  const std::ifstream file(NINES_SOURCE_DIR "/base/outcome.hpp");
  std::stringstream header;
  header << file.rdbuf();
  const std::string text = header.str();
  std::string body;
  RE2::PartialMatch(text, R"((?s)enum class Reason[^{]*\{(.*?)\};)", &body);
  std::vector<Enumerator> found;
  re2::StringPiece rest(body);
  Enumerator next;
  while (RE2::FindAndConsume(&rest, R"((?m)^\s*([a-z_]+) = (\d+),)", &next.name, &next.number)) found.push_back(next);
  return found;
}

TEST_CASE("every reason of the header has its name, a few words, and reads back") {
  const auto all = enumerators();
  REQUIRE(all.size() > 40);
  std::set<std::string_view> words;
  for (const auto& [name, number] : all) {
    const auto reason = static_cast<Reason>(number);
    CAPTURE(name, number);
    CHECK(reason_name(reason) == name);
    CHECK(parse_reason(name) == reason);
    CHECK_FALSE(reason_words(reason).empty());
    CHECK(words.insert(reason_words(reason)).second);
    CHECK(is_agent_fault(reason) == name.starts_with("agent_"));
  }
}

TEST_CASE("a reason nobody knows is not read and has no name of a known one") {
  CHECK_FALSE(parse_reason("http_teapot"));
  CHECK_FALSE(parse_reason(""));
  CHECK(reason_name(static_cast<Reason>(199)) == "unknown");
  CHECK(reason_words(static_cast<Reason>(199)) == "unknown reason");
  CHECK_FALSE(is_complete_answer(static_cast<Reason>(199)));
}

TEST_CASE("an answer counts as complete unless something ended it before") {
  for (const auto& [name, number] : enumerators()) {
    CAPTURE(name);
    const auto reason = static_cast<Reason>(number);
    const bool judged = reason == Reason::tls_expiring || reason == Reason::dns_rcode || reason == Reason::dns_records;
    if (judged) CHECK(is_complete_answer(reason));
    if (judged) continue;
    if (name.starts_with("dns_") || name.starts_with("connect_") || name.starts_with("tls_")) {
      CHECK_FALSE(is_complete_answer(reason));
    }
  }
  for (const auto reason : {Reason::http_timeout, Reason::http_reset, Reason::http_empty, Reason::http_malformed,
                            Reason::http_truncated, Reason::timeout, Reason::address_denied}) {
    CHECK_FALSE(is_complete_answer(reason));
  }
  for (const auto reason : {Reason::none, Reason::http_status, Reason::http_header, Reason::body_mismatch,
                            Reason::too_slow, Reason::assertion, Reason::capture, Reason::poll_timeout}) {
    CHECK(is_complete_answer(reason));
  }
}

TEST_CASE("phases are added one by one") {
  Phases phases{.resolve = 1us, .connect = 2us, .tls = 3us, .processing = 4us, .transfer = 5us};
  phases += Phases{.resolve = 10us, .connect = 20us, .tls = 30us, .processing = 40us, .transfer = 50us};
  CHECK(phases == Phases{.resolve = 11us, .connect = 22us, .tls = 33us, .processing = 44us, .transfer = 55us});
  CHECK(phases.total() == 165us);
}

TEST_CASE("evidence is empty until anything is in it") {
  Evidence evidence;
  CHECK(evidence.empty());
  evidence.attempts.emplace_back();
  CHECK_FALSE(evidence.empty());
  CHECK(origin_name(Origin::gate) == "gate");
}

TEST_CASE("an error says its place when it has one") {
  CHECK(Error{"wrong"}.text() == "wrong");
  CHECK(Error{"wrong", Position{"nines.yml", 12, 15}}.text() == "nines.yml:12:15: wrong");
  CHECK(Error{"wrong", Position{"results.jsonl", 12}}.text() == "results.jsonl:12: wrong");
  CHECK(Error{"wrong", Position{"nines.yml"}}.text() == "nines.yml: wrong");
}

}  // namespace
}  // namespace nines
