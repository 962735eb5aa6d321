#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "probes/async/scope.hpp"
#include "probes/icmp/packet.hpp"
#include "probes/icmp/prober.hpp"
#include "tests/probes/dns_server.hpp"
#include "tests/probes/echo_responder.hpp"
#include "tests/probes/namespace.hpp"
#include "tests/probes/running.hpp"

using namespace std::chrono_literals;

namespace nines::probes::test {
namespace {

TEST_CASE("ICMP in a network namespace of its own") {
  CHECK(run_in_network_namespace("[icmp-inside]") == "");
}

config::Module icmp_module() {
  config::Module module;
  module.prober = config::Prober::icmp;
  return module;
}

const IcmpFacts& facts(const ProbeResult& result) {
  return std::get<IcmpFacts>(result.facts);
}

ProbeResult logged(Engine& engine, const config::Module& module, const std::string& target, ProbeLog& log) {
  ProbeRequest request;
  request.module = std::make_shared<const config::Module>(module);
  request.target = target;
  request.log = &log;
  return run_probe(engine, std::move(request));
}

TEST_CASE("the machine answers an echo, by either kind of socket and family", "[.][icmp-inside]") {
  bring_loopback_up();
  Engine engine;
  for (const bool datagram : {false, true}) {
    allow_datagram_icmp(datagram);
    for (const std::string target : {"127.0.0.1", "127.0.0.2", "::1", "[::1]", "0.0.0.0"}) {
      for (const int size : {0, 1, 15, 1400}) {
        CAPTURE(datagram, target, size);
        config::Module module = icmp_module();
        module.icmp.payload_size = size;
        ProbeLog log;
        const ProbeResult result = logged(engine, module, target, log);
        CHECK(told(result.outcome) == "none: ");
        CHECK(result.phases.processing > 0us);
        CHECK(result.phases.processing <= result.duration);
        CHECK(facts(result).setup <= result.duration);
        CHECK(facts(result).reply_hop_limit == 64);
        CHECK(result.ip_family == (target.find(':') == target.npos ? 4 : 6));
        CHECK(result.tried.size() == 1);
        CHECK((log.text().find("socket=datagram") != std::string::npos) == datagram);
        CHECK((log.text().find("socket=raw") != std::string::npos) != datagram);
      }
    }
  }
}

TEST_CASE("many echoes at once each get their own reply", "[.][icmp-inside]") {
  bring_loopback_up();
  Engine engine;
  for (const bool datagram : {false, true}) {
    allow_datagram_icmp(datagram);
    std::vector<ProbeResult> results(50);
    engine.loop().run([](Engine* on, std::vector<ProbeResult>* out) -> Task<void> {
      DeadlineScope deadline(on->loop(), 30s, {});
      Scope scope(on->loop(), deadline.stop());
      const auto module = std::make_shared<const config::Module>(icmp_module());
      for (ProbeResult& slot : *out) {
        scope.spawn(
            [](Engine* with, std::shared_ptr<const config::Module> what, ProbeResult* into, Stop stop) -> Task<void> {
              *into = co_await probe(*with, {.module = what, .target = "127.0.0.1"}, stop);
            }(on, module, &slot, scope.stop()));
      }
      co_await scope.join();
    }(&engine, &results));
    for (const ProbeResult& result : results) CHECK(told(result.outcome) == "none: ");
  }
}

TEST_CASE("without any kind of socket the sentence says what to allow", "[.][icmp-inside]") {
  bring_loopback_up();
  allow_datagram_icmp(false);
  std::thread([] {
    give_up_raw_sockets();
    Engine engine;
    const ProbeResult result = run_probe(engine, icmp_module(), "127.0.0.1");
    CHECK(told(result.outcome) ==
          "agent_permission: ping 127.0.0.1: this system allows no ICMP sockets: allow the group of this program in "
          "net.ipv4.ping_group_range, or give it cap_net_raw; expected an echo reply");
  }).join();
}

TEST_CASE("packets too big to be sent whole", "[.][icmp-inside]") {
  bring_loopback_up(1500);
  Engine engine;
  for (const bool datagram : {false, true}) {
    allow_datagram_icmp(datagram);
    config::Module module = icmp_module();
    module.icmp.payload_size = 3000;
    CHECK(told(run_probe(engine, module, "127.0.0.1").outcome) == "none: ");
    CHECK(told(run_probe(engine, module, "::1").outcome) == "none: ");
    module.icmp.dont_fragment = true;
    CHECK(
        told(run_probe(engine, module, "127.0.0.1").outcome) ==
        "icmp_unreachable: ping 127.0.0.1: a packet of 3028 bytes is too big to be sent unfragmented, at most 1500 are "
        "possible; expected an echo reply");
    CHECK(told(run_probe(engine, module, "::1").outcome) ==
          "icmp_unreachable: ping ::1: a packet of 3048 bytes is too big to be sent unfragmented, at most 1500 are "
          "possible; expected an echo reply");
    module.icmp.payload_size = 1400;
    CHECK(told(run_probe(engine, module, "127.0.0.1").outcome) == "none: ");
    CHECK(told(run_probe(engine, module, "::1").outcome) == "none: ");
  }
  bring_loopback_up();
}

TEST_CASE("the source address and the time to live are as asked for", "[.][icmp-inside]") {
  bring_loopback_up();
  allow_datagram_icmp(true);
  Engine engine;
  std::string seen;
  const EchoResponder responder([&](const std::string& packet) {
    seen = packet;
    return std::vector{echo_reply(packet)};
  });
  config::Module module = icmp_module();
  module.icmp.dial.source_ip_address = "127.0.0.5";
  module.icmp.ttl = 7;
  CHECK(told(run_probe(engine, module, "127.0.0.1").outcome) == "none: ");
  REQUIRE(seen.size() > 20);
  CHECK(static_cast<int>(seen[8]) == 7);
  CHECK(seen.substr(12, 4) == std::string("\x7f\0\0\5", 4));
  module.icmp.dial.source_ip_address = "192.0.2.1";
  CHECK(reason_name(run_probe(engine, module, "127.0.0.1").outcome.reason) == "agent_network");
}

TEST_CASE("what is not the reply is passed over", "[.][icmp-inside]") {
  bring_loopback_up();
  Engine engine;
  for (const bool datagram : {false, true}) {
    allow_datagram_icmp(datagram);
    const auto other = [](const std::string& packet, std::size_t at) {
      std::string changed = packet;
      changed[at] = static_cast<char>(changed[at] ^ 1);
      return echo_reply(changed);
    };
    {
      const EchoResponder responder([&](const std::string& packet) {
        return std::vector{other(packet, 27),
                           other(packet, 24),
                           other(packet, 28),
                           other(packet, packet.size() - 1),
                           echo_reply(packet.substr(0, packet.size() - 1)),
                           echo_reply(packet + "x"),
                           icmp_message(11, 0, std::string(4, '\0'), other(packet, 27)),
                           echo_reply(packet)};
      });
      CHECK(told(run_probe(engine, icmp_module(), "127.0.0.1").outcome) == "none: ");
    }
    const EchoResponder responder([&](const std::string& packet) { return std::vector{other(packet, 28)}; });
    const ProbeResult result = run_probe(engine, icmp_module(), "127.0.0.1", 200ms);
    CHECK(told(result.outcome) == "icmp_timeout: ping 127.0.0.1: no reply within 200ms; expected an echo reply");
    CHECK(result.ip_family == 4);
    CHECK_FALSE(facts(result).reply_hop_limit.has_value());
  }
}

TEST_CASE("what routers say ends the probe with their words", "[.][icmp-inside]") {
  bring_loopback_up();
  Engine engine;
  struct Case {
    int type;
    int code;
    const char* words;
    std::string rest = std::string(4, '\0');
  };
  const std::vector<Case> cases = {
      {11, 0, "time to live exceeded"},
      {3, 1, "host unreachable"},
      {3, 0, "network unreachable"},
      {3, 13, "administratively prohibited"},
      {3, 4, "packet too big (at most 1280 bytes)", std::string("\0\0\5\0", 4)},
      {12, 0, "parameter problem"},
  };
  for (const bool datagram : {false, true}) {
    allow_datagram_icmp(datagram);
    for (const Case& c : cases) {
      CAPTURE(datagram, c.type, c.code);
      const EchoResponder responder(
          [&](const std::string& packet) { return std::vector{icmp_message(c.type, c.code, c.rest, packet)}; });
      config::Module module = icmp_module();
      module.icmp.dont_fragment = c.code == 4;  // else the kernel does not pass it on
      const ProbeResult result = run_probe(engine, module, "127.0.0.1", 10s);
      CHECK(told(result.outcome) == std::string("icmp_unreachable: ping 127.0.0.1: 127.0.0.1 answered: ") + c.words +
                                        "; expected an echo reply");
      REQUIRE(result.tried.size() == 1);
      CHECK(result.tried[0].error == std::string("127.0.0.1 answered: ") + c.words);
    }
  }
}

TEST_CASE("without a route the probe ends at once, and the name's next address is tried", "[.][icmp-inside]") {
  bring_loopback_up();
  allow_datagram_icmp(true);
  const DnsServer dns([](const std::string&, bool v6) -> std::optional<DnsAnswer> {
    return DnsAnswer{.addresses = {v6 ? "2001:db8::1" : "127.0.0.1"}};
  });
  Engine engine({.dns_servers = dns.servers()});
  CHECK(told(run_probe(engine, icmp_module(), "192.0.2.1").outcome) ==
        "icmp_unreachable: ping 192.0.2.1: no route to the network; expected an echo reply");
  config::Module module = icmp_module();
  CHECK(told(run_probe(engine, module, "both.test").outcome) == "none: ");
  module.icmp.dial.preferred_ip_protocol = config::IpProtocol::ip6;
  const ProbeResult result = run_probe(engine, module, "both.test");
  CHECK(told(result.outcome) ==
        "icmp_unreachable: ping both.test (2001:db8::1): no route to the network; expected an echo reply");
  CHECK(result.ip_family == 6);
  CHECK(result.phases.resolve > 0us);
}

TEST_CASE("ICMP messages: requests with their checksum, replies, what errors quote") {
  Echo echo{.family = 4, .id = 0x1234, .sequence = 7, .payload = "abc"};
  CHECK(echo_request(echo) == icmp_message(8, 0, std::string("\x12\x34\0\7", 4), "abc"));
  CHECK(is_reply(echo, icmp_message(0, 0, std::string("\x12\x34\0\7", 4), "abc")));
  CHECK_FALSE(is_reply(echo, icmp_message(8, 0, std::string("\x12\x34\0\7", 4), "abc")));
  CHECK_FALSE(is_reply(echo, icmp_message(0, 0, std::string("\x12\x35\0\7", 4), "abc")));
  CHECK_FALSE(is_reply(echo, icmp_message(0, 0, std::string("\x12\x34\0\7", 4), "abcd")));
  for (std::size_t size = 0; size < 11; ++size) {
    const std::string part = icmp_message(0, 0, std::string("\x12\x34\0\7", 4), "abc").substr(0, size);
    CHECK_FALSE(is_reply(echo, part));
  }
  CHECK(is_request(echo, echo_request(echo)));
  CHECK(is_request(echo, echo_request(echo).substr(0, 9)));
  CHECK_FALSE(is_request(echo, echo_request(echo).substr(0, 7)));
  echo.any_id = true;
  CHECK(is_reply(echo, icmp_message(0, 0, std::string("\x12\x35\0\7", 4), "abc")));
  CHECK(behind_ipv4_header("") == "");
  CHECK(behind_ipv4_header("\x4f" + std::string(20, 'a')) == "");
  CHECK(behind_ipv4_header("\x44" + std::string(30, 'a')) == "");
  CHECK(behind_ipv4_header("\x45" + std::string(19, 'a') + "rest") == "rest");
  CHECK(icmp_error_words(4, 3, 42) == "type 3 code 42");
  CHECK(icmp_error_words(6, 3, 0) == "hop limit exceeded");
}

}  // namespace
}  // namespace nines::probes::test
