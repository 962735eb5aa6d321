#include "probes/async/stream.hpp"

#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include <catch2/catch.hpp>

#include "probes/async/dialer.hpp"
#include "probes/async/line_reader.hpp"
#include "tests/probes/scripted_server.hpp"

using namespace std::chrono_literals;

namespace nines::probes::test {
namespace {

using End = Transferred::End;

Task<Socket> connect_to(Loop* loop, int port) {
  Dialed dialed = co_await dial(*loop, {*IpAddress::parse("127.0.0.1")}, port, std::nullopt, {});
  co_return std::move(dialed.socket);
}

struct Told {
  Transferred last;
  std::size_t bytes = 0;
};

Task<Told> read_all(Loop* loop, int port, std::string first, std::chrono::nanoseconds timeout) {
  DeadlineScope scope(*loop, timeout, {});
  Stream stream(*loop, co_await connect_to(loop, port));
  Told told;
  told.last = co_await stream.write(first, scope.stop());
  std::array<char, 1000> chunk;
  while (told.last.end == End::done) {
    told.last = co_await stream.read(chunk, scope.stop());
    told.bytes += told.last.bytes;
  }
  co_return told;
}

TEST_CASE("megabytes are written and read whole, and the end is told") {
  Loop loop;
  constexpr std::size_t kSize = 5'000'000;
  ScriptedServer server([](Peer& peer) {
    std::size_t got = 0;
    while (got < kSize) got += peer.read_some().size();
    peer.send(std::string(got, 'x'));
  });
  const Told told = loop.run(read_all(&loop, server.port(), std::string(kSize, 'y'), 60s));
  CHECK(told.last.end == End::closed);
  CHECK(told.bytes == kSize);
  CHECK(loop.close() == 0);
}

TEST_CASE("silence ends at the deadline, as does a peer that takes nothing or never ends") {
  Loop loop;
  const ScriptedServer::Script scripts[] = {
      [](Peer& peer) { peer.wait_for_close(); },
      [](Peer& peer) {
        while (!peer.gone()) peer.send(std::string(100'000, 'x'));
      },
  };
  for (const auto& script : scripts) {
    ScriptedServer server(script);
    const Told told = loop.run(read_all(&loop, server.port(), "hello", 200ms));
    CHECK(told.last.end == End::stopped);
    CHECK(told.last.cause == StopCause::deadline);
  }
  CHECK(loop.close() == 0);
}

TEST_CASE("a reset is told as one") {
  Loop loop;
  ScriptedServer server([](Peer& peer) {
    peer.read_some();
    peer.reset();
  });
  const Told told = loop.run(read_all(&loop, server.port(), "hello", 60s));
  CHECK(told.last.end == End::failed);
  CHECK(told.last.error == ECONNRESET);
  CHECK(told.last.text == "connection reset");
  CHECK(loop.close() == 0);
}

Task<std::string> lines_of(Loop* loop, int port) {
  Stream stream(*loop, co_await connect_to(loop, port));
  LineReader reader(stream);
  std::string out;
  std::string line;
  co_await reader.exactly(3, line, {});
  out += "[" + line + "]";
  while ((co_await reader.line(line, 10, {})).end == End::done) out += "(" + line + ")";
  co_return out;
}

TEST_CASE("lines and counted bytes are read from one buffer, and the rest before the end is a line") {
  Loop loop;
  ScriptedServer server([](Peer& peer) { peer.send("abcone\r\n\ntwo\nthree\r"); });
  CHECK(loop.run(lines_of(&loop, server.port())) == "[abc](one)()(two)(three)");
  ScriptedServer too_long([](Peer& peer) { peer.send("abcok\n12345678901\nmore\n"); });
  CHECK(loop.run(lines_of(&loop, too_long.port())) == "[abc](ok)");
  CHECK(loop.close() == 0);
}

}  // namespace
}  // namespace nines::probes::test
