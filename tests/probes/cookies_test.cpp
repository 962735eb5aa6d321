#include <string>

#include <catch2/catch.hpp>

#include "tests/probes/running.hpp"
#include "tests/probes/scripted_server.hpp"

namespace nines::probes::test {
namespace {

using Catch::Contains;

// "/" sets a cookie and redirects to "/next"; everything else is an answer.
struct Baker {
  std::string set_cookie = "somecookie=cookie; Expires=Wed, 01 Jan 2070 00:00:00 GMT";
  std::string location = "/next";
  Recorder recorder;
  ScriptedServer server{[this](Peer& peer) {
    const std::string request = peer.read_request();
    recorder.keep(request);
    if (!request.starts_with("GET / ")) return peer.send(ok("done"));
    peer.send("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location + "\r\nSet-Cookie: " + set_cookie +
              "\r\n\r\n");
  }};
};

TEST_CASE("a cookie goes with the redirects of its run, and with no other run") {
  Engine engine;
  Baker baker;
  CHECK(told(run(engine, baker.server.url()).outcome) == "none: ");
  CHECK(told(run(engine, baker.server.url("/next")).outcome) == "none: ");
  CHECK(told(run(engine, baker.server.url()).outcome) == "none: ");
  const auto sent = baker.recorder.requests();
  REQUIRE(sent.size() == 5);
  CHECK_THAT(sent[0], !Contains("Cookie:"));
  CHECK_THAT(sent[1], Contains("\r\nCookie: somecookie=cookie\r\n"));
  CHECK_THAT(sent[2], !Contains("Cookie:"));
  CHECK_THAT(sent[3], !Contains("Cookie:"));
  CHECK_THAT(sent[4], Contains("\r\nCookie: somecookie=cookie\r\n"));
}

TEST_CASE("cookies of one's own and those that were set stand in one header") {
  Engine engine;
  Baker baker;
  HttpRequest request;
  request.url = baker.server.url();
  request.headers = {{"Cookie", "mine=1"}};
  CHECK(told(run(engine, request).outcome) == "none: ");
  const std::string sent = baker.recorder.requests().at(1);
  CHECK_THAT(sent, Contains("somecookie=cookie") && Contains("mine=1"));
  CHECK(sent.find("Cookie:") == sent.rfind("Cookie:"));
  CHECK_THAT(baker.recorder.requests().at(0), Contains("\r\nCookie: mine=1\r\n"));
}

TEST_CASE("a cookie stays with its host and its path") {
  Engine engine;
  Recorder recorder;
  ScriptedServer other(recorder.answers(ok("there")), "::1");
  Baker away;
  away.location = other.url("/next");
  CHECK(told(run(engine, away.server.url()).outcome) == "none: ");
  REQUIRE(recorder.requests().size() == 1);
  CHECK_THAT(recorder.requests().at(0), !Contains("Cookie:"));
  for (const char* kept_away : {"a=b; Path=/elsewhere", "a=b; Domain=example.com", "a=b; Max-Age=0"}) {
    INFO(kept_away);
    Baker baker;
    baker.set_cookie = kept_away;
    CHECK(told(run(engine, baker.server.url()).outcome) == "none: ");
    CHECK_THAT(baker.recorder.requests().at(1), !Contains("Cookie:"));
  }
}

}  // namespace
}  // namespace nines::probes::test
