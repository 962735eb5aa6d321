// Servers that mean harm. Each probe of one ends in time, with the right reason and within its limits, while a probe of
// a good server on the same loop keeps its schedule.

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "probes/async/event.hpp"
#include "probes/async/scope.hpp"
#include "probes/http/reception.hpp"
#include "tests/probes/packing.hpp"
#include "tests/probes/running.hpp"
#include "tests/probes/scripted_server.hpp"

using namespace std::chrono_literals;

namespace nines::probes::test {
namespace {

std::string filled(std::size_t size) {
  std::string text;
  text.resize(size, 'x');
  return text;
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define NINES_SLOW_BUILD 1
#endif
#endif
#ifdef NINES_SLOW_BUILD
constexpr std::chrono::nanoseconds kSlack = 1s;
constexpr std::chrono::nanoseconds kLate = 1s;
#else
constexpr std::chrono::nanoseconds kSlack = 100ms;
constexpr std::chrono::nanoseconds kLate = 50ms;
#endif

constexpr std::chrono::nanoseconds kTimeout = 300ms;
constexpr std::size_t kLimit = 1'000'000;  // body_size_limit

using Script = ScriptedServer::Script;

// Reads the request, sends `begin`, then `more` for as long as somebody takes it.
Script endless(std::string begin, std::string more) {
  return [begin = std::move(begin), more = std::move(more)](Peer& peer) {
    peer.read_request();
    peer.send(begin);
    while (!peer.gone()) peer.send(more);
  };
}

// One byte at a time, slower than any timeout.
Script trickle(std::string begin, std::string bytes) {
  return [begin = std::move(begin), bytes = std::move(bytes)](Peer& peer) {
    peer.read_request();
    peer.send(begin);
    for (std::size_t i = 0; !peer.gone(); ++i) {
      peer.send(bytes.substr(i % bytes.size(), 1));
      std::this_thread::sleep_for(20ms);
    }
  };
}

Script cut_after(std::string sent) {
  return [sent = std::move(sent)](Peer& peer) {
    peer.read_request();
    peer.send(sent);
    // What was sent is to arrive before the reset does: the kernel would drop it.
    std::this_thread::sleep_for(30ms);
    peer.reset();
  };
}

Script silent_after(std::string sent) {
  return [sent = std::move(sent)](Peer& peer) {
    peer.read_request();
    peer.send(sent);
    peer.wait_for_close();
  };
}

struct Hostile {
  const char* name;
  Script script;
  std::vector<Reason> reasons;  // any of them: what a reset is, the kernel's timing decides
  const char* compression = "";
  bool tls = false;  // the probe speaks TLS, the server what the script says
};

const std::string kHead = "HTTP/1.1 200 OK\r\n";
const std::string kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

std::vector<Hostile> malformed() {
  using enum Reason;
  return {
      {"no status line", answers("\r\n\r\n\r\n\r\n"), {http_malformed}},
      {"a status line without a status", answers("HTTP/1.1\r\n\r\n"), {http_malformed}},
      {"a status of letters", answers("HTTP/1.1 abc OK\r\n\r\n"), {http_malformed}},
      {"a status of two digits", answers("HTTP/1.1 20 OK\r\n\r\n"), {http_malformed}},
      {"a status of five digits", answers("HTTP/1.1 20000 OK\r\n\r\n"), {http_malformed}},
      {"a version from the future", answers("HTTP/7.3 200 OK\r\n\r\n"), {http_malformed}},
      {"HTTP/0.9", answers("<html>hello</html>"), {http_malformed}},
      {"binary", answers(std::string("\x00\x01\x02\x03\xff\xfe\r\n\r\n", 10)), {http_malformed}},
      {"a header without a colon", answers(kHead + "Content-Type text\r\n\r\n"), {http_malformed}},
      {"a header without a name", answers(kHead + ": value\r\n\r\n"), {http_malformed}},
      {"two lengths", answers(kHead + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), {http_malformed}},
      {"a negative length", answers(kHead + "Content-Length: -5\r\n\r\nabc"), {http_malformed}},
      {"a length in words", answers(kHead + "Content-Length: five\r\n\r\nabcde"), {http_malformed}},
      {"a length beyond 64 bits", answers(kHead + "Content-Length: 18446744073709551617\r\n\r\na"), {http_malformed}},
      {"a chunk size in words", answers(kChunked + "some\r\nabcde\r\n0\r\n\r\n"), {http_malformed}},
      {"a negative chunk", answers(kChunked + "-5\r\nabcde\r\n"), {http_malformed}},
      {"a chunk beyond 64 bits", answers(kChunked + "fffffffffffffffff\r\nabc"), {http_malformed, http_truncated}},
      {"a chunk longer than it says", answers(kChunked + "2\r\nabcdef\r\n0\r\n\r\n"), {http_malformed}},
      {"a chunk shorter than it says", answers(kChunked + "9\r\nabc\r\n0\r\n\r\n"), {http_truncated, http_malformed}},
      {"an unknown coding", answers(kHead + "Transfer-Encoding: knotted\r\n\r\nabc"), {http_malformed}},
      {"not gzip", answers(ok("this is plain text")), {http_encoding}, "gzip"},
      {"not deflate", answers(ok("\xff\xff\xff this is plain text")), {http_encoding}, "deflate"},
      {"not brotli", answers(ok("\xff\xff\xff this is plain text")), {http_encoding}, "br"},
      {"half a gzip", answers(ok(gzip(std::string(1000, 'a')).substr(0, 20))), {http_encoding}, "gzip"},
      {"half a brotli", answers(ok(brotli_of("some longer text").substr(0, 8))), {http_encoding}, "br"},
      {"nothing of a gzip", answers(ok("")), {http_encoding}, "gzip"},
      {"not TLS",
       [](Peer& peer) {
         peer.read_some();
         peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
       },
       {tls_unexpected},
       "",
       true},
  };
}

std::vector<Hostile> endless_ones() {
  using enum Reason;
  return {
      {"endless headers", endless(kHead, "X-More: of the same\r\n"), {header_too_large}},
      {"an endless header", endless(kHead + "X-Long: ", std::string(4096, 'x')), {header_too_large}},
      {"an endless status line", endless("HTTP/1.1 200 ", std::string(4096, 'O')), {header_too_large}},
      {"an endless first line of nothing", endless("", std::string(4096, 'x')), {http_malformed, header_too_large}},
      {"endless 100s", endless("", "HTTP/1.1 100 Continue\r\n\r\n"), {header_too_large}},
      {"endless 103s", endless("", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"), {header_too_large}},
      {"an endless body", endless(kHead + "\r\n", std::string(8192, 'x')), {body_too_large}},
      {"endless chunks", endless(kChunked, "400\r\n" + std::string(1024, 'x') + "\r\n"), {body_too_large}},
      {"an endless chunk extension", endless(kChunked + "5;", std::string(4096, 'x')), {http_malformed, http_timeout}},
      {"endless trailers", endless(kChunked + "3\r\nabc\r\n0\r\n", "X-More: of the same\r\n"), {header_too_large}},
      {"a gzip bomb", answers(ok(gzip(filled(20'000'000)))), {body_too_large}, "gzip"},
      {"a deflate bomb", answers(ok(deflate_raw(filled(20'000'000)))), {body_too_large}, "deflate"},
      {"a brotli bomb", answers(ok(brotli_of(filled(20'000'000)))), {body_too_large}, "br"},
      {"redirects to itself",
       answers("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"),
       {redirect_limit}},
      {"redirects with endless bodies",
       endless("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", std::string(8192, 'x')),
       {redirect_limit}},
  };
}

std::vector<Hostile> slow_ones() {
  using enum Reason;
  return {
      {"silence", [](Peer& peer) { peer.wait_for_close(); }, {http_timeout}},
      {"silence after the request", silent_after(""), {http_timeout}},
      {"silence in the status line", silent_after("HTTP/1."), {http_timeout}},
      {"silence in the headers", silent_after(kHead + "X-A: "), {http_timeout}},
      {"silence in the body", silent_after(kHead + "Content-Length: 50\r\n\r\nshort"), {http_timeout}},
      {"silence in a chunk", silent_after(kChunked + "50\r\nshort"), {http_timeout}},
      {"silence in the trailers", silent_after(kChunked + "0\r\nX-A"), {http_timeout}},
      {"silence in a gzip", silent_after(kHead + "\r\n" + gzip("some text").substr(0, 12)), {http_timeout}, "gzip"},
      {"silence in the TLS handshake", [](Peer& peer) { peer.wait_for_close(); }, {tls_timeout}, "", true},
      {"a byte at a time of the status line", trickle("", "HTTP/1.1 200 OK"), {http_timeout, http_malformed}},
      {"a byte at a time of the headers", trickle(kHead + "X-A: ", "abc"), {http_timeout}},
      {"a byte at a time of the body", trickle(kHead + "\r\n", "abc"), {http_timeout}},
      {"a byte at a time of a chunk", trickle(kChunked + "ffff\r\n", "abc"), {http_timeout}},
      {"100s at leisure",
       [](Peer& peer) {
         peer.read_request();
         while (!peer.gone()) {
           peer.send("HTTP/1.1 100 Continue\r\n\r\n");
           std::this_thread::sleep_for(20ms);
         }
       },
       {http_timeout}},
  };
}

std::vector<Hostile> resets() {
  using enum Reason;
  const std::vector<Reason> cut = {http_reset, http_empty, http_truncated};
  return {
      {"reset at once", [](Peer& peer) { peer.reset(); }, {http_reset, http_empty, connect_reset, connect_failure}},
      {"reset after the request", cut_after(""), cut},
      {"reset in the status line", cut_after("HTTP/1."), cut},
      {"reset in the headers", cut_after(kHead + "X-A: "), cut},
      {"reset in the body", cut_after(kHead + "Content-Length: 50\r\n\r\nshort"), cut},
      {"reset in a chunk size", cut_after(kChunked + "5"), cut},
      {"reset in a chunk", cut_after(kChunked + "50\r\nshort"), cut},
      {"reset in the trailers", cut_after(kChunked + "0\r\nX-A: "), cut},
      {"reset in the TLS handshake",
       [](Peer& peer) {
         peer.read_some();
         peer.reset();
       },
       {tls_handshake, connect_reset},
       "",
       true},
      {"closed in the TLS handshake", [](Peer& peer) { peer.read_some(); }, {tls_handshake}, "", true},
      {"closed in the status line", answers("HTTP/1."), {http_malformed, http_truncated, http_empty}},
      {"closed in the headers", answers(kHead + "X-A: 1\r\n"), {http_truncated}},
      {"closed in the body", answers(kHead + "Content-Length: 50\r\n\r\nshort"), {http_truncated}},
      {"closed in a chunk", answers(kChunked + "50\r\nshort"), {http_truncated}},
  };
}

struct Neighbour {
  int failed = 0;
  std::chrono::nanoseconds latest{0};
};

// Twenty probes of a good server, ten milliseconds apart.
Task<void> keep_schedule(Engine* engine, std::string url, Neighbour* out) {
  const std::uint64_t start = Loop::now_ns();
  for (std::uint64_t i = 0; i < 20; ++i) {
    const std::uint64_t due = start + i * 10'000'000;
    co_await sleep_until(engine->loop(), due, {});
    const auto late = std::chrono::nanoseconds(Loop::now_ns() - due);
    // A turn that is late because the one before took longer than its interval is told by that one.
    out->latest = std::max(out->latest, late);
    DeadlineScope deadline(engine->loop(), 5s, {});
    HttpRequest request;
    request.url = url;
    const HttpExchange answer = co_await exchange(*engine, std::move(request), deadline.stop());
    if (!answer.outcome.ok() || answer.body != "fine") ++out->failed;
  }
}

Task<void> probe_hostile(Engine* engine, std::shared_ptr<const config::Module> module, std::string url,
                         ProbeResult* result, std::chrono::nanoseconds* took) {
  const std::uint64_t began = Loop::now_ns();
  DeadlineScope deadline(engine->loop(), kTimeout, {});
  *result = co_await probe(*engine, {.module = std::move(module), .target = std::move(url)}, deadline.stop());
  *took = std::chrono::nanoseconds(Loop::now_ns() - began);
}

void check_each(const std::vector<Hostile>& cases) {
  Engine engine;
  ScriptedServer good(answers(ok("fine")));
  for (const Hostile& c : cases) {
    INFO(c.name);
    ScriptedServer server(c.script);
    auto module = std::make_shared<config::Module>();
    module->http.body_size_limit = kLimit;
    module->http.compression = c.compression;
    module->http.client.tls.insecure_skip_verify = true;
    const std::string url = (c.tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(server.port()) + "/";
    ProbeResult result;
    std::chrono::nanoseconds took{0};
    Neighbour neighbour;
    auto both = [&](Engine* on) -> Task<void> {
      Scope scope(on->loop());
      scope.spawn(keep_schedule(on, good.url(), &neighbour));
      scope.spawn(probe_hostile(on, module, url, &result, &took));
      co_await scope.join();
    };
    engine.loop().run(both(&engine));
    INFO(told(result.outcome));
    CHECK(std::ranges::find(c.reasons, result.outcome.reason) != c.reasons.end());
    CHECK_FALSE(result.outcome.message.empty());
    CHECK(took <= kTimeout + kSlack);
    CHECK(result.body.size() <= kLimit);
    std::size_t headers = 0;
    for (const std::string& header : result.headers) headers += header.size();
    CHECK(headers <= kMaxHeaderBytes);
    CHECK(neighbour.failed == 0);
    CHECK(neighbour.latest <= kLate);
  }
}

TEST_CASE("malformed answers are told as what they are") {
  check_each(malformed());
}

TEST_CASE("what has no end is ended at its limit") {
  check_each(endless_ones());
}

TEST_CASE("what is slow is ended by the deadline") {
  check_each(slow_ones());
}

TEST_CASE("resets and closed connections at every point are told") {
  check_each(resets());
}

TEST_CASE("a server that switches protocols or answers before it is asked is taken at its word") {
  Engine engine;
  ScriptedServer switching([](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n");
    while (!peer.gone()) peer.send(std::string(4096, 'x'));
  });
  config::HttpModule module;
  CHECK(run_probe(engine, module, switching.url(), kTimeout).outcome.reason == Reason::http_status);
  ScriptedServer early([](Peer& peer) {
    peer.send(ok("early"));
    peer.wait_for_close();
  });
  CHECK(told(run_probe(engine, module, early.url(), kTimeout).outcome) == "none: ");
}

TEST_CASE("a body that nobody judges is counted to its end, kept in part, and ended by the deadline if it has none") {
  Engine engine;
  const std::string block(100'000, 'x');
  ScriptedServer long_one([&](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 30000000\r\n\r\n");
    for (int i = 0; i < 300; ++i) peer.send(block);
  });
  config::HttpModule module;
  const ProbeResult result = run_probe(engine, module, long_one.url());
  CHECK(told(result.outcome) == "none: ");
  CHECK(std::get<HttpFacts>(result.facts).body_bytes == 30'000'000);
  CHECK(result.body.size() == 64 * 1024);
  ScriptedServer without_end(endless(kHead + "\r\n", block));
  const ProbeResult ended = run_probe(engine, module, without_end.url(), kTimeout);
  CHECK(ended.outcome.reason == Reason::http_timeout);
  CHECK(ended.body.size() == 64 * 1024);
}

}  // namespace
}  // namespace nines::probes::test
