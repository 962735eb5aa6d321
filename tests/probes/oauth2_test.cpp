#include "probes/oauth2.hpp"

#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "probes/async/scope.hpp"
#include "tests/probes/running.hpp"
#include "tests/probes/scripted_server.hpp"

using namespace std::chrono_literals;

namespace nines::probes::test {
namespace {

using Catch::Contains;

std::string json(int status, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) +
         " X\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

config::OAuth2 client_of(const ScriptedServer& tokens) {
  config::OAuth2 config;
  config.client_id = "ann smith";
  config.client_secret = Secret("p@ss:w/rd");
  config.token_url = tokens.url("/token?tenant=1");
  config.scopes = {"read", "write"};
  config.endpoint_params = {{"audience", "https://api.example/"}};
  return config;
}

config::HttpModule module_of(const ScriptedServer& tokens) {
  config::HttpModule module;
  module.client.oauth2 = client_of(tokens);
  return module;
}

const std::string kGood = json(200, R"({"access_token": "t0ken", "token_type": "bearer", "expires_in": 3600})");

TEST_CASE("a token is fetched once and sent with every request") {
  Recorder asked;
  ScriptedServer tokens(asked.answers(kGood));
  Recorder sent;
  ScriptedServer target(sent.answers(ok("yes")));
  Engine engine;
  const auto module = module_of(tokens);
  for (int i = 0; i < 3; ++i) CHECK(told(run_probe(engine, module, target.url()).outcome) == "none: ");
  REQUIRE(asked.requests().size() == 1);
  const std::string request = asked.requests()[0];
  CHECK_THAT(request, Catch::StartsWith("POST /token?tenant=1 HTTP/1.1\r\n"));
  CHECK_THAT(request, Contains("\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
  // "ann+smith:p%40ss%3Aw%2Frd"
  CHECK_THAT(request, Contains("\r\nAuthorization: Basic YW5uK3NtaXRoOnAlNDBzcyUzQXclMkZyZA==\r\n"));
  CHECK_THAT(request,
             Catch::EndsWith("\r\n\r\ngrant_type=client_credentials&scope=read+write&audience=https%3A%2F%2Fapi."
                             "example%2F"));
  REQUIRE(sent.requests().size() == 3);
  for (const std::string& one : sent.requests()) CHECK_THAT(one, Contains("\r\nAuthorization: Bearer t0ken\r\n"));
}

TEST_CASE("a server that takes no Basic is asked once more with the client in the body, and that is remembered") {
  Recorder asked;
  ScriptedServer tokens([&](Peer& peer) {
    const std::string request = peer.read_request();
    asked.keep(request);
    const bool in_body = request.find("client_secret=p%40ss%3Aw%2Frd") != std::string::npos;
    peer.send(in_body ? json(200, R"({"access_token": "t0ken", "expires_in": "5"})")
                      : json(401, R"({"error": "invalid_client"})"));
  });
  ScriptedServer target(answers(ok("yes")));
  Engine engine;
  const auto module = module_of(tokens);
  CHECK(told(run_probe(engine, module, target.url()).outcome) == "none: ");
  REQUIRE(asked.requests().size() == 2);
  CHECK_THAT(asked.requests()[0], Contains("Authorization: Basic"));
  CHECK_THAT(asked.requests()[1], !Contains("Authorization") && Contains("&client_id=ann+smith&client_secret="));
  // It lasts for five seconds, which is less than the margin: the next probe fetches its own.
  CHECK(told(run_probe(engine, module, target.url()).outcome) == "none: ");
  CHECK(asked.requests().size() == 3);
}

TEST_CASE("a token that the target refuses is fetched anew") {
  Recorder asked;
  ScriptedServer tokens(asked.answers(kGood));
  ScriptedServer target(answers("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"));
  Engine engine;
  const auto module = module_of(tokens);
  for (int i = 1; i <= 2; ++i) {
    CHECK(run_probe(engine, module, target.url()).outcome.reason == Reason::http_status);
    CHECK(asked.requests().size() == static_cast<std::size_t>(i));
  }
}

TEST_CASE("probes that want a token at once share one fetch") {
  ScriptedServer tokens([&](Peer& peer) {
    peer.read_request();
    std::this_thread::sleep_for(50ms);
    peer.send(kGood);
  });
  ScriptedServer target(answers(ok("yes")));
  Engine engine;
  const config::OAuth2 config = client_of(tokens);
  int good = 0;
  auto one = [](Engine* on, const config::OAuth2* with, int* count) -> Task<void> {
    const AccessToken token = co_await on->tokens().get(*on, *with, {}, {});
    if (token.outcome.ok() && token.value.reveal() == "t0ken") ++*count;
  };
  auto all = [&](Engine* on) -> Task<void> {
    Scope scope(on->loop());
    for (int i = 0; i < 20; ++i) scope.spawn(one(on, &config, &good));
    co_await scope.join();
  };
  engine.loop().run(all(&engine));
  CHECK(good == 20);
  CHECK(tokens.connections() == 1);
}

TEST_CASE("one that waits for another's fetch has its own deadline, and a fetch that was stopped is made by the next") {
  std::atomic<bool> slow = true;
  ScriptedServer tokens([&](Peer& peer) {
    peer.read_request();
    if (slow.exchange(false)) return peer.wait_for_close();
    peer.send(kGood);
  });
  Engine engine;
  const config::OAuth2 config = client_of(tokens);
  auto one = [](Engine* on, const config::OAuth2* with, std::chrono::nanoseconds time, AccessToken* out) -> Task<void> {
    DeadlineScope deadline(on->loop(), time, {});
    *out = co_await on->tokens().get(*on, *with, {}, deadline.stop());
  };
  AccessToken fetching;
  AccessToken hasty;
  AccessToken patient;
  auto all = [&](Engine* on) -> Task<void> {
    Scope scope(on->loop());
    scope.spawn(one(on, &config, 200ms, &fetching));
    scope.spawn(one(on, &config, 50ms, &hasty));
    scope.spawn(one(on, &config, kLong, &patient));
    co_await scope.join();
  };
  engine.loop().run(all(&engine));
  CHECK(fetching.outcome.reason == Reason::oauth2_token);
  CHECK(told(hasty.outcome) ==
        "oauth2_token: no access token from " + tokens.url("/token") + " within 50ms; expected one");
  CHECK(told(patient.outcome) == "none: ");
}

TEST_CASE("each way to get no token is told, without a secret") {
  struct Case {
    std::string answer;
    std::string told;
  };
  const std::vector<Case> cases = {
      {json(500, "oops"), "answered 500; expected 200"},
      {json(400, R"({"error": "invalid_scope"})"), "answered 400 (invalid_scope); expected 200"},
      {json(403, R"({"error": "p@ss:w/rd"})"), "answered 403; expected 200"},
      {json(200, "<html>"), "the answer is no JSON object; expected one with access_token"},
      {json(200, "{}"), "the answer has no access_token; expected one"},
      {json(200, R"({"access_token": 7})"), "the answer has no access_token; expected one"},
      {json(200, R"({"access_token": "t", "token_type": "Bearer:x"})"),
       "the token_type is no word that a header can carry; expected one such as Bearer"},
      {json(200, R"({"access_token": "a\r\nEvil: 1"})"),
       "the token has characters that no header can carry; expected printable ones"},
  };
  ScriptedServer target(answers(ok("yes")));
  for (const Case& c : cases) {
    ScriptedServer tokens(answers(c.answer));
    Engine engine;
    const ProbeResult result = run_probe(engine, module_of(tokens), target.url());
    CHECK(told(result.outcome) == "oauth2_token: no access token from " + tokens.url("/token") + ": " + c.told);
    CHECK(result.status == 0);
    CHECK(result.ip_family == 4);
  }
  CHECK(target.connections() == 0);
  ScriptedServer huge(answers(json(200, R"({"access_token": ")" + std::string(70'000, 'x') + "\"}")));
  Engine engine;
  CHECK_THAT(told(run_probe(engine, module_of(huge), target.url()).outcome),
             Contains("oauth2_token: ") && Contains("more than 65536 bytes of body"));
}

TEST_CASE("how long a token lasts may be any number") {
  struct Case {
    const char* lasts;
    int fetches;  // for two probes
  };
  for (const auto& [lasts, fetches] : {Case{"1e300", 1}, Case{"18446744073709551615", 1}, Case{"3600.5", 1},
                                       Case{"-1e300", 2}, Case{"-7", 2}, Case{"\"never\"", 1}}) {
    INFO(lasts);
    ScriptedServer tokens(answers(json(200, R"({"access_token": "t0ken", "expires_in": )" + std::string(lasts) + "}")));
    ScriptedServer target(answers(ok("yes")));
    Engine engine;
    for (int i = 0; i < 2; ++i) {
      CHECK(told(run_probe(engine, module_of(tokens), target.url()).outcome) == "none: ");
    }
    CHECK(tokens.connections() == fetches);
  }
}

TEST_CASE("user and password of the token's URL are neither told nor logged") {
  ScriptedServer target(answers(ok("yes")));
  ScriptedServer tokens(answers(json(500, "oops")));
  ScriptedServer silent([](Peer& peer) { peer.wait_for_close(); });
  const auto url_of = [](const ScriptedServer& server) {
    return "http://ann:s3cret@127.0.0.1:" + std::to_string(server.port()) + "/token?tenant=1";
  };
  for (const std::string& url : {url_of(tokens), url_of(silent), std::string("http://ann:s3/cret@:x/")}) {
    INFO(url);
    Engine engine;
    auto module = std::make_shared<config::Module>();
    module->http = module_of(tokens);
    module->http.client.oauth2->token_url = url;
    ProbeLog log;
    const ProbeResult result =
        run_probe(engine, ProbeRequest{.module = module, .target = target.url(), .log = &log}, 200ms);
    CHECK(result.outcome.reason == Reason::oauth2_token);
    CHECK_THAT(result.outcome.message, !Contains("s3") && !Contains("ann"));
    CHECK_THAT(log.text(), Contains("Fetching an access token") && !Contains("s3") && !Contains("ann"));
  }
}

TEST_CASE("one that waited in vain for another's fetch tells no password of the token's URL") {
  ScriptedServer silent([](Peer& peer) { peer.wait_for_close(); });
  Engine engine;
  config::OAuth2 config = client_of(silent);
  config.token_url = "http://ann:s3cret@127.0.0.1:" + std::to_string(silent.port()) + "/token";
  auto one = [](Engine* on, const config::OAuth2* with, AccessToken* out) -> Task<void> {
    DeadlineScope deadline(on->loop(), 50ms, {});
    *out = co_await on->tokens().get(*on, *with, {}, deadline.stop());
  };
  AccessToken told_of[2];
  auto all = [&](Engine* on) -> Task<void> {
    Scope scope(on->loop());
    for (AccessToken& token : told_of) scope.spawn(one(on, &config, &token));
    co_await scope.join();
  };
  engine.loop().run(all(&engine));
  for (const AccessToken& token : told_of) {
    CHECK(token.outcome.reason == Reason::oauth2_token);
    CHECK_THAT(token.outcome.message, Contains(silent.url("/token")) && !Contains("s3cret"));
  }
}

}  // namespace
}  // namespace nines::probes::test
