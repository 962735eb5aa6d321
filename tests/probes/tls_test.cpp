#include <ctime>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include "probes/tls/material.hpp"
#include "tests/harness/scratch.hpp"
#include "tests/probes/certificates.hpp"
#include "tests/probes/running.hpp"
#include "tests/probes/scripted_server.hpp"

using namespace std::chrono_literals;

namespace nines::probes::test {
namespace {

using Catch::Contains;
using Catch::StartsWith;

const char* const kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// An authority that the request trusts.
struct Authority {
  Certificate root = make_certificate({.common_name = "Test Root", .authority = true});
  harness::TempDir directory;
  std::string file = directory.write("root.pem", root.pem()).string();

  HttpRequest request(const ScriptedServer& server) const {
    HttpRequest out;
    out.url = server.url();
    out.tls.ca_file = file;
    return out;
  }
};

TEST_CASE("a trusted certificate is accepted, and version, cipher and expiry are known") {
  Engine engine;
  const Authority authority;
  const Certificate leaf = make_certificate({.names = "IP:127.0.0.1", .issuer = &authority.root});
  for (const auto& [max_version, name] : {std::pair{TLS1_2_VERSION, "TLS 1.2"}, std::pair{0, "TLS 1.3"}}) {
    const auto context = server_context(leaf, max_version);
    ScriptedServer server(answers(kAnswer), "127.0.0.1", context.get());
    const HttpExchange answer = run(engine, authority.request(server));
    CHECK(told(answer.outcome) == "none: ");
    CHECK(answer.tls);
    CHECK(answer.tls_facts->version == name);
    CHECK_FALSE(answer.tls_facts->cipher.empty());
    CHECK(answer.phases.tls > Micros(0));
    CHECK(answer.phases.total() <= answer.duration);
    REQUIRE(answer.tls_facts->earliest_expiry.has_value());
    const auto days = std::chrono::round<std::chrono::days>(*answer.tls_facts->earliest_expiry - answer.start);
    CHECK(days == std::chrono::days(30));
  }
}

TEST_CASE("each fault of a certificate has its reason and sentence, its facts, and no request is sent") {
  Engine engine;
  const Authority authority;
  const Certificate stranger = make_certificate({.common_name = "Stranger Root", .authority = true});
  struct Case {
    const char* name;
    CertificateOptions options;
    Reason reason;
    const char* sentence;  // how it begins, after "TLS with …: "
  };
  const std::string ip = "IP:127.0.0.1";
  const std::vector<Case> cases = {
      {"expired",
       {.names = ip, .not_before = -48h, .not_after = -24h, .issuer = &authority.root},
       Reason::tls_expired,
       "certificate has expired: it was valid until 20"},
      {"not yet valid",
       {.names = ip, .not_before = 24h, .issuer = &authority.root},
       Reason::tls_not_yet_valid,
       "certificate is not yet valid: it is valid from 20"},
      {"another name",
       {.names = "DNS:other.example,IP:127.0.0.9", .issuer = &authority.root},
       Reason::tls_hostname,
       "the certificate is for other.example, 127.0.0.9; expected one for 127.0.0.1"},
      {"self-signed",
       {.common_name = "me", .names = ip},
       Reason::tls_self_signed,
       "the certificate (CN=me) is self-signed; expected one from a trusted authority"},
      {"unknown issuer",
       {.names = ip, .issuer = &stranger},
       Reason::tls_untrusted,
       "unable to get local issuer certificate (issuer CN=Stranger Root); expected a certificate from a trusted"},
  };
  for (const Case& c : cases) {
    for (const int max_version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      INFO(c.name << " " << max_version);
      Recorder recorder;
      const auto context = server_context(make_certificate(c.options), max_version);
      ScriptedServer server(
          [&](Peer& peer) {
            if (const std::string request = peer.read_request(); !request.empty()) recorder.keep(request);
          },
          "127.0.0.1", context.get());
      const HttpExchange answer = run(engine, authority.request(server));
      CHECK(reason_name(answer.outcome.reason) == reason_name(c.reason));
      CHECK_THAT(answer.outcome.message, StartsWith("TLS with 127.0.0.1 at " + answer.address + ": " + c.sentence));
      CHECK(answer.tls_facts->version == (max_version == TLS1_2_VERSION ? "TLS 1.2" : "TLS 1.3"));
      CHECK(answer.tls_facts->earliest_expiry.has_value());
      CHECK(answer.status == 0);
      CHECK(recorder.requests().empty());

      HttpRequest careless = authority.request(server);
      careless.tls.insecure_skip_verify = true;
      const HttpExchange taken = run(engine, careless);
      CHECK(taken.outcome.reason == Reason::http_empty);  // past TLS: this server reads and hangs up
      CHECK(taken.tls_facts->earliest_expiry == answer.tls_facts->earliest_expiry);
      CHECK(recorder.requests().size() == 1);
    }
  }
}

TEST_CASE("the date told is of the certificate at fault, not of the leaf") {
  Engine engine;
  const Authority authority;
  const auto day = [](const ASN1_TIME* time) {
    std::tm calendar{};
    REQUIRE(ASN1_TIME_to_tm(time, &calendar) == 1);
    return format_time(Time(std::chrono::seconds(timegm(&calendar))), 0);
  };
  const auto sentence = [&](const Certificate& issuer, std::chrono::hours leaf_ends) {
    const Certificate leaf =
        make_certificate({.names = "IP:127.0.0.1", .not_before = -96h, .not_after = leaf_ends, .issuer = &issuer});
    const auto context = server_context(leaf, 0, &issuer);
    ScriptedServer server([](Peer& peer) { peer.wait_for_close(); }, "127.0.0.1", context.get());
    return told(run(engine, authority.request(server)).outcome);
  };
  const Certificate expired = make_certificate(
      {.common_name = "Middle", .not_before = -96h, .not_after = -24h, .authority = true, .issuer = &authority.root});
  CHECK_THAT(sentence(expired, -48h), StartsWith("tls_expired: ") && Contains("certificate 2 of the chain") &&
                                          Contains("valid until " + day(X509_get0_notAfter(expired.x509.get()))));
  const Certificate early =
      make_certificate({.common_name = "Middle", .not_before = 24h, .authority = true, .issuer = &authority.root});
  CHECK_THAT(sentence(early, 240h), StartsWith("tls_not_yet_valid: ") && Contains("certificate 2 of the chain") &&
                                        Contains("valid from " + day(X509_get0_notBefore(early.x509.get()))));
}

TEST_CASE("a server that wants a client certificate is told in TLS 1.3, where its refusal comes late") {
  Engine engine;
  const Authority authority;
  const auto context = server_context(make_certificate({.names = "IP:127.0.0.1", .issuer = &authority.root}));
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  ScriptedServer server(answers(kAnswer), "127.0.0.1", context.get());
  const HttpExchange answer = run(engine, authority.request(server));
  CHECK_THAT(told(answer.outcome), StartsWith("tls_handshake: TLS with 127.0.0.1 at " + answer.address +
                                              ": the server wants a client certificate; expected"));
}

TEST_CASE("server_name is what the certificate is judged by, and the Host header stays the target's") {
  Engine engine;
  const Authority authority;
  const auto context = server_context(make_certificate({.names = "DNS:api.example.com", .issuer = &authority.root}));
  Recorder recorder;
  ScriptedServer server(recorder.answers(kAnswer), "127.0.0.1", context.get());
  HttpRequest request = authority.request(server);
  CHECK(run(engine, request).outcome.reason == Reason::tls_hostname);
  request.tls.server_name = "api.example.com";
  CHECK(told(run(engine, request).outcome) == "none: ");
  CHECK_THAT(recorder.requests().back(), Contains("\r\nHost: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"));

  config::HttpModule module;
  module.client.tls.ca_file = authority.file;
  module.client.headers = {{"Host", "api.example.com:8443"}};
  const ProbeResult probed = run_probe(engine, module, server.url());
  CHECK(told(probed.outcome) == "none: ");
  CHECK_THAT(recorder.requests().back(), Contains("\r\nHost: api.example.com:8443\r\n"));
}

TEST_CASE("versions that do not meet give tls_protocol") {
  Engine engine;
  const Authority authority;
  const auto context =
      server_context(make_certificate({.names = "IP:127.0.0.1", .issuer = &authority.root}), TLS1_2_VERSION);
  ScriptedServer server(answers(kAnswer), "127.0.0.1", context.get());
  HttpRequest request = authority.request(server);
  request.tls.min_version = "TLS13";
  const HttpExchange answer = run(engine, request);
  CHECK(told(answer.outcome) ==
        "tls_protocol: TLS with 127.0.0.1 at " + answer.address + ": no TLS version that both sides allow");
  request.tls.min_version = "TLS12";
  request.tls.max_version = "TLS12";
  CHECK(run(engine, request).tls_facts->version == "TLS 1.2");
}

TEST_CASE("plain HTTP where TLS was expected is told") {
  Engine engine;
  ScriptedServer server([](Peer& peer) {
    peer.send(kAnswer);
    peer.wait_for_close();
  });
  HttpRequest request;
  request.url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
  request.tls.insecure_skip_verify = true;
  const HttpExchange answer = run(engine, request);
  CHECK(told(answer.outcome) == "tls_unexpected: TLS with 127.0.0.1 at " + answer.address +
                                    ": the answer was not TLS; expected a TLS handshake");
}

TEST_CASE("authorities that cannot be read are the agent's fault, and are looked for again") {
  Engine engine;
  const Authority authority;
  const auto context = server_context(make_certificate({.names = "IP:127.0.0.1", .issuer = &authority.root}));
  ScriptedServer server(answers(kAnswer), "127.0.0.1", context.get());
  const harness::TempDir directory;
  HttpRequest request = authority.request(server);
  request.tls.ca_file = (directory.path() / "late.pem").string();
  const HttpExchange answer = run(engine, request);
  CHECK_THAT(told(answer.outcome),
             StartsWith("agent_error: the certificate authorities in " + request.tls.ca_file + " cannot be used: "));
  CHECK(server.connections() == 0);
  directory.write("late.pem", authority.root.pem());
  CHECK(told(run(engine, request).outcome) == "none: ");
}

TEST_CASE("what a TLS configuration names is read once, and again when its file has changed") {
  Loop loop;
  const harness::TempDir directory;
  const Certificate first = make_certificate({.common_name = "First", .authority = true});
  const Certificate second = make_certificate({.common_name = "Second Root", .authority = true});
  config::TlsConfig config;
  config.ca_file = directory.write("ca.pem", first.pem()).string();
  TlsMaterials attentive(loop, std::chrono::nanoseconds(0));
  TlsMaterials patient(loop, 1h);
  const auto trust = [&](TlsMaterials& materials) { return loop.run(materials.get(config, {})).value().trust; };
  const auto of_first = trust(attentive);
  const auto kept = trust(patient);
  CHECK(trust(attentive) == of_first);
  directory.write("ca.pem", second.pem());
  CHECK(trust(attentive) != of_first);
  CHECK(trust(patient) == kept);
  directory.write("ca.pem", "no certificate");
  CHECK_THAT(loop.run(attentive.get(config, {})).error().message,
             Contains("ca.pem cannot be used: ") && StartsWith("the certificate authorities in "));
  directory.write("ca.pem", first.pem());
  CHECK(trust(attentive) != nullptr);
  CHECK(loop.close() == 0);
}

// What a file on a hung mount is to its reader, a pipe that nobody writes is.
TEST_CASE("files that cannot be read in time end each probe at its deadline, and are there for later ones") {
  const Authority authority;
  const auto context = server_context(make_certificate({.names = "IP:127.0.0.1", .issuer = &authority.root}));
  ScriptedServer server(answers(kAnswer), "127.0.0.1", context.get());
  const harness::TempDir directory;
  const std::string pipe = (directory.path() / "ca.pem").string();
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  Engine engine;
  HttpRequest request = authority.request(server);
  request.tls.ca_file = pipe;
  config::Module tcp;
  tcp.prober = config::Prober::tcp;
  tcp.tcp.tls = true;
  tcp.tcp.tls_config.ca_file = pipe;
  const std::string place = "127.0.0.1:" + std::to_string(server.port());
  const std::string late =
      "tls_timeout: TLS with 127.0.0.1: the files that `tls_config` names were not read in time; expected them to be";
  CHECK(told(run(engine, request, 100ms).outcome) == late);  // the first, which reads
  CHECK(told(run(engine, request, 100ms).outcome) == late);  // another, which waits for it
  CHECK(told(run_probe(engine, tcp, place, 100ms).outcome) == late);
  std::ofstream(pipe) << authority.root.pem();
  CHECK(told(run(engine, request).outcome) == "none: ");
}

}  // namespace
}  // namespace nines::probes::test
