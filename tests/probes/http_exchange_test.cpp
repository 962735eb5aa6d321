#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "probes/async/scope.hpp"
#include "tests/probes/packing.hpp"
#include "tests/probes/running.hpp"
#include "tests/probes/scripted_server.hpp"

using namespace std::chrono_literals;

namespace nines::probes::test {
namespace {

using Catch::Contains;
using Catch::Equals;

TEST_CASE("an answer is given as it came, with where it came from") {
  Engine engine;
  ScriptedServer server(answers("HTTP/1.1 503 No\r\nX-One: 1\r\nx-two:  two \r\nContent-Length: 4\r\n\r\ndown"));
  const HttpExchange answer = run(engine, server.url("/health?a=b"));
  CHECK(told(answer.outcome) == "none: ");
  CHECK(answer.status == 503);
  CHECK(answer.version == "1.1");
  CHECK(answer.body == "down");
  CHECK(answer.content_length == 4);
  CHECK(answer.final_url == server.url("/health?a=b"));
  REQUIRE(answer.header("X-ONE") != nullptr);
  CHECK(*answer.header("X-ONE") == "1");
  CHECK(*answer.header("x-two") == "two");
  CHECK(answer.header("x-three") == nullptr);
  CHECK(answer.address == "127.0.0.1:" + std::to_string(server.port()));
  CHECK(answer.ip->family == 4);
  CHECK_FALSE(answer.tls);
  REQUIRE(answer.addresses.size() == 1);
  CHECK(answer.addresses[0].error.empty());
  CHECK(answer.phases.total() <= answer.duration);
  CHECK(answer.phases.tls == Micros(0));
}

TEST_CASE("an IPv6 literal is probed") {
  Engine engine;
  ScriptedServer server(answers(ok("six")), "::1");
  const HttpExchange answer = run(engine, server.url());
  CHECK(told(answer.outcome) == "none: ");
  CHECK(answer.ip->family == 6);
  CHECK(answer.address == "[::1]:" + std::to_string(server.port()));
}

TEST_CASE("the request carries our name, the trace and what it was given, and nothing of curl's making") {
  Engine engine;
  Recorder recorder;
  ScriptedServer server(recorder.answers(ok("")));
  HttpRequest request;
  request.url = server.url("/path");
  request.method = "POST";
  request.body = R"({"a":1})";
  request.headers = {{"Content-Type", "application/json"}, {"X-Empty", ""}, {"Host", "api.example.com"}};
  request.trace = {.trace_id = "0af7651916cd43dd8448eb211c80319c", .correlation_id = "corr-1"};
  REQUIRE(told(run(engine, request).outcome) == "none: ");
  REQUIRE(recorder.requests().size() == 1);
  const std::string sent = recorder.requests()[0];
  CHECK_THAT(sent, Catch::StartsWith("POST /path HTTP/1.1\r\n"));
  CHECK_THAT(sent, Contains("\r\nHost: api.example.com\r\n"));
  CHECK_THAT(sent, Contains("\r\nUser-Agent: nines/"));
  CHECK_THAT(sent, Contains("\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-"));
  CHECK_THAT(sent, Contains("\r\nX-Correlation-ID: corr-1\r\n"));
  CHECK_THAT(sent, Contains("\r\nContent-Type: application/json\r\n"));
  CHECK_THAT(sent, Contains("\r\nX-Empty:\r\n"));
  CHECK_THAT(sent, Catch::EndsWith("\r\n\r\n{\"a\":1}"));
  CHECK_THAT(sent, !Contains("Expect"));
}

TEST_CASE("a method, body or header of one's own replaces the default") {
  Engine engine;
  Recorder recorder;
  ScriptedServer server(recorder.answers(ok("")));
  HttpRequest request;
  request.url = server.url();
  request.headers = {{"User-Agent", "mine"}};
  for (const char* method : {"DELETE", "PUT", "OPTIONS", "POST"}) {
    request.method = method;
    CHECK(told(run(engine, request).outcome) == "none: ");
    const std::string sent = recorder.requests().back();
    CHECK_THAT(sent, Catch::StartsWith(std::string(method) + " / HTTP/1.1\r\n"));
    CHECK_THAT(sent, Contains("User-Agent: mine") && !Contains("nines/") && !Contains("Content-Type"));
  }
  request.method = "HEAD";
  ScriptedServer head(answers("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"));
  request.url = head.url();
  const HttpExchange answer = run(engine, request);
  CHECK(told(answer.outcome) == "none: ");
  CHECK(answer.content_length == 1000);
  CHECK(answer.body.empty());
}

TEST_CASE("each way an answer can be wrong has its reason and sentence") {
  struct Case {
    const char* name;
    ScriptedServer::Script script;
    Reason reason;
    const char* sentence;  // after "GET URL from ADDRESS: "
    const char* compression = "";
  };
  const std::vector<Case> cases = {
      {"closed at once", [](Peer& peer) { peer.read_request(); }, Reason::http_empty,
       "the connection was closed without an answer; expected an HTTP answer"},
      {"reset",
       [](Peer& peer) {
         peer.read_request();
         peer.reset();
       },
       Reason::http_reset, "the connection was cut (Recv failure: Connection reset by peer); expected a whole answer"},
      {"half the headers", answers("HTTP/1.1 200 OK\r\nContent-Type: te"), Reason::http_truncated,
       "the connection was closed within the headers; expected a whole answer"},
      {"half the body", answers("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), Reason::http_truncated,
       "the body ended after 4 of 100 bytes; expected all of it"},
      {"not HTTP", answers("SSH-2.0-OpenSSH_9.2\r\n"), Reason::http_malformed,
       "the answer is not HTTP (Received HTTP/0.9 when not allowed); expected a well-formed answer"},
      {"a bad status", answers("HTTP/1.1 OK\r\n\r\n"), Reason::http_malformed, nullptr},
      {"two lengths", answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"),
       Reason::http_malformed, "two different Content-Length headers, 2 and 3; expected a well-formed HTTP answer"},
      {"endless headers",
       [](Peer& peer) {
         peer.read_request();
         peer.send("HTTP/1.1 200 OK\r\n");
         while (!peer.gone()) peer.send("X-More: of the same, again and again\r\n");
       },
       Reason::header_too_large, "more than 64 KB of headers; expected less"},
      {"an endless header line",
       [](Peer& peer) {
         peer.read_request();
         peer.send("HTTP/1.1 200 OK\r\nX-Long: ");
         while (!peer.gone()) peer.send(std::string(4096, 'x'));
       },
       Reason::header_too_large, "a header line over 100 KB; expected less"},
      {"endless interim answers",
       [](Peer& peer) {
         peer.read_request();
         while (!peer.gone()) peer.send("HTTP/1.1 102 Processing\r\n\r\n");
       },
       Reason::header_too_large, "more than 64 KB of headers; expected less"},
      {"an endless body",
       [](Peer& peer) {
         peer.read_request();
         peer.send("HTTP/1.1 200 OK\r\n\r\n");
         while (!peer.gone()) peer.send(std::string(4096, 'x'));
       },
       Reason::body_too_large, "more than 100000 bytes of body; expected at most that"},
      {"a compression bomb", answers(ok(gzip(std::string(8'000'000, 'x')), "Content-Encoding: gzip\r\n")),
       Reason::body_too_large, "more than 100000 bytes of body; expected at most that", "gzip"},
      {"not the encoding it says", answers(ok("this is not gzip at all", "Content-Encoding: gzip\r\n")),
       Reason::http_encoding, "the body is not gzip; expected it to be, as `compression` says", "gzip"},
      {"a length that is no number", answers("HTTP/1.1 200 OK\r\nContent-Length: 3 or so\r\n\r\nabc"),
       Reason::http_malformed, "the Content-Length is `3 or so`; expected a well-formed HTTP answer"},
      {"a length beyond 64 bits", answers("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nabc"),
       Reason::http_malformed, "the Content-Length is `99999999999999999999`; expected a well-formed HTTP answer"},
      {"a bad chunk", answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), Reason::http_malformed,
       "Illegal or missing hexadecimal sequence in chunked-encoding; expected a well-formed body"},
      {"an unknown transfer encoding",
       answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: knotted\r\nContent-Encoding: gzip\r\n\r\nabc"),
       Reason::http_malformed,
       "the body is not encoded as its Transfer-Encoding `knotted` says; expected it to decode"},
  };
  Engine engine;
  for (const Case& c : cases) {
    INFO(c.name);
    ScriptedServer server(c.script);
    HttpRequest request;
    request.url = server.url("/x?token=1");
    request.max_body_bytes = 100'000;
    request.compression = c.compression;
    const HttpExchange answer = run(engine, request);
    CHECK(reason_name(answer.outcome.reason) == reason_name(c.reason));
    if (c.sentence != nullptr) {
      CHECK(answer.outcome.message == "GET " + server.url("/x") + " from " + answer.address + ": " + c.sentence);
    } else {
      CHECK_FALSE(answer.outcome.message.empty());
    }
    CHECK(answer.body.size() <= 100'000);
  }
}

// The frame of a type (RFC 9113, 4.1) that a client's HTTP/2 connection has sent, after its preface of 24 bytes.
bool has_frame(const std::string& sent, unsigned char type) {
  const auto byte = [&](std::size_t at) { return static_cast<std::size_t>(static_cast<unsigned char>(sent[at])); };
  for (std::size_t at = 24; at + 9 <= sent.size(); at += 9 + (byte(at) << 16) + (byte(at + 1) << 8) + byte(at + 2)) {
    if (byte(at + 3) == type) return true;
  }
  return false;
}

TEST_CASE("a server that refuses every HTTP/2 stream is at fault, not the agent") {
  Engine engine;
  ScriptedServer server([](Peer& peer) {
    using namespace std::string_literals;
    constexpr unsigned char kHeaders = 1;
    std::string sent;
    while (!has_frame(sent, kHeaders)) {
      const std::string more = peer.read_some();
      if (more.empty()) return;
      sent += more;
    }
    const std::string settings = "\0\0\0\4\0\0\0\0\0"s;
    const std::string refused_stream = "\0\0\4\3\0\0\0\0\1\0\0\0\7"s;
    peer.send(settings + refused_stream);
    peer.wait_for_close();
  });
  HttpRequest request;
  request.url = server.url("/x");
  request.http_versions = {"HTTP/2.0"};
  const HttpExchange answer = run(engine, request);
  CHECK(told(answer.outcome) == "http_reset: GET " + server.url("/x") + " from " + answer.address +
                                    ": the request was refused or the connection lost; expected an answer");
}

// A frame on stream 1 (RFC 9113, 4.1).
std::string frame(char type, char flags, const std::string& payload) {
  const auto byte = [&](int shift) { return static_cast<char>(payload.size() >> shift); };
  return std::string{byte(16), byte(8), byte(0), type, flags, 0, 0, 0, type == 7 ? '\0' : '\1'} + payload;
}

// A field without indexing (RFC 7541, 6.2.2) whose value has `size` bytes, 127 to 16,510.
std::string long_field(std::size_t size) {
  const std::size_t rest = size - 127;
  return std::string("\0\1x\x7f", 4) + static_cast<char>(rest % 128 + 128) + static_cast<char>(rest / 128) +
         std::string(size, 'y');
}

TEST_CASE("each way an HTTP/2 answer can be wrong has its reason and sentence") {
  using namespace std::string_literals;
  const std::string settings = "\0\0\0\4\0\0\0\0\0"s;
  const std::string begun = frame(1, 4, "\x88"s);  // :status: 200
  const auto with_headers = [&](int frames, int fields) {
    std::string out = settings + frame(1, 0, "\x88"s);
    for (int i = 1; i <= frames; ++i) {
      std::string block;
      for (int k = 0; k < fields; ++k) block += long_field(4000);
      out += frame(9, i == frames ? 4 : 0, block);
    }
    return out;
  };
  struct Case {
    const char* name;
    std::string answer;
    Reason reason;
    const char* words;
  };
  const std::vector<Case> cases = {
      {"closed at once", "", Reason::http_empty,
       "the connection was closed without an answer; expected an HTTP answer"},
      {"closed after settings", settings, Reason::http_empty,
       "the connection was closed without an answer; expected an HTTP answer"},
      {"HTTP/1", ok("fine"), Reason::http_malformed, "what came is no HTTP/2 answer"},
      {"garbage", std::string(100, 'x'), Reason::http_malformed, "what came is no HTTP/2 answer"},
      {"broken HPACK", settings + frame(1, 5, std::string(5, '\xff')), Reason::http_malformed,
       "what came is no HTTP/2 answer"},
      {"GOAWAY", settings + frame(7, 0, "\0\0\0\0\0\0\0\xb"s), Reason::http_reset,
       "the server ended the HTTP/2 connection; expected a whole answer"},
      {"GOAWAY within", settings + begun + frame(7, 0, "\0\0\0\0\0\0\0\2"s), Reason::http_reset,
       "the server ended the HTTP/2 connection"},
      {"RST_STREAM", settings + frame(3, 0, "\0\0\0\2"s), Reason::http_reset,
       "the connection was cut (HTTP/2 stream 1"},
      {"headers over our limit", with_headers(6, 4), Reason::header_too_large,
       "more than 64 KB of headers; expected less"},
      {"headers over libcurl's", with_headers(8, 4), Reason::header_too_large, "headers; expected less"},
      {"very many headers", with_headers(40, 4), Reason::header_too_large, "too many headers; expected less"},
      {"very many frames", with_headers(40, 1), Reason::header_too_large, "too many headers; expected less"},
      {"a body that is cut", settings + begun + frame(0, 0, "abc"), Reason::http_truncated,
       "the body ended with the connection, after 3 bytes; expected all of it"},
  };
  Engine engine;
  for (const Case& c : cases) {
    INFO(c.name);
    ScriptedServer server([&](Peer& peer) {
      std::string sent;
      while (!has_frame(sent, 1)) {
        const std::string more = peer.read_some();
        if (more.empty()) return;
        sent += more;
      }
      peer.send(c.answer);
      if (c.reason != Reason::http_reset) peer.finish();
      peer.wait_for_close();
    });
    HttpRequest request;
    request.url = server.url("/x");
    request.http_versions = {"HTTP/2.0"};
    const HttpExchange answer = run(engine, request);
    CHECK(reason_name(answer.outcome.reason) == reason_name(c.reason));
    CHECK_THAT(answer.outcome.message, Contains(c.words) && !Contains("()"));
  }
}

TEST_CASE("a body of exactly the limit is complete, and a longer one is too large") {
  Engine engine;
  ScriptedServer server(answers(ok("0123456789")));
  HttpRequest request;
  request.url = server.url();
  request.max_body_bytes = 10;
  CHECK(told(run(engine, request).outcome) == "none: ");
  request.max_body_bytes = 9;
  CHECK(run(engine, request).outcome.reason == Reason::body_too_large);
}

TEST_CASE("compressed bodies are decoded when compression was asked for, and only then") {
  Engine engine;
  Recorder recorder;
  const std::string packed = gzip("plain text");
  ScriptedServer server(recorder.answers(ok(packed, "Content-Encoding: gzip\r\n")));
  HttpRequest request;
  request.url = server.url();
  CHECK(run(engine, request).body == packed);
  CHECK_THAT(recorder.requests().back(), !Contains("Accept-Encoding"));
  request.compression = "gzip";
  CHECK(run(engine, request).body == "plain text");
  CHECK_THAT(recorder.requests().back(), Contains("Accept-Encoding: gzip\r\n"));
}

TEST_CASE("interim answers are passed over and trailers are kept apart") {
  Engine engine;
  ScriptedServer server(
      answers("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
              "3\r\nabc\r\n0\r\nX-Checksum: 9\r\n\r\n"));
  const HttpExchange answer = run(engine, server.url());
  CHECK(told(answer.outcome) == "none: ");
  CHECK(answer.status == 200);
  CHECK(answer.body == "abc");
  CHECK(answer.header("link") == nullptr);
  CHECK(answer.trailers == Headers{{"X-Checksum", "9"}});
}

TEST_CASE("101 ends the exchange instead of hanging") {
  Engine engine;
  ScriptedServer server([](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    peer.wait_for_close();
  });
  const HttpExchange answer = run(engine, server.url());
  CHECK(told(answer.outcome) == "none: ");
  CHECK(answer.status == 101);
}

TEST_CASE("a refused connection names the address") {
  Engine engine;
  int port = 0;
  {
    const ScriptedServer gone(answers(""));
    port = gone.port();
  }
  const std::string at = "127.0.0.1:" + std::to_string(port);
  const HttpExchange answer = run(engine, "http://" + at + "/");
  CHECK(told(answer.outcome) ==
        "connect_refused: connect to " + at + " (127.0.0.1): connection refused; expected an HTTP answer");
  CHECK(answer.status == 0);
  CHECK(answer.address.empty());
}

TEST_CASE("a time-out says how far it came") {
  Engine engine;
  struct Case {
    const char* sent;
    std::string got;
  };
  for (const auto& [sent, got] : {
           Case{"", "waited for the first byte"},
           Case{"HTTP/1.1 200 OK\r\nX-", "got status 200 and a part of the headers"},
           Case{"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "got status 200 and 3 bytes of body of 10"},
       }) {
    ScriptedServer server([text = std::string(sent)](Peer& peer) {
      peer.read_request();
      peer.send(text);
      peer.wait_for_close();
    });
    const HttpExchange answer = run(engine, server.url(), 200ms);
    CHECK(told(answer.outcome) ==
          "http_timeout: no complete answer within 200ms: connected to " + answer.address + ", " + got);
    CHECK(answer.duration >= 200ms);
    CHECK(answer.phases.processing + answer.phases.transfer <= answer.duration);
  }
}

TEST_CASE("a server that takes the connection but never speaks TLS gives tls_timeout") {
  Engine engine;
  ScriptedServer server([](Peer& peer) { peer.wait_for_close(); });
  HttpRequest request;
  request.url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
  request.tls.insecure_skip_verify = true;
  const HttpExchange answer = run(engine, request, 200ms);
  CHECK(told(answer.outcome) ==
        "tls_timeout: TLS with 127.0.0.1 at " + answer.address + ": no complete handshake within 200ms");
}

TEST_CASE("a shutdown is told apart from a time-out") {
  Engine engine;
  StopSource agent;
  ScriptedServer server([&](Peer& peer) {
    peer.read_request();
    engine.loop().post([&] { agent.request_stop(); });
    peer.wait_for_close();
  });
  HttpRequest request;
  request.url = server.url();
  const HttpExchange answer = engine.loop().run(exchange(engine, request, agent.stop()));
  CHECK(told(answer.outcome) == "agent_shutdown: ended before an answer came: the agent stops");
}

TEST_CASE("what could smuggle in a second request is refused before anything is sent") {
  Engine engine;
  ScriptedServer server(answers(ok("")));
  const auto refused = [&](auto change) {
    HttpRequest request;
    request.url = server.url();
    change(request);
    return told(run(engine, request).outcome);
  };
  CHECK(refused([](HttpRequest& r) { r.method = "GET / HTTP/1.1\r\nX: y"; }) ==
        R"(http_malformed: `GET / HTTP/1.1\r\nX: y` is not a method; nothing was sent)");
  CHECK(refused([](HttpRequest& r) { r.headers = {{"X", "a\r\nEvil: 1"}}; }) ==
        "http_malformed: the value of header X has control characters; nothing was sent");
  CHECK(refused([](HttpRequest& r) { r.headers = {{"X: y\r\nZ", "a"}}; }) ==
        R"(http_malformed: `X: y\r\nZ` is not a header name; nothing was sent)");
  CHECK(refused([](HttpRequest& r) { r.authorization.emplace("Bearer", Secret("a\nb")); }) ==
        "http_malformed: the authorization has control characters; nothing was sent");
  for (const char* url : {"ftp://example.com/", "http:///x", "http://", "example.com", "http://a b/", "http://h/\r\nX",
                          "file:///etc/passwd", ""}) {
    CHECK_THAT(refused([&](HttpRequest& r) { r.url = url; }),
               Catch::StartsWith("http_malformed: ") && Contains("is not a usable URL: expected http:// or https://"));
  }
  CHECK(server.connections() == 0);
}

TEST_CASE("user and password in the URL are sent as basic authentication and not shown") {
  Engine engine;
  Recorder recorder;
  ScriptedServer server(recorder.answers(ok("")));
  const HttpExchange answer = run(engine, "http://ann:p%40ss@127.0.0.1:" + std::to_string(server.port()) + "/");
  CHECK_THAT(recorder.requests().back(), Contains("Authorization: Basic YW5uOnBAc3M=\r\n"));
  CHECK(answer.final_url == server.url());
}

TEST_CASE("an IPv6 zone is kept") {
  Engine engine;
  Recorder recorder;
  ScriptedServer server(recorder.answers(ok("")), "::1");
  const std::string port = std::to_string(server.port());
  const HttpExchange answer = run(engine, "http://[::1%25lo]:" + port + "/");
  CHECK(told(answer.outcome) == "none: ");
  CHECK(answer.address == "[::1%lo]:" + port);
  CHECK_THAT(recorder.requests().back(), Contains("\r\nHost: [::1]:" + port + "\r\n"));
}

TEST_CASE("two hundred exchanges at once end, some answered, some cut by their deadline, and nothing is left open") {
  std::size_t answered = 0;
  std::size_t timed_out = 0;
  {
    Engine engine;
    ScriptedServer good(answers(ok("yes")));
    auto one = [](Engine* on, std::string url, std::chrono::nanoseconds timeout, std::size_t* yes,
                  std::size_t* late) -> Task<void> {
      DeadlineScope scope(on->loop(), timeout, {});
      HttpRequest request;
      request.url = std::move(url);
      const HttpExchange answer = co_await exchange(*on, std::move(request), scope.stop());
      if (answer.outcome.ok()) ++*yes;
      if (answer.outcome.reason == Reason::http_timeout || answer.outcome.reason == Reason::connect_timeout) ++*late;
    };
    ScriptedServer silent([](Peer& peer) { peer.wait_for_close(); });
    auto all = [&](Engine* on) -> Task<void> {
      Scope scope(on->loop());
      for (int i = 0; i < 100; ++i) {
        scope.spawn(one(on, good.url(), kLong, &answered, &timed_out));
        scope.spawn(one(on, silent.url(), 300ms, &answered, &timed_out));
      }
      co_await scope.join();
    };
    engine.loop().run(all(&engine));
  }
  CHECK(answered == 100);
  CHECK(timed_out == 100);
}

}  // namespace
}  // namespace nines::probes::test
