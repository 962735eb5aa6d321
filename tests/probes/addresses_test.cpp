#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "probes/all_addresses.hpp"
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
