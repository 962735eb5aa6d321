#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <sys/socket.h>

#include "probes/all_addresses.hpp"
#include "probes/descriptors.hpp"
#include "probes/net/connect.hpp"
#include "tests/harness/scratch.hpp"
#include "tests/probes/dns_server.hpp"
#include "tests/probes/running.hpp"
#include "tests/probes/scripted_server.hpp"
#include "tests/probes/unbound.hpp"

using namespace std::chrono_literals;

namespace nines::probes::test {
namespace {

std::optional<DnsAnswer> zone(const std::string& name, bool v6) {
  if (name == "both.test") return DnsAnswer{.addresses = {v6 ? "::1" : "127.0.0.1"}};
  if (name == "three.test") {
    return v6 ? DnsAnswer{} : DnsAnswer{.addresses = {"127.0.0.1", "127.0.0.2", "127.0.0.3"}};
  }
  if (name == "many.test") {
    DnsAnswer answer;
    for (int i = 1; i <= 20 && !v6; ++i) answer.addresses.push_back("127.0.1." + std::to_string(i));
    return answer;
  }
  return DnsAnswer{.code = 3};
}

config::Module http_of_all() {
  config::Module module;
  module.addresses = config::Addresses::all;
  return module;
}

TEST_CASE("all addresses of a name are probed, and all must pass") {
  const DnsServer dns(zone);
  Engine engine({.dns_servers = dns.servers()});
  ScriptedServer four(answers(ok("up")));
  const std::string port = std::to_string(four.port());
  const std::string url = "http://both.test:" + port + "/";

  const ProbeResult half = run_probe(engine, http_of_all(), url);
  CHECK(told(half.outcome) == "connect_refused: 1 of 2 addresses failed: ::1: connect to both.test:" + port +
                                  " ([::1]): connection refused; expected an HTTP answer");
  REQUIRE(half.tried.size() == 2);
  CHECK(half.tried[0].address == "::1");
  CHECK(half.tried[0].error ==
        "connect to both.test:" + port + " ([::1]): connection refused; expected an HTTP answer");
  CHECK(half.tried[1].address == "127.0.0.1:" + port);
  CHECK(half.tried[1].error.empty());
  CHECK(half.ip_family == 6);
  CHECK(four.connections() == 1);

  config::Module any = http_of_all();
  any.addresses = config::Addresses::any;
  CHECK(told(run_probe(engine, any, url).outcome) == "none: ");
  config::Module ip4 = http_of_all();
  ip4.http.dial.preferred_ip_protocol = config::IpProtocol::ip4;
  const ProbeResult one = run_probe(engine, ip4, url);
  CHECK(told(one.outcome) == "none: ");
  CHECK(one.tried.size() == 1);
  CHECK(one.status == 200);
  CHECK(one.phases.resolve > 0us);
  CHECK(one.duration >= one.phases.total());
  CHECK(told(run_probe(engine, http_of_all(), "http://none.test/").outcome) ==
        "dns_nxdomain: look-up of none.test: the name does not exist (NXDOMAIN); expected an address");
  CHECK(told(run_probe(engine, http_of_all(), "127.0.0.1:" + port).outcome) == "none: ");
}

TEST_CASE("every address that failed is named; the rest is probed nevertheless") {
  const DnsServer dns(zone);
  Engine engine({.dns_servers = dns.servers()});
  ScriptedServer first(answers(ok("up")));
  const std::string port = std::to_string(first.port());
  config::Module module = http_of_all();
  module.prober = config::Prober::tcp;
  const ProbeResult result = run_probe(engine, module, "three.test:" + port);
  CHECK(reason_name(result.outcome.reason) == "connect_refused");
  CHECK(result.outcome.message.starts_with("2 of 3 addresses failed: 127.0.0."));
  for (const char* address : {"127.0.0.2: connect to three.test", "127.0.0.3: connect to three.test"}) {
    CHECK(result.outcome.message.find(address) != std::string::npos);
  }
  CHECK(result.tried.size() == 3);
}

TEST_CASE("of very many addresses sixteen are probed") {
  const DnsServer dns(zone);
  Engine engine({.dns_servers = dns.servers()});
  config::Module module = http_of_all();
  module.prober = config::Prober::tcp;
  const ProbeResult result = run_probe(engine, module, "many.test:" + std::to_string(harness::free_port()));
  CHECK(result.tried.size() == 16);
  CHECK(result.outcome.message.starts_with("16 of 16 addresses failed: "));
}

TEST_CASE(
    "of many addresses only as many are probed at a time as one run has descriptors for, and the time-out holds") {
  const DnsServer dns(zone);
  Engine engine({.dns_servers = dns.servers()});
  const Socket silent(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_storage at;
  socklen_t size = IpAddress::parse("0.0.0.0")->to_sockaddr(at, 0);
  REQUIRE(bind(silent.fd(), reinterpret_cast<const sockaddr*>(&at), size) == 0);
  REQUIRE(listen(silent.fd(), 64) == 0);
  REQUIRE(getsockname(silent.fd(), reinterpret_cast<sockaddr*>(&at), &size) == 0);
  const int port = ntohs(reinterpret_cast<const sockaddr_in*>(&at)->sin_port);
  config::Module module = http_of_all();
  const ProbeResult result = run_probe(engine, module, "many.test:" + std::to_string(port), 300ms);
  CHECK(reason_name(result.outcome.reason) == "http_timeout");
  CHECK(result.duration < 10s);
  std::size_t connections = 0;
  while (true) {
    const Socket one(accept(silent.fd(), nullptr, nullptr));
    if (!one) break;
    ++connections;
  }
  CHECK(connections == kDescriptorsPerRun);
  REQUIRE(result.tried.size() == 16);
  CHECK(std::ranges::count(result.tried, "not probed: those before it took all the time; expected it to have its turn",
                           &AddressTried::error) == 16 - static_cast<int>(kDescriptorsPerRun));
  CHECK(told(run_probe(engine, module, "many.test:" + std::to_string(harness::free_port())).outcome)
            .starts_with("connect_refused: 16 of 16 addresses failed: "));
}

TEST_CASE("a failure of the agent at one address does not hide the target's at another") {
  const DnsServer dns(zone);
  Engine engine({.dns_servers = dns.servers()});
  config::Module module = http_of_all();
  module.prober = config::Prober::tcp;
  module.tcp.dial.source_ip_address = "127.0.0.1";  // of no use for both.test's first address, ::1
  const std::string port = std::to_string(harness::free_port());
  CHECK(told(run_probe(engine, module, "both.test:" + port).outcome)
            .starts_with("connect_refused: 2 of 2 addresses failed: ::1: connect to both.test:" + port +
                         " ([::1]): the agent has no local address"));
  module.addresses = config::Addresses::any;
  CHECK(told(run_probe(engine, module, "both.test:" + port).outcome).starts_with("connect_refused: "));
  module.tcp.dial.source_ip_address = "192.0.2.1";  // not this machine's
  CHECK(told(run_probe(engine, module, "both.test:" + port).outcome).starts_with("agent_network: "));
  module.tcp.dial.source_ip_address = "::1";
  module.tcp.dial.preferred_ip_protocol = config::IpProtocol::ip4;
  CHECK(told(run_probe(engine, module, "both.test:" + port).outcome).starts_with("agent_network: "));
  module.prober = config::Prober::dns;
  module.dns.query_name = "www.example.test";
  module.dns.query_type = 1;
  module.dns.dial.source_ip_address = "127.0.0.1";
  CHECK(told(run_probe(engine, module, "both.test:" + port).outcome).starts_with("connect_refused: "));
  module.dns.dial.source_ip_address = "192.0.2.1";
  CHECK(told(run_probe(engine, module, "both.test:" + port).outcome).starts_with("agent_network: "));
}

TEST_CASE("a target's host is the same to `addresses: all` as to its prober") {
  struct Case {
    config::Prober prober;
    std::string target;
    bool all;
  };
  const std::vector<Case> cases = {
      {config::Prober::http, "example.com/?u=http://x", true},
      {config::Prober::http, "example.com", true},
      {config::Prober::http, "https://[::1]/", false},
      {config::Prober::grpc, "http://example.com:50051", true},
      {config::Prober::grpc, "example.com:50051", true},
      {config::Prober::grpc, "grpcs://example.com", true},
      {config::Prober::grpc, "grpc://[::1]:50051", false},
      {config::Prober::icmp, "[::1]", false},
      {config::Prober::icmp, "example.com", true},
      {config::Prober::tcp, "example.com:80", true},
      {config::Prober::tcp, "a:b:c", false},
      {config::Prober::dns, "2001:db8::1", false},
      {config::Prober::dns, "example.com:53:53", false},
      {config::Prober::websocket, "ws://example.com/?u=http://x", true},
  };
  for (const Case& c : cases) {
    INFO(c.target);
    config::Module module = http_of_all();
    module.prober = c.prober;
    CHECK(wants_all_addresses({.module = std::make_shared<const config::Module>(module), .target = c.target}) == c.all);
  }
  CHECK_FALSE(split_host_port("a:b:c").has_value());
  CHECK(split_host_port("2001:db8::1")->host == "2001:db8::1");
  CHECK_FALSE(split_host_port("2001:db8::1")->port.has_value());
}

TEST_CASE("DNS servers: each address is asked, and one that fails fails the probe") {
  const DnsServer names(zone);
  const Unbound server("www.example.test. 300 IN A 192.0.2.1");
  Engine engine({.dns_servers = names.servers()});
  config::Module module = http_of_all();
  module.prober = config::Prober::dns;
  module.dns.query_name = "www.example.test";
  module.dns.query_type = 1;
  const ProbeResult both = run_probe(engine, module, "both.test:" + std::to_string(server.port()));
  CHECK(told(both.outcome) == "none: ");
  CHECK(both.tried.size() == 2);
  module.dns.valid_rcodes = {"NXDOMAIN"};
  const ProbeResult failed = run_probe(engine, module, "both.test:" + std::to_string(server.port()));
  CHECK(failed.outcome.message.starts_with("2 of 2 addresses failed: ::1: query www.example.test. A of [::1]:"));
  CHECK(std::get<DnsFacts>(failed.facts).answered);
}

TEST_CASE("a check with a resolver of its own asks it, and others ask theirs") {
  const Unbound left("name.example.test. 60 IN A 127.0.0.1");
  const Unbound right("name.example.test. 60 IN A 127.0.0.2");
  const DnsServer usual([](const std::string&, bool) { return DnsAnswer{.code = 3}; });
  Engine engine({.dns_servers = usual.servers()});
  config::Module module;
  module.prober = config::Prober::tcp;
  module.addresses = config::Addresses::one;
  const std::string target = "name.example.test:" + std::to_string(harness::free_port());
  const auto went_to = [&](const std::string& resolver) {
    module.resolver = resolver;
    const ProbeResult result = run_probe(engine, module, target);
    return result.tried.empty() ? told(result.outcome)
                                : result.tried[0].address.substr(0, result.tried[0].address.find(':'));
  };
  for (int round = 0; round < 2; ++round) {
    CHECK(went_to(left.target()) == "127.0.0.1");
    CHECK(went_to(right.target()) == "127.0.0.2");
    CHECK(went_to("[::1]:" + std::to_string(right.port())) == "127.0.0.2");
    CHECK(went_to("") ==
          "dns_nxdomain: look-up of name.example.test: the name does not exist (NXDOMAIN); expected an address");
  }
}

}  // namespace
}  // namespace nines::probes::test
