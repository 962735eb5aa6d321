#include "probes/async/resolver.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <sys/resource.h>
#include <unistd.h>

#include "probes/async/hosts_file.hpp"
#include "tests/probes/dns_server.hpp"
#include "tests/probes/running.hpp"
#include "tests/probes/scripted_server.hpp"

using namespace std::chrono_literals;

namespace nines::probes::test {
namespace {

const char* const kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

std::optional<DnsAnswer> zone(const std::string& name, bool v6) {
  if (name == "four.test") return v6 ? DnsAnswer{} : DnsAnswer{.addresses = {"127.0.0.1"}};
  if (name == "both.test") return DnsAnswer{.addresses = {v6 ? "::1" : "127.0.0.1"}};
  if (name == "six.test") return v6 ? DnsAnswer{.addresses = {"::1"}} : DnsAnswer{};
  if (name == "none.test") return DnsAnswer{};
  if (name == "failing.test") return DnsAnswer{.code = 2};
  if (name == "refusing.test") return DnsAnswer{.code = 5};
  if (name == "xn--bcher-kva.test") return v6 ? DnsAnswer{} : DnsAnswer{.addresses = {"127.0.0.1"}};
  if (name == "silent.test") return std::nullopt;
  return DnsAnswer{.code = 3};
}

TEST_CASE("a name is resolved and connected to; the phase is its own") {
  const DnsServer dns(zone);
  Engine engine({.dns_servers = dns.servers()});
  ScriptedServer server(answers(kAnswer));
  const std::string port = std::to_string(server.port());
  for (const char* host : {"four.test", "FOUR.test", "bücher.test", "localhost", "127.0.0.1"}) {
    INFO(host);
    const HttpExchange answer = run(engine, std::string("http://") + host + ":" + port + "/");
    CHECK(told(answer.outcome) == "none: ");
    CHECK(answer.address == "127.0.0.1:" + port);
  }
}

TEST_CASE("each way a look-up fails has its reason and sentence") {
  const DnsServer dns(zone);
  Engine engine({.dns_servers = dns.servers()});
  const auto failed = [&](const std::string& host) { return told(run(engine, "http://" + host + "/").outcome); };
  CHECK(failed("nosuch.test") ==
        "dns_nxdomain: look-up of nosuch.test: the name does not exist (NXDOMAIN); expected an address");
  CHECK(failed("none.test") == "dns_no_address: look-up of none.test: the name has no address; expected an address");
  for (const std::string host : {"failing.test", "refusing.test"}) {
    CHECK(failed(host) == "dns_failure: look-up of " + host +
                              ": every DNS server failed, refused or could not be reached; expected an address");
  }
  HttpRequest request;
  request.url = "http://silent.test/";
  const HttpExchange answer = run(engine, request, 200ms);
  CHECK(told(answer.outcome) == "dns_timeout: look-up of silent.test: no answer within 200ms; expected an address");
  CHECK(answer.phases.resolve >= 200ms);
}

TEST_CASE("a family without fallback is asked for alone") {
  const DnsServer dns(zone);
  Engine engine({.dns_servers = dns.servers()});
  HttpRequest request;
  request.route.dial.preferred_ip_protocol = config::IpProtocol::ip6;
  request.route.dial.ip_protocol_fallback = false;
  request.url = "http://four.test/";
  CHECK(told(run(engine, request).outcome) ==
        "dns_no_address: look-up of four.test: the name has no IPv6 address; expected an address");
  request.url = "http://127.0.0.1/";
  CHECK(told(run(engine, request).outcome) ==
        "dns_no_address: look-up of 127.0.0.1: no address of the wanted family; expected an IPv6 address");
}

TEST_CASE("happy eyeballs: when one family refuses the other is used, and both are told") {
  const DnsServer dns(zone);
  Engine engine({.dns_servers = dns.servers()});
  ScriptedServer server(answers(kAnswer));
  const std::string port = std::to_string(server.port());
  HttpRequest request;
  request.url = "http://both.test:" + port + "/";
  const HttpExchange answer = run(engine, request);
  CHECK(told(answer.outcome) == "none: ");
  REQUIRE(answer.addresses.size() == 2);
  CHECK(answer.addresses[0].address == "[::1]:" + port);
  CHECK(answer.addresses[0].error == "connection refused");
  CHECK(answer.addresses[1].error.empty());

  request.route.dial.preferred_ip_protocol = config::IpProtocol::ip6;
  CHECK(told(run(engine, request).outcome) ==
        "connect_refused: connect to both.test:" + port + " ([::1]): connection refused; expected an HTTP answer");
  request.route.dial.preferred_ip_protocol = config::IpProtocol::ip4;
  CHECK(run(engine, request).addresses.size() == 1);
}

TEST_CASE("when every address refuses, each is named") {
  const DnsServer dns(zone);
  Engine engine({.dns_servers = dns.servers()});
  std::string port;
  {
    const ScriptedServer gone(answers(""));
    port = std::to_string(gone.port());
  }
  CHECK(told(run(engine, "http://both.test:" + port + "/").outcome) ==
        "connect_refused: connect to both.test:" + port + ": [::1]:" + port +
            ": connection refused, 127.0.0.1:" + port + ": connection refused; expected an HTTP answer");
}

TEST_CASE("addresses are chosen by family as blackbox_exporter does, and mixed when any will do") {
  const auto list = [](std::vector<const char*> texts) {
    std::vector<IpAddress> out;
    for (const char* text : texts) out.push_back(*IpAddress::parse(text));
    return out;
  };
  using config::IpProtocol;
  const auto mixed = list({"2001:db8::1", "2001:db8::2", "192.0.2.1"});
  CHECK(choose_addresses(mixed, IpProtocol::automatic, false) == list({"2001:db8::1", "192.0.2.1", "2001:db8::2"}));
  CHECK(choose_addresses(mixed, IpProtocol::ip4, true) == list({"192.0.2.1"}));
  CHECK(choose_addresses(mixed, IpProtocol::ip6, false) == list({"2001:db8::1", "2001:db8::2"}));
  CHECK(choose_addresses(list({"192.0.2.1"}), IpProtocol::ip6, true) == list({"192.0.2.1"}));
  CHECK(choose_addresses(list({"192.0.2.1"}), IpProtocol::ip6, false).empty());
  CHECK(choose_addresses({}, IpProtocol::automatic, true).empty());
}

TEST_CASE("address texts") {
  for (const char* text : {"192.0.2.1", "2001:db8::1", "::1", "fe80::1%lo"})
    CHECK(IpAddress::parse(text)->text() == text);
  CHECK(IpAddress::parse("[::1]")->with_port(80) == "[::1]:80");
  for (const char* text :
       {"127.1", "0x7f.1", "2130706433", "[127.0.0.1]", "::g", "", "[]", "example.com", "fe80::1%nosuchif"}) {
    CHECK_FALSE(IpAddress::parse(text).has_value());
  }
}

TEST_CASE("what the agent has run out of is not the target's fault") {
  for (const auto& [error, reason] : {std::pair{EADDRNOTAVAIL, Reason::agent_network},
                                      {EMFILE, Reason::agent_descriptors},
                                      {ENFILE, Reason::agent_descriptors},
                                      {ENOBUFS, Reason::agent_memory},
                                      {ENOMEM, Reason::agent_memory},
                                      {ECONNREFUSED, Reason::connect_refused},
                                      {ENETUNREACH, Reason::connect_unreachable},
                                      {EACCES, Reason::connect_failure}}) {
    CHECK(reason_name(connect_error_reason(error)) == reason_name(reason));
  }
}

TEST_CASE("a look-up that no socket is left for is the agent's fault") {
  const DnsServer dns([](const std::string&, bool) { return DnsAnswer{.code = 5}; });
  Engine engine({.dns_servers = dns.servers()});
  config::Module module;
  module.prober = config::Prober::tcp;
  CHECK(told(run_probe(engine, module, "a.test:80").outcome).starts_with("dns_failure: "));
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit few{std::min<rlim_t>(before.rlim_cur, 256), before.rlim_max};
  std::vector<Socket> taken;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
  while (taken.size() < 256 && (taken.empty() || taken.back())) taken.emplace_back(dup(STDERR_FILENO));
  const ProbeResult result = run_probe(engine, module, "a.test:80");
  taken.clear();
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(told(result.outcome) ==
        "agent_descriptors: look-up of a.test: the agent is out of file descriptors; expected an address");
}

TEST_CASE("the hosts file: comments, several names, both families") {
  const Hosts hosts = parse_hosts(
      "127.0.0.1\tlocalhost  Box # the machine\n# 192.0.2.9 commented\n::1 localhost\nrubbish line\n10.0.0.1 db\r\n\n");
  CHECK(hosts.size() == 3);
  CHECK(hosts.at("localhost") == std::vector{*IpAddress::parse("::1"), *IpAddress::parse("127.0.0.1")});
  CHECK(hosts.at("box").size() == 1);
  CHECK(hosts.at("db")[0].text() == "10.0.0.1");
}

TEST_CASE("host names are converted as IDNA 2008 says, or refused") {
  CHECK(to_ascii("example.com").value() == "example.com");
  CHECK(to_ascii("bücher.example").value() == "xn--bcher-kva.example");
  CHECK(to_ascii("straße.de").value() == "xn--strae-oqa.de");
  CHECK_FALSE(to_ascii("\xff\xfe").has_value());
}

}  // namespace
}  // namespace nines::probes::test
