#include <string>
#include <thread>
#include <utility>

#include <catch2/catch.hpp>

#include "probes/http/url.hpp"
#include "tests/probes/certificates.hpp"
#include "tests/probes/running.hpp"
#include "tests/probes/scripted_server.hpp"

using namespace std::chrono_literals;

namespace nines::probes::test {
namespace {

using Catch::Contains;

// Answers by path: "/to/STATUS/TARGET" redirects.
struct Redirector {
  Recorder recorder;
  ScriptedServer server{[this](Peer& peer) {
    const std::string request = peer.read_request();
    recorder.keep(request);
    const auto path_at = request.find(' ') + 1;
    const std::string path = request.substr(path_at, request.find(' ', path_at) - path_at);
    if (!path.starts_with("/to/")) return peer.send(ok("landed on " + path));
    peer.send("HTTP/1.1 " + path.substr(4, 3) + " Moved\r\nContent-Length: 3\r\nLocation: " + path.substr(8) +
              "\r\n\r\nbye");
  }};
};

TEST_CASE("redirects are followed and the last answer is given") {
  Engine engine;
  Redirector there;
  const HttpExchange answer = run(engine, there.server.url("/to/301//to/302//end?x=1"));
  CHECK(told(answer.outcome) == "none: ");
  CHECK(answer.redirects == 2);
  CHECK(answer.status == 200);
  CHECK(answer.body == "landed on /end?x=1");
  CHECK(there.recorder.requests().size() == 3);
}

TEST_CASE("the phases are the sum over the hops") {
  Engine engine;
  const auto slow = [](std::string answer) {
    return [answer = std::move(answer)](Peer& peer) {
      peer.read_request();
      std::this_thread::sleep_for(40ms);
      peer.send(answer);
    };
  };
  ScriptedServer last(slow(ok("landed")));
  ScriptedServer first(slow("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + last.url() + "\r\n\r\n"));
  const HttpExchange answer = run(engine, first.url());
  CHECK(told(answer.outcome) == "none: ");
  CHECK(answer.redirects == 1);
  CHECK(answer.phases.processing >= 80ms);
  CHECK(answer.phases.total() <= answer.duration);
}

TEST_CASE("a redirect keeps or changes the method as its status says") {
  Engine engine;
  struct Case {
    int status;
    const char* method;
    const char* then;
  };
  for (const auto& [status, method, then] :
       {Case{301, "POST", "GET"}, Case{302, "POST", "GET"}, Case{303, "PUT", "GET"}, Case{307, "POST", "POST"},
        Case{308, "PUT", "PUT"}, Case{302, "GET", "GET"}, Case{301, "DELETE", "GET"}, Case{307, "GET", "GET"}}) {
    Redirector there;
    HttpRequest request;
    request.url = there.server.url("/to/" + std::to_string(status) + "//end");
    request.method = method;
    request.body = "payload";
    CHECK(told(run(engine, request).outcome) == "none: ");
    const auto requests = there.recorder.requests();
    REQUIRE(requests.size() == 2);
    INFO(status << " " << method);
    CHECK_THAT(requests[1], Catch::StartsWith(std::string(then) + " /end "));
    CHECK((requests[1].find("payload") != std::string::npos) == (status >= 307));
  }
}

TEST_CASE("credentials stay with the origin they were given for") {
  Engine engine;
  Redirector first;
  Redirector second;
  HttpRequest request;
  request.headers = {{"Cookie", "session=1"}, {"X-Api-Key", "k3y"}, {"X-Auth-Token", "t0ken"},
                     {"X-Tenant", "t3nant"},  {"X-Plain", "kept"},  {"Host", "virtual.example"}};
  request.secret_headers = {"x-tenant"};
  request.authorization.emplace("Bearer", Secret("s3cret"));
  request.url = first.server.url("/to/302//same");
  CHECK(told(run(engine, request).outcome) == "none: ");
  CHECK_THAT(first.recorder.requests().back(), Contains("Authorization: Bearer s3cret") && Contains("session=1"));
  CHECK_THAT(first.recorder.requests().back(), Contains("k3y") && Contains("t0ken") && Contains("t3nant"));

  request.url = first.server.url("/to/307/" + second.server.url("/to/307/" + first.server.url("/back")));
  CHECK(told(run(engine, request).outcome) == "none: ");
  REQUIRE(second.recorder.requests().size() == 1);
  for (const std::string& sent : {second.recorder.requests()[0], first.recorder.requests().back()}) {
    CHECK_THAT(sent, !Contains("s3cret") && !Contains("session=1") && !Contains("virtual.example"));
    CHECK_THAT(sent, !Contains("k3y") && !Contains("t0ken") && !Contains("t3nant"));
    CHECK_THAT(sent, Contains("X-Plain: kept"));
  }
}

TEST_CASE("a header whose value a module has from a secret or a file stays with its origin, whatever its name") {
  Engine engine;
  Redirector first;
  Redirector second;
  config::HttpModule module;
  module.client.headers = {{"X-Tenant", "t3nant"}, {"X-Plain", "kept"}};
  module.client.secret_headers = {"X-Tenant"};
  CHECK(told(run_probe(engine, module, first.server.url("/to/302/" + second.server.url("/"))).outcome) == "none: ");
  CHECK_THAT(first.recorder.requests().at(0), Contains("X-Tenant: t3nant"));
  CHECK_THAT(second.recorder.requests().at(0), !Contains("t3nant") && Contains("X-Plain: kept"));
}

TEST_CASE("https in place of http is the same origin, at the ports of their own") {
  struct Case {
    const char* from;
    const char* to;
    bool secures;
  };
  for (const auto& [from, to, secures] : {Case{"http://h.example/", "https://h.example/x", true},
                                          Case{"http://h.example:80/", "https://H.example:443/", true},
                                          Case{"http://h.example/", "https://www.h.example/", false},
                                          Case{"http://h.example:8080/", "https://h.example/", false},
                                          Case{"http://h.example/", "https://h.example:8443/", false},
                                          Case{"https://h.example/", "http://h.example/", false},
                                          Case{"https://h.example/", "https://h.example/", false}}) {
    INFO(from << " " << to);
    CHECK(Url::parse(to)->secures(*Url::parse(from)) == secures);
  }
}

// Through a proxy the ports of their own need not be this system's.
TEST_CASE("credentials and a body go along when the same host turns to https") {
  const Certificate certificate = make_certificate({.names = "DNS:app.example"});
  const auto context = server_context(certificate);
  Recorder plain;
  Recorder secure;
  ScriptedServer proxy([&](Peer& peer) {
    const std::string request = peer.read_request();
    if (!request.starts_with("CONNECT app.example:443 ")) {
      plain.keep(request);
      return peer.send("HTTP/1.1 308 Moved\r\nContent-Length: 0\r\nLocation: https://app.example/end\r\n\r\n");
    }
    peer.send("HTTP/1.1 200 OK\r\n\r\n");
    peer.start_tls(context.get());
    secure.keep(peer.read_request());
    peer.send(ok("landed"));
  });
  Engine engine;
  HttpRequest request;
  request.method = "POST";
  request.url = "http://app.example/";
  request.body = "payload";
  request.authorization.emplace("Bearer", Secret("s3cret"));
  request.tls.insecure_skip_verify = true;
  request.proxy.url = "http://127.0.0.1:" + std::to_string(proxy.port());
  request.proxy_resolves = true;
  const HttpExchange answer = run(engine, request);
  CHECK(told(answer.outcome) == "none: ");
  CHECK(answer.body == "landed");
  CHECK_THAT(plain.requests().at(0), Contains("Bearer s3cret"));
  CHECK_THAT(secure.requests().at(0),
             Catch::StartsWith("POST /end ") && Contains("Bearer s3cret") && Contains("payload"));
}

TEST_CASE("a body stays with the origin it was given for") {
  Engine engine;
  Redirector first;
  Redirector second;
  HttpRequest request;
  request.method = "POST";
  request.body = "payload";
  request.url = first.server.url("/to/307/" + second.server.url("/end?token=1"));
  CHECK(
      told(run(engine, request).outcome) ==
      "redirect_refused: " + first.server.url("/to/307/") + second.server.url("/end") + " redirects to " +
          second.server.url("/end") +
          ", which would send the request body to another origin; expected an answer or a redirect within the origin");
  CHECK(second.server.connections() == 0);

  request.url = first.server.url("/to/302/" + second.server.url("/end"));  // turns to GET
  CHECK(told(run(engine, request).outcome) == "none: ");
  CHECK_THAT(second.recorder.requests().back(), Catch::StartsWith("GET /end ") && !Contains("payload"));
}

TEST_CASE("redirects without end, to other schemes or to nowhere are told") {
  Engine engine;
  ScriptedServer loop(answers("HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n"));
  CHECK(told(run(engine, loop.url()).outcome) ==
        "redirect_limit: more than 10 redirects, the last from " + loop.url("/again") + "; expected an answer");
  CHECK(loop.connections() == 11);
  ScriptedServer file(answers("HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n"));
  CHECK(told(run(engine, file.url()).outcome) ==
        "redirect_refused: " + file.url() +
            " redirects to a place that is not followed: `file:///etc/passwd` is not a " +
            "usable URL: expected http:// or https:// and a host");
  ScriptedServer nowhere(answers("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"));
  const HttpExchange answer = run(engine, nowhere.url());
  CHECK(told(answer.outcome) == "none: ");
  CHECK(answer.status == 302);
}

TEST_CASE("a sentence shows no query, user or password of a URL") {
  Engine engine;
  const auto redirecting = [](const std::string& to) {
    return answers("HTTP/1.1 302 Found\r\nLocation: " + to + "\r\nContent-Length: 0\r\n\r\n");
  };
  ScriptedServer loop(redirecting("/again?token=s3cret"));
  CHECK(told(run(engine, loop.url("/?token=s3cret")).outcome) ==
        "redirect_limit: more than 10 redirects, the last from " + loop.url("/again") + "; expected an answer");
  ScriptedServer away(redirecting("ftp://ann:s3cret@h/x?token=s3cret"));
  CHECK(told(run(engine, away.url("/?token=s3cret")).outcome) ==
        "redirect_refused: " + away.url() + " redirects to a place that is not followed: `ftp://h/x` is not a usable " +
            "URL: expected http:// or https:// and a host");
  for (const char* url : {"http://ann:s3cret@/x", "http://ann:s3/cret@h/", "http://ann:s3?cret@h/?token=s3cret",
                          "ann:s3cret@h", "http://h h/?token=s3cret"}) {
    INFO(url);
    const HttpExchange answer = run(engine, url);
    CHECK(answer.outcome.reason == Reason::http_malformed);
    CHECK_THAT(answer.outcome.message + answer.final_url, !Contains("s3") && !Contains("cret"));
  }
}

TEST_CASE("a failed hop after a redirect shows nothing of the hop before") {
  Engine engine;
  ScriptedServer silent([](Peer& peer) { peer.read_request(); });
  ScriptedServer first(answers("HTTP/1.1 302 Found\r\nLocation: " + silent.url() + "\r\nX-Old: 1\r\n\r\n"));
  const HttpExchange answer = run(engine, first.url());
  CHECK(answer.outcome.reason == Reason::http_empty);
  CHECK(answer.status == 0);
  CHECK(answer.headers.empty());
  CHECK(answer.final_url == silent.url());
  CHECK(answer.redirects == 1);
}

}  // namespace
}  // namespace nines::probes::test
