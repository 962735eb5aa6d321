#include "agent/http/listener.hpp"

#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sys/resource.h>

#include "base/version.hpp"
#include "tests/agent/raw_client.hpp"
#include "tests/agent/silent_port.hpp"
#include "tests/harness/http.hpp"

namespace nines::agent {

using Catch::Contains;
using Catch::EndsWith;
using Catch::StartsWith;
using harness::Reply;
using tests::RawClient;

namespace {

std::unique_ptr<Listener> bound() {
  auto listener = Listener::bind("127.0.0.1", 0);
  INFO((listener ? std::string() : listener.error().text()));
  REQUIRE(listener.has_value());
  return std::move(*listener);
}

// Answers "hello\n" at /hello and what it was asked at /echo.
std::unique_ptr<Listener> serving() {
  auto listener = bound();
  listener->get("/hello", [](const HttpQuery&) { return HttpAnswer{.body = "hello\n"}; });
  listener->get("/echo", [](const HttpQuery& query) {
    return HttpAnswer{
        201, "application/json",
        query.path + "|" + query.parameter("a") + "|" + query.parameter("none") + "|" + query.header("accept")};
  });
  listener->get("/broken", [](const HttpQuery&) -> HttpAnswer { throw std::runtime_error("inner detail"); });
  listener->post("/act", [](const HttpQuery& query) { return HttpAnswer{.body = query.method + " done\n"}; });
  listener->get("/both", [](const HttpQuery& query) { return HttpAnswer{.body = query.method + "\n"}; });
  listener->post("/both", [](const HttpQuery& query) { return HttpAnswer{.body = query.method + "\n"}; });
  listener->serve();
  return listener;
}

bool can_open(rlim_t descriptors) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  return limit.rlim_max >= descriptors && ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

std::string header(const Reply& reply, const std::string& name) {
  const auto found = reply.headers.find(name);
  return found == reply.headers.end() ? "" : found->second;
}

}  // namespace

TEST_CASE("a port in use is refused with one sentence, also when its owner listens with SO_REUSEPORT's leave") {
  const auto first = bound();
  const auto second = Listener::bind("127.0.0.1", first->port());
  REQUIRE_FALSE(second.has_value());
  CHECK_THAT(second.error().text(),
             StartsWith(fmt::format("cannot listen on 127.0.0.1:{}: ", first->port())) && Contains("in use"));
  const tests::SilentPort other;
  CHECK_FALSE(Listener::bind("127.0.0.1", other.port()).has_value());
}

TEST_CASE("an address that is not this machine's is refused with one sentence") {
  const auto refused = Listener::bind("192.0.2.1", 0);
  REQUIRE_FALSE(refused.has_value());
  CHECK_THAT(refused.error().text(), StartsWith("cannot listen on 192.0.2.1:0: "));
  const auto nonsense = Listener::bind("no such host", 0);
  REQUIRE_FALSE(nonsense.has_value());
}

TEST_CASE("port 0 takes a free port and tells it") {
  const auto listener = serving();
  CHECK(listener->port() > 0);
  CHECK(listener->url() == fmt::format("http://127.0.0.1:{}", listener->port()));
  CHECK(harness::get(listener->url() + "/hello").body == "hello\n");
}

TEST_CASE("a handler is given path, parameters and Accept; its status and type are sent") {
  const auto listener = serving();
  const Reply reply = harness::get(listener->url() + "/echo?a=x%20y&b=2", {{"Accept", "text/plain"}});
  CHECK(reply.status == 201);
  CHECK(reply.body == "/echo|x y||text/plain");
  CHECK(header(reply, "content-type") == "application/json");
}

TEST_CASE("a parameter's value is what stands behind its first =, decoded once") {
  const auto listener = serving();
  const auto [query, value] = GENERATE(table<std::string, std::string>({
      {"a=x+y%2Bz", "x y+z"},
      {"a=http://host/?page=1?b", "http://host/?page=1?b"},
      {"b=1&a=http://host/?c=d=e&f=g", "http://host/?c=d=e"},
      {"a=%253A", "%3A"},
      {"a=first&a=second", "first"},
      {"a", ""},
      {"a=%zz&a=right", "right"},
      {"a=%e2%82%ac", "€"},
  }));
  CAPTURE(query);
  RawClient client(listener->port());
  client.send(fmt::format("GET /echo?{} HTTP/1.1\r\nHost: x\r\n\r\n", query));
  CHECK_THAT(client.read_answer(), EndsWith(fmt::format("\r\n\r\n/echo|{}||", value)));
  client.send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK_THAT(client.read_answer(), EndsWith("\r\n\r\n/echo|||"));
}

TEST_CASE("every answer carries the security headers, errors too") {
  const auto listener = serving();
  for (const char* path : {"/hello", "/nothing", "/broken"}) {
    const Reply reply = harness::get(listener->url() + path);
    CAPTURE(path);
    CHECK(header(reply, "x-content-type-options") == "nosniff");
    CHECK(header(reply, "referrer-policy") == "no-referrer");
    CHECK(header(reply, "cache-control") == "no-store");
    CHECK(header(reply, "server") == fmt::format("nines/{}", kVersion));
    CHECK_THAT(header(reply, "content-security-policy"),
               Contains("default-src 'none'") && Contains("frame-ancestors 'none'") && !Contains("script-src"));
  }
}

TEST_CASE("what is not there is 404, and a handler that throws is 500 and tells nothing of itself") {
  const auto listener = serving();
  CHECK(harness::get(listener->url() + "/nothing").status == 404);
  CHECK(harness::get(listener->url() + "/hello/").status == 404);
  const Reply broken = harness::get(listener->url() + "/broken");
  CHECK(broken.status == 500);
  CHECK_FALSE(broken.body.contains("inner detail"));
}

TEST_CASE("HEAD is answered as GET without the body, and the connection stays in step") {
  const auto listener = serving();
  RawClient client(listener->port());
  client.send("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string head = client.read_answer(true);
  CHECK_THAT(head, StartsWith("HTTP/1.1 200 ") && Contains("Content-Length: 6\r\n"));
  client.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK_THAT(client.read_answer(), StartsWith("HTTP/1.1 200 ") && Catch::EndsWith("\r\n\r\nhello\n"));
}

TEST_CASE("other methods are 405 at once, with and without a body") {
  const auto listener = serving();
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    for (const char* rest : {"\r\n", "Content-Length: 0\r\n\r\n", "Content-Length: 2\r\n\r\n{}"}) {
      RawClient client(listener->port());
      client.send(fmt::format("{} /hello HTTP/1.1\r\nHost: x\r\n{}", method, rest));
      CAPTURE(method, rest);
      CHECK_THAT(client.read_answer(), StartsWith("HTTP/1.1 405 ") && Contains("Allow: GET, HEAD\r\n"));
    }
  }
}

TEST_CASE("POST is answered at once where it is taken, with and without a body, and the connection stays in step") {
  const auto listener = serving();
  RawClient client(listener->port());
  for (const char* rest : {"\r\n", "Content-Length: 0\r\n\r\n", "Content-Length: 2\r\n\r\n{}"}) {
    CAPTURE(rest);
    client.send(fmt::format("POST /act HTTP/1.1\r\nHost: x\r\n{}", rest));
    CHECK_THAT(client.read_answer(), StartsWith("HTTP/1.1 200 ") && Catch::EndsWith("\r\n\r\nPOST done\n"));
  }
  client.send("POST /both HTTP/1.1\r\nHost: x\r\n\r\nGET /both HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK_THAT(client.read_answer(), Catch::EndsWith("POST\n"));
  CHECK_THAT(client.read_answer(), Catch::EndsWith("GET\n"));
}

TEST_CASE("the body of a GET is not read as the next request") {
  const auto listener = serving();
  tests::RawClient client(listener->port());
  const std::string inner = "POST /act HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
  client.send(fmt::format("GET /both HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}", inner.size(), inner));
  const std::string answered = client.read_to_close();
  CHECK_THAT(answered, Contains("GET\n") && !Contains("POST done"));
}

TEST_CASE("a handler learns that its client has hung up, and only so many run at once") {
  auto listener = bound();
  std::promise<void> begun;
  std::promise<bool> gone;
  listener->get(
      "/slow",
      [&](const HttpQuery& query) {
        begun.set_value();
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!query.gone() && std::chrono::steady_clock::now() < until) {
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        gone.set_value(query.gone());
        return HttpAnswer{};
      },
      1);
  listener->serve();
  {
    tests::RawClient client(listener->port());
    client.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
    begun.get_future().wait();
    const Reply second = harness::get(listener->url() + "/slow");
    CHECK(second.status == 503);
    CHECK(second.body == "1 requests of /slow are going on: ask again later\n");
  }
  CHECK(gone.get_future().get());
}

TEST_CASE("a path tells which methods it takes") {
  const auto listener = serving();
  const auto [method, path, status, allow] = GENERATE(table<std::string, std::string, int, std::string>({
      {"GET", "/act", 405, "POST"},
      {"HEAD", "/act", 405, "POST"},
      {"PUT", "/act", 405, "POST"},
      {"DELETE", "/both", 405, "GET, HEAD, POST"},
      {"POST", "/hello", 405, "GET, HEAD"},
      {"GET", "/both", 200, ""},
  }));
  CAPTURE(method, path);
  const Reply reply = harness::request(method, listener->url() + path);
  CHECK(reply.status == status);
  CHECK(header(reply, "allow") == allow);
}

TEST_CASE("a request that is none is refused, not waited for") {
  const auto listener = serving();
  for (const char* nonsense : {"hello\r\n\r\n", "GET\r\n\r\n", "\x16\x03\x01\r\n\r\n"}) {
    RawClient client(listener->port());
    client.send(nonsense);
    const std::string answer = client.read_to_close();
    CAPTURE(nonsense);
    CHECK((answer.empty() || answer.starts_with("HTTP/1.1 4")));
  }
}

TEST_CASE("a client that sends one byte and falls silent blocks nobody else") {
  const auto listener = serving();
  const RawClient silent(listener->port());
  silent.send("G");
  for (int i = 0; i < 40; ++i) REQUIRE(harness::get(listener->url() + "/hello").status == 200);
}

TEST_CASE("hundreds of slow requests are answered at the same time, and quick ones beside them") {
  constexpr int kSlow = 400;
  auto listener = bound();
  // The handlers go on once all of them are inside.
  std::mutex mutex;
  std::condition_variable changed;
  int inside = 0;
  listener->get("/hello", [](const HttpQuery&) { return HttpAnswer{.body = "hello\n"}; });
  listener->get("/wait", [&](const HttpQuery&) {
    std::unique_lock lock(mutex);
    ++inside;
    changed.notify_all();
    changed.wait_for(lock, std::chrono::seconds(30), [&] { return inside >= kSlow; });
    return HttpAnswer{.body = "done\n"};
  });
  listener->serve();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < kSlow; ++i) {
    if (i == kSlow - 1) CHECK(harness::get(listener->url() + "/hello").body == "hello\n");
    clients.push_back(std::make_unique<RawClient>(listener->port()));
    clients.back()->send("GET /wait HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  }
  for (const auto& client : clients) REQUIRE_THAT(client->read_to_close(), Catch::EndsWith("done\n"));
  CHECK(inside == kSlow);
}

TEST_CASE("more connections than threads are all answered in the end") {
  auto listener = bound();
  listener->get("/hello", [](const HttpQuery&) { return HttpAnswer{.body = "hello\n"}; });
  listener->serve();
  constexpr int kClients = 1200;
  if (!can_open(2 * kClients + 100)) {
    WARN("left out: the system allows too few open files");
    return;
  }
  // Each holds its thread until it is given up for one that waits.
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < kClients; ++i) {
    idle.push_back(std::make_unique<RawClient>(listener->port()));
    idle.back()->send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  for (const auto& client : idle) REQUIRE_THAT(client->read_answer(), Catch::EndsWith("hello\n"));
}

TEST_CASE("endless headers are cut") {
  const auto listener = serving();
  const RawClient client(listener->port());
  REQUIRE(client.send("GET /hello HTTP/1.1\r\nHost: x\r\n"));
  const std::string line = "X-Filler: " + std::string(4000, 'a') + "\r\n";
  int sent = 0;
  while (sent < 10'000 && client.send(line)) ++sent;
  // 40 MB would have been taken otherwise.
  CHECK(sent < 10'000);
  CHECK(harness::get(listener->url() + "/hello").status == 200);
}

TEST_CASE("stop() ends listening and every connection, idle or in the middle of a request") {
  const auto listener = serving();
  RawClient idle(listener->port());
  idle.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK_THAT(idle.read_answer(), Catch::EndsWith("hello\n"));
  RawClient half(listener->port());
  half.send("GET /hello HTTP/1.1\r\nHos");
  RawClient fresh(listener->port());
  const std::string url = listener->url();
  listener->stop();
  CHECK(idle.read_to_close().empty());
  // Whoever had asked for something may still be told that this was no request.
  const std::string rest = half.read_to_close();
  CHECK((rest.empty() || rest.starts_with("HTTP/1.1 400 ")));
  fresh.read_to_close();
  CHECK(harness::get(url + "/hello").status == 0);
  listener->stop();
}

TEST_CASE("an answer that is being made when the listener stops is written") {
  auto listener = bound();
  std::promise<void> begun;
  bool cut = true;
  listener->get("/held", [&](const HttpQuery& query) {
    begun.set_value();
    while (harness::get(listener->url() + "/none").status != 0) std::this_thread::yield();
    cut = query.gone();
    return HttpAnswer{.body = "written\n"};
  });
  listener->serve();
  RawClient client(listener->port());
  client.send("GET /held HTTP/1.1\r\nHost: x\r\n\r\n");
  begun.get_future().wait();
  listener->stop();
  CHECK_THAT(client.read_to_close(), StartsWith("HTTP/1.1 200 ") && EndsWith("written\n"));
  CHECK_FALSE(cut);
}

TEST_CASE("a client that does not read its answer does not hold stop() up") {
  auto listener = bound();
  std::promise<void> begun;
  // More than the kernel takes.
  listener->get("/much", [&](const HttpQuery&) {
    begun.set_value();
    return HttpAnswer{.body = std::string(64 << 20, 'a')};
  });
  listener->serve();
  const RawClient client(listener->port());
  client.send("GET /much HTTP/1.1\r\nHost: x\r\n\r\n");
  begun.get_future().wait();
  const auto start = std::chrono::steady_clock::now();
  listener->stop();
  // An answer has 30 s otherwise.
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
}

TEST_CASE("a listener that never served ends, and its port is free again") {
  int port = 0;
  {
    const auto listener = bound();
    port = listener->port();
  }
  CHECK(Listener::bind("127.0.0.1", port).has_value());
}

}  // namespace nines::agent
