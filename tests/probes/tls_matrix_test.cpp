// Every way in which TLS goes wrong, by an HTTP and by a TCP probe: reason, verdict and metrics.

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <openssl/ssl.h>

#include "probes/metrics.hpp"
#include "probes/tls/certificate.hpp"
#include "probes/tls/client.hpp"
#include "tests/harness/scratch.hpp"
#include "tests/probes/bad_tls.hpp"
#include "tests/probes/running.hpp"
#include "tests/probes/scripted_server.hpp"

using namespace std::chrono_literals;

namespace nines::probes::test {
namespace {

using Catch::Contains;
using Catch::StartsWith;

constexpr double kNoChain = -62135596800.0;  // year 1, as the exporter's

Time expiry(const Certificate& certificate) {
  return to_time(X509_get0_notAfter(certificate.x509.get())).value();
}

std::string fingerprint(const Certificate& certificate) {
  return certificate_facts(certificate.x509.get()).fingerprint_sha256;
}

double unix_seconds(Time time) {
  return static_cast<double>(std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count());
}

const Sample* find(const std::vector<Sample>& samples, std::string_view name) {
  const auto found = std::ranges::find(samples, name, &Sample::name);
  return found == samples.end() ? nullptr : &*found;
}

std::string label(const Sample* sample, std::string_view name) {
  if (sample == nullptr) return "(no such metric)";
  for (const auto& [key, value] : sample->labels) {
    if (key == name) return value;
  }
  return "(no such label)";
}

struct World {
  harness::TempDir directory;
  Certificate root = make_certificate({.common_name = "Root", .not_after = 9000h, .authority = true});
  Certificate middle =
      make_certificate({.common_name = "Middle", .not_after = 8000h, .authority = true, .issuer = &root});
  std::string ca_file = directory.write("root.pem", root.pem()).string();

  CertificateOptions leaf() const { return {.common_name = "leaf", .names = "IP:127.0.0.1", .issuer = &middle}; }
};

// What a server shows and what is to come of it.
struct Endpoint {
  std::shared_ptr<SSL_CTX> context;
  Certificate leaf;
  Time earliest;                    // of what is sent
  std::optional<Time> latest = {};  // of the chain that lasts longest; none: as `earliest`
  std::string ca_file = {};         // instead of the world's
};

Endpoint shown(const World& world, const CertificateOptions& options) {
  const Certificate leaf = make_certificate(options);
  return {server_context(leaf, 0, &world.middle), leaf, std::min(expiry(leaf), expiry(world.middle))};
}

Endpoint stapled(const World& world, Staple what) {
  Endpoint out = shown(world, world.leaf());
  staple(out.context.get(), out.leaf, world.middle, what);
  return out;
}

Endpoint two_roots(const World& world) {
  const Certificate old = make_certificate({.common_name = "Two Roots", .not_after = 24h, .authority = true});
  Certificate young = make_certificate({.common_name = "Two Roots", .not_after = 72h, .authority = true});
  young.key = old.key;
  X509_set_pubkey(young.x509.get(), old.key.get());
  sign_again(young, old);
  const Certificate leaf = make_certificate({.names = "IP:127.0.0.1", .not_after = 48h, .issuer = &old});
  return {server_context(leaf, 0, &old), leaf, expiry(old), expiry(leaf),
          world.directory.write(fingerprint(old) + ".pem", young.pem() + old.pem()).string()};
}

struct Case {
  const char* name;
  std::function<Endpoint(const World&)> endpoint;
  Reason reason = Reason::none;
  const char* words = "";
};

const std::vector<Case>& cases() {
  const auto with = [](auto change) {
    return [change](const World& world) {
      CertificateOptions options = world.leaf();
      change(options);
      return shown(world, options);
    };
  };
  static const std::vector<Case> all = {
      {"good", with([](auto&) {})},
      {"a leaf that expires before its authority", with([](auto& o) { o.not_after = 72h; })},
      {"two roots of one key", &two_roots},
      {"a stapled answer that it is good", [](const World& w) { return stapled(w, Staple::good); }},
      {"a revocation that is out of date", [](const World& w) { return stapled(w, Staple::revoked_long_ago); }},
      {"a revocation by a stranger", [](const World& w) { return stapled(w, Staple::revoked_by_a_stranger); }},
      {"expired", with([](auto& o) { o.not_before = -48h, o.not_after = -24h; }), Reason::tls_expired, "valid until"},
      {"not yet valid", with([](auto& o) { o.not_before = 24h; }), Reason::tls_not_yet_valid, "valid from"},
      {"another host", with([](auto& o) { o.names = "DNS:other.test"; }), Reason::tls_hostname,
       "is for other.test; expected one for 127.0.0.1"},
      {"a common name alone", with([](auto& o) {
         o.common_name = "127.0.0.1";
         o.names = "";
       }),
       Reason::tls_hostname, "CN=127.0.0.1 and has no subjectAltName"},
      {"an address as a DNS name", with([](auto& o) { o.names = "DNS:127.0.0.1"; }), Reason::tls_hostname, "expected"},
      {"self-signed",
       [](const World&) {
         const Certificate leaf = make_certificate({.common_name = "me", .names = "IP:127.0.0.1"});
         return Endpoint{server_context(leaf), leaf, expiry(leaf)};
       },
       Reason::tls_self_signed, "(CN=me) is self-signed"},
      {"an untrusted root that is sent",
       [](const World&) {
         const Certificate evil = make_certificate({.common_name = "Evil", .authority = true});
         const Certificate leaf = make_certificate({.names = "IP:127.0.0.1", .not_after = 80h, .issuer = &evil});
         return Endpoint{server_context(leaf, 0, &evil), leaf, expiry(leaf)};
       },
       Reason::tls_untrusted, "issuer CN=Evil"},
      {"a missing intermediate",
       [](const World& world) {
         const Certificate leaf = make_certificate(world.leaf());
         return Endpoint{server_context(leaf), leaf, expiry(leaf)};
       },
       Reason::tls_untrusted, "issuer CN=Middle"},
      {"an intermediate that is no authority",
       [](const World& world) {
         const Certificate no = make_certificate({.common_name = "No CA", .issuer = &world.root});
         const Certificate leaf = make_certificate({.names = "IP:127.0.0.1", .issuer = &no});
         return Endpoint{server_context(leaf, 0, &no), leaf, std::min(expiry(leaf), expiry(no))};
       },
       Reason::tls_untrusted, "expected a certificate from a trusted authority"},
      {"an expired intermediate",
       [](const World& world) {
         const Certificate old = make_certificate(
             {.common_name = "Old", .not_before = -96h, .not_after = -24h, .authority = true, .issuer = &world.root});
         const Certificate leaf = make_certificate({.names = "IP:127.0.0.1", .issuer = &old});
         return Endpoint{server_context(leaf, 0, &old), leaf, expiry(old)};
       },
       Reason::tls_expired, "certificate 2 of the chain"},
      {"revoked, as its own staple says", [](const World& w) { return stapled(w, Staple::revoked); },
       Reason::tls_revoked, "the certificate was revoked at 20"},
      {"a short key",
       [](const World& world) {
         Certificate leaf = make_certificate(world.leaf());
         give_rsa_key(leaf, world.middle, 1024);
         return Endpoint{careless_context(leaf, world.middle), leaf, expiry(leaf)};
       },
       Reason::tls_weak, "expected stronger keys"},
      {"a signature of SHA-1",
       [](const World& world) {
         Certificate leaf = make_certificate(world.leaf());
         sign_again(leaf, world.middle, "SHA1");
         return Endpoint{careless_context(leaf, world.middle), leaf, expiry(leaf)};
       },
       Reason::tls_weak, "expected stronger keys"},
  };
  return all;
}

config::Module http_module(const config::TlsConfig& tls) {
  config::Module out;
  out.prober = config::Prober::http;
  out.http.client.tls = tls;
  return out;
}

config::Module tcp_module(const config::TlsConfig& tls) {
  config::Module out;
  out.prober = config::Prober::tcp;
  out.tcp.tls = true;
  out.tcp.tls_config = tls;
  return out;
}

void check_facts(const ProbeResult& result, const config::Module& module, const Endpoint& endpoint, bool verified) {
  const auto samples = probe_samples(result, module);
  const Sample* earliest = find(samples, "probe_ssl_earliest_cert_expiry");
  REQUIRE(earliest != nullptr);
  CHECK(earliest->value == unix_seconds(endpoint.earliest));
  CHECK_THAT(label(find(samples, "probe_tls_version_info"), "version"), StartsWith("TLS 1."));
  CHECK_THAT(label(find(samples, "probe_tls_cipher_info"), "cipher"), StartsWith("TLS_"));
  const Sample* leaf = find(samples, "probe_ssl_last_chain_info");
  CHECK(label(leaf, "fingerprint_sha256") == fingerprint(endpoint.leaf));
  CHECK(fingerprint(endpoint.leaf).size() == 64);
  const Sample* latest = find(samples, "probe_ssl_last_chain_expiry_timestamp_seconds");
  const bool refused = !result.tls->verdict.ok();
  CHECK((latest == nullptr) == refused);
  if (latest != nullptr) {
    CHECK(latest->value == (verified ? unix_seconds(endpoint.latest.value_or(endpoint.earliest)) : kNoChain));
  }
  if (!result.outcome.ok()) {
    CHECK(label(find(samples, "probe_failure_info"), "reason") == reason_name(result.outcome.reason));
  }
}

TEST_CASE("each bad certificate has its reason, verdict and metrics, by HTTP and by TCP, in TLS 1.2 and 1.3") {
  Engine engine;
  const World world;
  for (const Case& c : cases()) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      const Endpoint endpoint = c.endpoint(world);
      SSL_CTX_set_max_proto_version(endpoint.context.get(), version);
      ScriptedServer server(answers(ok("fine")), "127.0.0.1", endpoint.context.get());
      config::TlsConfig tls;
      tls.ca_file = endpoint.ca_file.empty() ? world.ca_file : endpoint.ca_file;
      config::TlsConfig careless;
      careless.insecure_skip_verify = true;
      const std::string address = "127.0.0.1:" + std::to_string(server.port());
      const std::pair<config::Module, std::string> judged[] = {{http_module(tls), server.url()},
                                                               {tcp_module(tls), address}};
      for (const auto& [module, target] : judged) {
        INFO(c.name << ", " << prober_name(module.prober) << ", " << version);
        const ProbeResult result = run_probe(engine, module, target);
        INFO(told(result.outcome));
        CHECK(reason_name(result.outcome.reason) == reason_name(c.reason));
        CHECK_THAT(result.outcome.message, Contains(c.words));
        REQUIRE(result.tls);
        CHECK(reason_name(result.tls->verdict.reason) == reason_name(c.reason));
        check_facts(result, module, endpoint, true);
      }
      const std::pair<config::Module, std::string> not_judged[] = {{http_module(careless), server.url()},
                                                                   {tcp_module(careless), address}};
      for (const auto& [module, target] : not_judged) {
        INFO(c.name << ", not verified, " << prober_name(module.prober) << ", " << version);
        const ProbeResult result = run_probe(engine, module, target);
        CHECK(told(result.outcome) == "none: ");
        REQUIRE(result.tls);
        check_facts(result, module, endpoint, false);
      }
    }
  }
}

TEST_CASE("an old protocol is tls_protocol, and spoken when asked for") {
  Engine engine;
  const World world;
  const Endpoint endpoint = shown(world, world.leaf());
  speak_old_versions(endpoint.context.get());
  ScriptedServer server(answers(ok("fine")), "127.0.0.1", endpoint.context.get());
  config::TlsConfig tls;
  tls.ca_file = world.ca_file;
  const std::string address = "127.0.0.1:" + std::to_string(server.port());
  CHECK_THAT(told(run_probe(engine, http_module(tls), server.url()).outcome), StartsWith("tls_protocol: "));
  const ProbeResult refused = run_probe(engine, tcp_module(tls), address);
  CHECK_THAT(told(refused.outcome), StartsWith("tls_protocol: TLS with 127.0.0.1: no TLS version that both"));
  CHECK(find(probe_samples(refused, tcp_module(tls)), "probe_tls_version_info") == nullptr);
  tls.min_version = "TLS10";
  for (const auto& [module, target] :
       {std::pair{http_module(tls), server.url()}, std::pair{tcp_module(tls), address}}) {
    const ProbeResult taken = run_probe(engine, module, target);
    CHECK(told(taken.outcome) == "none: ");
    CHECK(taken.tls->version == "TLS 1.1");
  }
}

struct Handshake {
  Engine* engine;
  int port;
  config::TlsConfig tls;
  std::vector<std::string> alpn;
};

Task<TlsHandshake> shake(Handshake how) {
  Engine& engine = *how.engine;
  DeadlineScope scope(engine.loop(), kLong, {});
  Dialed dialed = co_await dial(engine.loop(), {*IpAddress::parse("127.0.0.1")}, how.port, std::nullopt, scope.stop());
  Stream stream(engine.loop(), std::move(dialed.socket));
  co_return co_await start_tls(engine, stream, how.tls, "127.0.0.1", how.alpn, scope.stop());
}

TEST_CASE("a server that refuses the protocols offered is told, and one that takes them is known") {
  Engine engine;
  const World world;
  const Endpoint endpoint = shown(world, world.leaf());
  config::TlsConfig tls;
  tls.ca_file = world.ca_file;
  {
    ScriptedServer server(answers(ok("fine")), "127.0.0.1", endpoint.context.get());
    SSL_CTX_set_alpn_select_cb(
        endpoint.context.get(),
        [](SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in, unsigned, void*) {
          *size = *in;
          *out = in + 1;
          return SSL_TLSEXT_ERR_OK;
        },
        nullptr);
    const TlsHandshake done = engine.loop().run(shake({&engine, server.port(), tls, {"dot", "http/1.1"}}));
    CHECK(told(done.outcome) == "none: ");
    CHECK(done.facts.alpn == "dot");
  }
  refuse_alpn(endpoint.context.get());
  ScriptedServer server(answers(ok("fine")), "127.0.0.1", endpoint.context.get());
  const TlsHandshake done = engine.loop().run(shake({&engine, server.port(), tls, {"dot"}}));
  CHECK_THAT(told(done.outcome), StartsWith("tls_handshake: ") && Contains("(ALPN)"));
  CHECK_THAT(told(run_probe(engine, http_module(tls), server.url()).outcome),
             StartsWith("tls_handshake: ") && Contains("(ALPN)"));
}

TEST_CASE("a handshake that is cut, reset, answered in the clear or not at all has its reason") {
  Engine engine;
  config::TlsConfig tls;
  tls.insecure_skip_verify = true;
  struct End {
    const char* name;
    ScriptedServer::Script script;
    Reason reason;
  };
  const std::vector<End> ends = {
      {"cut", [](Peer& peer) { peer.read_some(); }, Reason::tls_handshake},
      {"reset",
       [](Peer& peer) {
         peer.read_some();
         peer.reset();
       },
       Reason::tls_handshake},
      {"in the clear",
       [](Peer& peer) {
         peer.send("220 ready\r\n");
         peer.wait_for_close();
       },
       Reason::tls_unexpected},
      {"silent", [](Peer& peer) { peer.wait_for_close(); }, Reason::tls_timeout},
  };
  for (const End& end : ends) {
    ScriptedServer server(end.script);
    const std::string address = "127.0.0.1:" + std::to_string(server.port());
    const auto timeout = end.reason == Reason::tls_timeout ? 300ms : 30s;
    for (const auto& [module, target] :
         {std::pair{http_module(tls), "https://" + address}, std::pair{tcp_module(tls), address}}) {
      INFO(end.name << ", " << prober_name(module.prober));
      const ProbeResult result = run_probe(engine, module, target, timeout);
      INFO(told(result.outcome));
      CHECK(reason_name(result.outcome.reason) == reason_name(end.reason));
      CHECK_THAT(result.outcome.message, Contains("TLS with 127.0.0.1"));
      const auto samples = probe_samples(result, module);
      CHECK(find(samples, "probe_ssl_earliest_cert_expiry") == nullptr);
    }
  }
}

TEST_CASE("a client certificate is shown, from files or inline, and one that cannot be used is the agent's fault") {
  Engine engine;
  const World world;
  const Endpoint endpoint = shown(world, world.leaf());
  SSL_CTX_set_verify(endpoint.context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  X509_STORE_add_cert(SSL_CTX_get_cert_store(endpoint.context.get()), world.root.x509.get());
  ScriptedServer server(answers(ok("fine")), "127.0.0.1", endpoint.context.get());
  const std::string address = "127.0.0.1:" + std::to_string(server.port());
  const Certificate own = make_certificate({.common_name = "client", .issuer = &world.root});
  config::TlsConfig inline_pem;
  inline_pem.ca = world.root.pem();
  inline_pem.cert = own.pem();
  inline_pem.key = Secret(private_key_pem(own));
  config::TlsConfig files;
  files.ca_file = world.ca_file;
  files.cert_file = world.directory.write("own.pem", own.pem()).string();
  files.key_file = world.directory.write("own.key", private_key_pem(own)).string();
  config::TlsConfig wrong = files;
  wrong.key_file = world.directory.write("other.key", private_key_pem(world.middle)).string();
  config::TlsConfig none;
  none.ca_file = world.ca_file;
  for (const auto& make : {&http_module, &tcp_module}) {
    const std::string target = make == &http_module ? server.url() : address;
    CHECK(told(run_probe(engine, make(inline_pem), target).outcome) == "none: ");
    CHECK(told(run_probe(engine, make(files), target).outcome) == "none: ");
    CHECK_THAT(told(run_probe(engine, make(wrong), target).outcome),
               StartsWith("agent_error: the client key in " + wrong.key_file + " cannot be used: "));
  }
  CHECK_THAT(told(run_probe(engine, http_module(none), server.url()).outcome),
             StartsWith("tls_handshake: ") && Contains("the server wants a client certificate"));
}

TEST_CASE("a certificate's names are written as Go writes them") {
  struct Name {
    std::vector<std::pair<const char*, const char*>> parts;
    const char* text;
  };
  const std::vector<Name> names = {
      {{{"O", "BadTLS"}, {"CN", "localhost"}}, "CN=localhost,O=BadTLS"},
      {{{"C", "DE"}, {"ST", "B"}, {"L", "x"}, {"O", "a"}, {"O", "b"}, {"OU", "u"}, {"CN", "n"}, {"serialNumber", "7"}},
       "SERIALNUMBER=7,CN=n,ST=B,L=x,OU=u,O=a+O=b,C=DE"},
      {{{"CN", " #a,b+\"c\\<>; "}}, "CN=\\ #a\\,b\\+\\\"c\\\\\\<\\>\\;\\ "},
      {{{"CN", "x"}, {"emailAddress", "a@b"}}, "CN=x,1.2.840.113549.1.9.1=#0c03614062"},
      {{{"CN", "x"}, {"DC", "example"}}, "CN=x,0.9.2342.19200300.100.1.25=#13076578616d706c65"},
      {{}, ""},
  };
  for (const Name& name : names) {
    const std::unique_ptr<X509_NAME, decltype(&X509_NAME_free)> made(X509_NAME_new(), &X509_NAME_free);
    for (const auto& [key, value] : name.parts) {
      REQUIRE(X509_NAME_add_entry_by_txt(made.get(), key, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value),
                                         -1, -1, 0) == 1);
    }
    CHECK(name_text(made.get()) == name.text);
  }
}

}  // namespace
}  // namespace nines::probes::test
