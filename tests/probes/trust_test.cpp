#include <catch2/catch.hpp>

#include "tests/harness/scratch.hpp"
#include "tests/probes/certificates.hpp"
#include "tests/probes/running.hpp"
#include "tests/probes/scripted_server.hpp"

namespace nines::probes::test {

TEST_CASE("every connection is verified with its own authorities, whatever the ones before trusted") {
  struct Side {
    Certificate root = make_certificate({.common_name = "root", .authority = true});
    Certificate leaf = make_certificate({.names = "IP:127.0.0.1", .issuer = &root});
    std::shared_ptr<ssl_ctx_st> context = server_context(leaf);
    ScriptedServer server = ScriptedServer(
        [](Peer& peer) {
          peer.read_request();
          peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        },
        "127.0.0.1", context.get());
  };
  Side sides[2];
  const harness::TempDir folder;
  const std::string files[] = {folder.write("a.pem", sides[0].root.pem()), folder.write("b.pem", sides[1].root.pem())};
  Engine engine;
  for (int round = 0; round < 2; ++round) {
    for (int server = 0; server < 2; ++server) {
      for (int trusted = 0; trusted < 2; ++trusted) {
        CAPTURE(round, server, trusted);
        HttpRequest request;
        request.url = sides[server].server.url();
        request.tls.ca_file = files[trusted];
        const Reason wanted = server == trusted ? Reason::none : Reason::tls_untrusted;
        CHECK(run(engine, request).outcome.reason == wanted);
      }
    }
  }
}

}  // namespace nines::probes::test
