#include "probes/regex.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "config/module.hpp"
#include "probes/dns/rules.hpp"
#include "probes/expand.hpp"
#include "tests/probes/running.hpp"
#include "tests/probes/scripted_server.hpp"

namespace nines::probes::test {
namespace {

config::Regex regex(const std::string& pattern) {
  return config::compile_regex(pattern).value();
}

TEST_CASE("each byte that is not UTF-8 is read as U+FFFD, as Go does") {
  const std::string bad = "\xEF\xBF\xBD";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", ""},
      {"plain ascii of some length", "plain ascii of some length"},
      {"grüße, 日本, 🙂", "grüße, 日本, 🙂"},
      {bad, bad},
      {"\xFF", bad},
      {"caf\xE9", "caf" + bad},
      {"caf\xE9 au lait, long enough", "caf" + bad + " au lait, long enough"},
      {"12345678\x80", "12345678" + bad},
      {"\xC3", bad},                      // cut
      {"\xE2\x82", bad + bad},            // cut
      {"\xE2\x82 ", bad + bad + " "},     // the same
      {"\xC0\xAF", bad + bad},            // overlong
      {"\xED\xA0\x80", bad + bad + bad},  // a surrogate
      {"\xF4\x90\x80\x80", bad + bad + bad + bad},
      {"\xFF\xFEü\xFF", bad + bad + "ü" + bad},
  };
  for (const auto& [given, wanted] : cases) {
    INFO(given);
    CHECK(Utf8Text(given).view() == wanted);
  }
  const std::string good = "grüße";
  CHECK(Utf8Text(good).view().data() == good.data());
}

TEST_CASE("expressions match texts that are not UTF-8") {
  CHECK(matches(regex("^caf.$"), std::string_view("caf\xE9")));
  CHECK(matches(regex("^caf[^a-z]"), std::string_view("caf\xE9")));
  CHECK(matches(regex("^.{3}$"), std::string_view("\xE2\x82\xFF")));
  CHECK(matches(regex("^\\x{FFFD}$"), std::string_view("\xFF")));
  CHECK_FALSE(matches(regex("^.$"), std::string_view("\xE2\x82")));
  CHECK_FALSE(matches(regex("é"), std::string_view("caf\xE9")));
  const auto match = find_match(regex("(.+) (x)?"), "\xE9t\xE9 ");
  REQUIRE(match);
  CHECK(match->at(1) == "\xEF\xBF\xBDt\xEF\xBF\xBD");
  CHECK_FALSE(match->at(2).has_value());
}

TEST_CASE("bodies, headers, records and conversations are matched so, and labels are UTF-8") {
  Engine engine;
  ScriptedServer server(answers("HTTP/1.1 200 OK\r\nX-Name: caf\xE9\r\nContent-Length: 6\r\n\r\n<caf\xE9>"));
  config::HttpModule http;
  http.fail_if_body_not_matches_regexp = {regex("^<caf.>$")};
  http.fail_if_header_not_matches = {{.header = "X-Name", .regexp = regex("^caf.$")}};
  CHECK(told(run_probe(engine, http, server.url()).outcome) == "none: ");
  http.fail_if_body_matches_regexp = {regex("f.>")};
  CHECK(run_probe(engine, http, server.url()).outcome.reason == Reason::body_mismatch);

  DnsMessage answer;
  answer.answers.push_back({.text = "a.test.\t1\tIN\tTXT\t\"caf\xE9\""});
  config::DnsModule dns;
  dns.answer.fail_if_not_matches_regexp = {regex("caf.\"$")};
  CHECK(told(judge_answer(answer, dns, "query")) == "none: ");

  ScriptedServer greeter([](Peer& peer) { peer.send("SSH-caf\xE9\n"); });
  config::Module tcp;
  tcp.prober = config::Prober::tcp;
  config::QueryResponse turn;
  turn.expect = regex("^SSH-(.*)$");
  turn.labels = {{"name", "${1}"}};
  tcp.tcp.query_response = {turn};
  const ProbeResult result = run_probe(engine, tcp, "127.0.0.1:" + std::to_string(greeter.port()));
  CHECK(told(result.outcome) == "none: ");
  CHECK(std::get<StreamFacts>(result.facts).expect_labels ==
        std::vector<std::pair<std::string, std::string>>{{"name", "caf\xEF\xBF\xBD"}});
}

}  // namespace
}  // namespace nines::probes::test
