// gRPC health checks, against the real server in servers/health_over_grpc.py.

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "probes/grpc/health_message.hpp"
#include "probes/metrics.hpp"
#include "tests/harness/process.hpp"
#include "tests/harness/scratch.hpp"
#include "tests/probes/certificates.hpp"
#include "tests/probes/running.hpp"
#include "tests/probes/scripted_server.hpp"

namespace nines::probes::test {

namespace {

class GrpcServer {
 public:
  explicit GrpcServer(std::vector<std::string> options = {}) {
    std::vector<std::string> arguments = {"/usr/bin/python3",
                                          NINES_SOURCE_DIR "/tests/probes/servers/health_over_grpc.py"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    process_ = std::make_unique<harness::Process>(arguments);
    process_->wait_for_output("\n");
    const std::string port = process_->output();
    address_ = "127.0.0.1:" + port.substr(0, port.find('\n'));
  }
  const std::string& address() const { return address_; }

 private:
  std::unique_ptr<harness::Process> process_;
  std::string address_;
};

config::Module module_for(const std::string& service) {
  config::Module module;
  module.prober = config::Prober::grpc;
  module.grpc.service = service;
  return module;
}

const GrpcFacts& facts_of(const ProbeResult& result) {
  return std::get<GrpcFacts>(result.facts);
}

double value_of(const std::vector<Sample>& samples, std::string_view name, std::string_view label = {}) {
  for (const Sample& sample : samples) {
    if (sample.name == name && (label.empty() || sample.labels.front().second == label)) return sample.value;
  }
  FAIL("no sample " << name);
  return -1;
}

}  // namespace

TEST_CASE("health messages are written and read as protocol buffers have them") {
  CHECK(health_request("") == std::string(5, '\0'));
  CHECK(health_request("db") == std::string("\0\0\0\0\4\x0a\2db", 9));
  struct Case {
    std::string body;
    std::optional<int> status;
  };
  const std::vector<Case> cases = {
      {std::string("\0\0\0\0\2\x08\1", 7), 1},
      {std::string("\0\0\0\0\0", 5), 0},
      {std::string("\0\0\0\0\6\x12\2ab\x08\2", 11), 2},    // a field of a later version
      {std::string("\1\0\0\0\2\x08\1", 7), std::nullopt},  // compressed
      {std::string("\0\0\0\0\3\x08\1", 7), std::nullopt},  // cut
      {std::string("\0\0\0\0\1\x08", 6), std::nullopt},
      {std::string("\0\0\0\0\2\x12\x7f", 7), std::nullopt},
      {std::string("\0\0\0\0\x0c\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 17), std::nullopt},
      {"", std::nullopt},
  };
  for (const Case& one : cases) {
    CAPTURE(one.body.size());
    CHECK(health_status(one.body) == one.status);
  }
}

TEST_CASE("a gRPC server's health is asked for and judged") {
  const GrpcServer server;
  Engine engine;
  struct Case {
    std::string service;
    std::string told;
    int status;
    std::optional<int> serving;
  };
  const std::string from = " from " + server.address() + ": ";
  const std::vector<Case> cases = {
      {"", "none: ", 0, 1},
      {"orders", "none: ", 0, 1},
      {"down", "grpc_not_serving: gRPC health of `down`" + from + "NOT_SERVING; expected SERVING", 0, 2},
      {"undecided", "grpc_not_serving: gRPC health of `undecided`" + from + "UNKNOWN; expected SERVING", 0, 0},
      {"later", "grpc_not_serving: gRPC health of `later`" + from + "SERVICE_UNKNOWN; expected SERVING", 0, 3},
      {"new", "grpc_not_serving: gRPC health of `new`" + from + "status 9; expected SERVING", 0, 9},
      {"missing",
       "grpc_status: gRPC health of `missing`" + from + "the call ended with NOT_FOUND (unknown service); expected OK",
       5, std::nullopt},
  };
  for (const Case& one : cases) {
    CAPTURE(one.service);
    const ProbeResult result = run_probe(engine, module_for(one.service), server.address());
    CHECK(told(result.outcome) == one.told);
    CHECK(facts_of(result).status == one.status);
    CHECK(facts_of(result).serving == one.serving);
    CHECK(result.ip_family == 4);
    CHECK_FALSE(result.tls.has_value());
  }
  const auto samples = probe_samples(run_probe(engine, module_for(""), "http://" + server.address()), module_for(""));
  CHECK(value_of(samples, "probe_grpc_healthcheck_response", "SERVING") == 1);
  CHECK(value_of(samples, "probe_grpc_healthcheck_response", "NOT_SERVING") == 0);
  CHECK(value_of(samples, "probe_grpc_status_code") == 0);
  CHECK(value_of(samples, "probe_grpc_ssl") == 0);
}

TEST_CASE("gRPC metadata is sent, every value of a key") {
  const GrpcServer server;
  Engine engine;
  config::Module module = module_for("metadata");
  CHECK(run_probe(engine, module, server.address()).outcome.reason == Reason::grpc_status);
  module.grpc.metadata = {{"x-team", "red"}, {"x-team", "blue"}};
  CHECK(told(run_probe(engine, module, server.address()).outcome) == "none: ");
}

TEST_CASE("gRPC over TLS is verified and its certificate told") {
  const Certificate certificate = make_certificate({.common_name = "localhost", .names = "IP:127.0.0.1"});
  const harness::TempDir folder;
  const auto chain = folder.write("chain.pem", certificate.pem());
  const auto key = folder.write("key.pem", private_key_pem(certificate));
  const GrpcServer server({chain.string(), key.string()});
  Engine engine;
  config::Module module = module_for("");
  module.grpc.tls = true;
  const ProbeResult refused = run_probe(engine, module, server.address());
  CHECK(refused.outcome.reason == Reason::tls_self_signed);
  CHECK(facts_of(refused).status == 14);
  module.grpc.tls_config.ca_file = chain.string();
  const ProbeResult result = run_probe(engine, module, server.address());
  CHECK(told(result.outcome) == "none: ");
  REQUIRE(result.tls.has_value());
  CHECK(result.tls->version == "TLS 1.3");
  const auto samples = probe_samples(result, module);
  CHECK(value_of(samples, "probe_grpc_ssl") == 1);
  CHECK(value_of(samples, "probe_ssl_earliest_cert_expiry") > 1e9);
}

TEST_CASE("what is no gRPC server, or none that answers in time, has the call's own status") {
  Engine engine;
  {
    const GrpcServer server;
    const ProbeResult slow = run_probe(engine, module_for("slow"), server.address(), std::chrono::milliseconds(200));
    CHECK(slow.outcome.reason == Reason::http_timeout);
    CHECK(facts_of(slow).status == 4);
  }
  const std::string closed = fmt::format("127.0.0.1:{}", harness::free_port());
  const ProbeResult refused = run_probe(engine, module_for(""), closed);
  CHECK(refused.outcome.reason == Reason::connect_refused);
  CHECK(facts_of(refused).status == 14);

  ScriptedServer old([](Peer& peer) {
    peer.read_some();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    peer.wait_for_close();
  });
  const ProbeResult plain = run_probe(engine, module_for(""), fmt::format("127.0.0.1:{}", old.port()));
  CHECK_FALSE(plain.outcome.ok());
  CHECK_FALSE(is_agent_fault(plain.outcome.reason));
  CHECK(facts_of(plain).status == 14);
}

}  // namespace nines::probes::test
