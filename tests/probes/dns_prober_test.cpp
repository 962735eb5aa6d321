#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <re2/re2.h>

#include "probes/dns/prober.hpp"
#include "tests/harness/scratch.hpp"
#include "tests/probes/certificates.hpp"
#include "tests/probes/datagram_server.hpp"
#include "tests/probes/dns_server.hpp"
#include "tests/probes/running.hpp"
#include "tests/probes/scripted_server.hpp"
#include "tests/probes/unbound.hpp"

using namespace std::chrono_literals;

namespace nines::probes::test {
namespace {

const char* const kZone = R"(example.test. 3600 IN SOA ns.example.test. noc.example.test. 1000 7200 3600 1209600 60
example.test. 3600 IN NS ns.example.test.
www.example.test. 300 IN A 192.0.2.1
www.example.test. 300 IN A 192.0.2.2
www.example.test. 300 IN AAAA 2001:db8::1
example.test. 3600 IN MX 10 mail.example.test.
text.example.test. 60 IN TXT "v=spf1 -all" "second"
_sip._tcp.example.test. 60 IN SRV 1 2 5060 sip.example.test.
xn--bcher-kva.example.test. 60 IN A 192.0.2.9
)";

config::Module dns_module(const std::string& name, std::uint16_t type) {
  config::Module module;
  module.prober = config::Prober::dns;
  module.dns.query_name = name;
  module.dns.query_type = type;
  return module;
}

std::vector<config::Regex> patterns(const std::vector<std::string>& texts) {
  std::vector<config::Regex> out;
  for (const auto& text : texts) out.push_back({text, std::make_shared<const re2::RE2>(text)});
  return out;
}

const DnsFacts& facts(const ProbeResult& result) {
  return std::get<DnsFacts>(result.facts);
}

TEST_CASE("a real DNS server's answers, by UDP and by TCP") {
  const Unbound server(kZone);
  Engine engine;
  struct Case {
    const char* name;
    std::uint16_t type;
    const char* body;
  };
  const std::vector<Case> cases = {
      {"text.example.test", 16, "text.example.test.\t60\tIN\tTXT\t\"v=spf1 -all\" \"second\"\n"},
      {"example.test.", 15, "example.test.\t3600\tIN\tMX\t10 mail.example.test.\n"},
      {"www.example.test", 28, "www.example.test.\t300\tIN\tAAAA\t2001:db8::1\n"},
      {"_sip._tcp.example.test", 33, "_sip._tcp.example.test.\t60\tIN\tSRV\t1 2 5060 sip.example.test.\n"},
      {"example.test", 6,
       "example.test.\t3600\tIN\tSOA\tns.example.test. noc.example.test. 1000 7200 3600 1209600 60\n"},
      {"bücher.example.test", 1, "xn--bcher-kva.example.test.\t60\tIN\tA\t192.0.2.9\n"},
  };
  for (const bool tcp : {false, true}) {
    for (const Case& c : cases) {
      CAPTURE(tcp, c.name);
      config::Module module = dns_module(c.name, c.type);
      module.dns.tcp = tcp;
      const ProbeResult result = run_probe(engine, module, server.target());
      CHECK(told(result.outcome) == "none: ");
      CHECK(result.body == c.body);
      CHECK(result.address == server.target());
      CHECK(result.ip_family == 4);
      CHECK(result.ip_hash == 3668918509U);
      CHECK(facts(result).answered);
      CHECK(facts(result).answers == 1);
      CHECK(facts(result).asked_for_serial == (c.type == 6));
      CHECK(facts(result).serial.value_or(0) == (c.type == 6 ? 1000U : 0U));
      CHECK(result.phases.processing > 0us);
      CHECK(result.phases.resolve == 0us);
    }
  }
}

TEST_CASE("codes: what is not NOERROR, or not in the list, fails with both") {
  const Unbound server(kZone);
  Engine engine;
  const auto outcome = [&](const std::string& name, std::vector<std::string> valid) {
    config::Module module = dns_module(name, 1);
    module.dns.valid_rcodes = std::move(valid);
    const ProbeResult result = run_probe(engine, module, server.target());
    CHECK(facts(result).answered);
    return told(result.outcome);
  };
  const std::string subject = "dns_rcode: query none.example.test. A of " + server.target() + ": ";
  CHECK(outcome("www.example.test", {}) == "none: ");
  CHECK(outcome("none.example.test", {}) == subject + "answered NXDOMAIN; expected NOERROR");
  CHECK(outcome("none.example.test", {"SERVFAIL", "NXDOMAIN"}) == "none: ");
  CHECK(outcome("none.example.test", {"SERVFAIL", "REFUSED"}) ==
        subject + "answered NXDOMAIN; expected SERVFAIL, REFUSED");
  CHECK(outcome("none.example.test", {"BOGUS", "NXDOMAIN"}) ==
        subject +
            "answered NXDOMAIN, but `valid_rcodes` has BOGUS, which is the name of no response code; expected "
            "names such as NOERROR");
}

TEST_CASE("the rules on records do what blackbox_exporter's do, whatever their names") {
  const Unbound server(kZone);
  Engine engine;
  using Rules = config::RecordRules;
  struct Case {
    const char* name;
    std::function<void(Rules&)> answer;
    std::string told;  // after the subject; empty: passes
  };
  const auto rule = [](auto member) {
    return [member](std::vector<std::string> texts) -> std::function<void(Rules&)> {
      return [member, texts](Rules& rules) { rules.*member = patterns(texts); };
    };
  };
  const auto matches = rule(&Rules::fail_if_matches_regexp);
  const auto all = rule(&Rules::fail_if_all_match_regexp);
  const auto nots = rule(&Rules::fail_if_not_matches_regexp);
  const auto none = rule(&Rules::fail_if_none_matches_regexp);
  const std::vector<Case> cases = {
      {"one matches", matches({"zzz", "192\\.0\\.2\\.2"}), "matches `192\\.0\\.2\\.2`; expected it not to"},
      {"none matches", matches({"198.51", "TXT"}), ""},
      {"every record matches every pattern", nots({"\tIN\t", "^www\\.example\\.test\\.\t300"}), ""},
      {"a record does not match", nots({"192.0.2.1"}),
       "answer record www.example.test. 300 IN A 192.0.2.2 does not match `192.0.2.1`; expected it to"},
      {"`all match` passes when all match", all({"192.0.2"}), ""},
      {"`all match` fails when one does not", all({"192.0.2.1"}),
       "answer record www.example.test. 300 IN A 192.0.2.2 does not match `192.0.2.1`; expected it to"},
      {"one of the patterns matches one record", none({"zzz", "192.0.2.1"}), ""},
      {"no pattern matches", none({"zzz", "198.51"}), "no answer record matches `zzz`; expected one to"},
  };
  for (const Case& c : cases) {
    INFO(c.name);
    config::Module module = dns_module("www.example.test", 1);
    c.answer(module.dns.answer);
    const ProbeResult result = run_probe(engine, module, server.target());
    CHECK(result.failed_due_to_regex == false);
    CHECK(facts(result).answers == 2);
    CHECK(reason_name(result.outcome.reason) == (c.told.empty() ? "none" : "dns_records"));
    CHECK(result.outcome.message.ends_with(c.told));
  }

  // Of a section without records.
  for (const auto& [set, fails] :
       {std::pair{matches({"x"}), false}, {all({"x"}), false}, {nots({"x"}), true}, {none({"x"}), true}}) {
    config::Module module = dns_module("www.example.test", 1);
    set(module.dns.additional);
    const ProbeResult result = run_probe(engine, module, server.target());
    CHECK(told(result.outcome) == (fails ? "dns_records: query www.example.test. A of " + server.target() +
                                               ": no additional record; expected some that match"
                                         : "none: "));
  }

  config::Module module = dns_module("none.example.test", 1);
  module.dns.valid_rcodes = {"NXDOMAIN"};
  module.dns.authority.fail_if_not_matches_regexp = patterns({"\tSOA\t"});
  const ProbeResult result = run_probe(engine, module, server.target());
  CHECK(told(result.outcome) == "none: ");
  CHECK(facts(result).authorities == 1);
  CHECK(facts(result).answers == 0);
}

TEST_CASE("names are resolved, IPv6 and default ports are understood") {
  const Unbound server(kZone);
  const DnsServer names([](const std::string& name, bool v6) -> std::optional<DnsAnswer> {
    if (name == "ns.test") return DnsAnswer{.addresses = {v6 ? "::1" : "127.0.0.1"}};
    return DnsAnswer{.code = 3};
  });
  Engine engine({.dns_servers = names.servers()});
  config::Module module = dns_module("www.example.test", 1);
  const std::string port = std::to_string(server.port());
  const ProbeResult by_name = run_probe(engine, module, "ns.test:" + port);
  CHECK(told(by_name.outcome) == "none: ");
  CHECK(by_name.phases.resolve > 0us);
  CHECK(by_name.address == "[::1]:" + port);
  CHECK(by_name.ip_family == 6);
  module.dns.dial.preferred_ip_protocol = config::IpProtocol::ip4;
  CHECK(run_probe(engine, module, "ns.test:" + port).address == "127.0.0.1:" + port);
  CHECK(run_probe(engine, module, "[::1]:" + port).address == "[::1]:" + port);
  CHECK(told(run_probe(engine, module, "none.test:53").outcome) ==
        "dns_nxdomain: look-up of none.test: the name does not exist (NXDOMAIN); expected an address");
  CHECK(told(run_probe(engine, module, "ns.test:port").outcome) ==
        "connect_failure: `ns.test:port` is no target; expected a host, or host:port");

  // The default ports are seen in what could not be reached: nothing listens on this loopback address.
  module.dns.dial.preferred_ip_protocol = config::IpProtocol::automatic;
  for (const char* target : {"127.9.8.7", "127.9.8.7:53"}) {
    CHECK(told(run_probe(engine, module, target).outcome) ==
          "connect_refused: query www.example.test. A of 127.9.8.7:53: connection refused; expected an answer");
  }
  module.dns.dns_over_tls = true;
  CHECK(run_probe(engine, module, "127.9.8.7").outcome.message.find(":853") != std::string::npos);
}

TEST_CASE("of a name's addresses the first that is there is asked, and all are told") {
  const DatagramServer server([](const std::string& query) { return std::vector{dns_reply(query)}; });
  const DnsServer names([](const std::string&, bool v6) -> std::optional<DnsAnswer> {
    return DnsAnswer{.addresses = {v6 ? "::1" : "127.0.0.1"}};
  });
  Engine engine({.dns_servers = names.servers()});
  const std::string port = std::to_string(server.port());
  config::Module module = dns_module("x.test", 1);
  const ProbeResult any = run_probe(engine, module, "both.test:" + port);
  CHECK(told(any.outcome) == "none: ");
  REQUIRE(any.tried.size() == 2);
  CHECK(any.tried[0].address == "[::1]:" + port);
  CHECK(any.tried[0].error == "connection refused");
  CHECK(any.tried[1].error.empty());
  CHECK(any.ip_family == 4);

  module.addresses = config::Addresses::one;
  const ProbeResult one = run_probe(engine, module, "both.test:" + port);
  CHECK(told(one.outcome) ==
        "connect_refused: query x.test. A of [::1]:" + port + ": connection refused; expected an answer");
  CHECK(one.ip_family == 6);
}

TEST_CASE("datagrams that are not the answer are passed over until the time is up") {
  Engine engine;
  const config::Module module = dns_module("x.test", 1);
  const auto other_id = [](std::string bytes) {
    bytes[0] = static_cast<char>(bytes[0] ^ 0x55);
    return bytes;
  };
  const auto other_question = [](std::string bytes) {
    bytes[13] = 'y';
    return bytes;
  };
  {
    const DatagramServer server([&](const std::string& query) {
      return std::vector{other_id(dns_reply(query)), std::string("?"), other_question(dns_reply(query)),
                         dns_reply(query, 0x8180, 1, dns_record(1, "abcd"))};
    });
    const ProbeResult result = run_probe(engine, module, "127.0.0.1:" + std::to_string(server.port()));
    CHECK(told(result.outcome) == "none: ");
    CHECK(result.body == "x.test.\t3600\tIN\tA\t97.98.99.100\n");
  }
  {
    const DatagramServer server([&](const std::string& query) { return std::vector{other_id(dns_reply(query))}; });
    const std::string target = "127.0.0.1:" + std::to_string(server.port());
    const ProbeResult result = run_probe(engine, module, target, 200ms);
    CHECK(told(result.outcome) == "dns_timeout: query x.test. A of " + target +
                                      ": no answer within 200ms, only 1 datagram with another id or question; expected "
                                      "an answer");
    CHECK(result.duration >= 200ms);
    CHECK_FALSE(facts(result).answered);
  }
  {
    const DatagramServer server([&](const std::string&) { return std::vector<std::string>{}; });
    const std::string target = "127.0.0.1:" + std::to_string(server.port());
    const ProbeResult result = run_probe(engine, module, target, 200ms);
    CHECK(told(result.outcome) ==
          "dns_timeout: query x.test. A of " + target + ": no answer within 200ms; expected an answer");
    CHECK(result.ip_family == 4);
  }
}

TEST_CASE("malformed answers fail at once") {
  Engine engine;
  const config::Module module = dns_module("x.test", 1);
  struct Case {
    std::function<std::string(const std::string&)> answer;
    const char* wrong;
  };
  const std::vector<Case> cases = {
      {[](const std::string& q) { return q.substr(0, 2); }, "it is shorter than a header"},
      {[](const std::string& q) { return q; }, "it is a query itself"},
      {[](const std::string& q) { return q.substr(0, 2) + std::string(20, '\xff'); },
       "its question is cut short, or asks for no name"},
      {[](const std::string& q) { return dns_reply(q, 0x8180, 1, dns_record(1, "abc")); },
       "the data of an A record is not what its type has"},
      {[](const std::string& q) { return dns_reply(q, 0x8180, 1, dns_record(1, "abcd").substr(0, 8)); },
       "it ends within a record, or the record's name is none"},
      {[](const std::string& q) { return dns_reply(q, 0x8180, 1, std::string("\xc0\x1e\xc0\x1c", 4)); },
       "it ends within a record, or the record's name is none"},
  };
  for (const Case& c : cases) {
    const DatagramServer server([&](const std::string& query) { return std::vector{c.answer(query)}; });
    const std::string target = "127.0.0.1:" + std::to_string(server.port());
    const ProbeResult result = run_probe(engine, module, target);
    CHECK(told(result.outcome) == "dns_malformed: query x.test. A of " + target +
                                      ": a malformed message came: " + c.wrong + "; expected an answer");
    CHECK_FALSE(facts(result).answered);
  }
}

TEST_CASE("recursion is asked for unless the module says not to; a cut answer is taken as it is") {
  Engine engine;
  config::Module module = dns_module("x.test", 1);
  const DatagramServer server([](const std::string& query) {
    const bool recursion = (query[2] & 1) != 0;
    return std::vector{recursion ? dns_reply(query, 0x8380, 5, dns_record(1, "abcd")) : dns_reply(query, 0x8185)};
  });
  const std::string target = "127.0.0.1:" + std::to_string(server.port());
  const ProbeResult asked = run_probe(engine, module, target);
  CHECK(told(asked.outcome) == "none: ");
  CHECK(facts(asked).answers == 1);
  module.dns.recursion_desired = false;
  CHECK(told(run_probe(engine, module, target).outcome) ==
        "dns_rcode: query x.test. A of " + target + ": answered REFUSED; expected NOERROR");
}

TEST_CASE("a name that no message can carry is told, and nothing is sent") {
  Engine engine;
  CHECK(told(run_probe(engine, dns_module("a..b", 1), "127.0.0.1:1").outcome) ==
        "agent_error: `a..b` is not a domain name; expected labels of 1 to 63 bytes, 255 in all");
}

TEST_CASE("TCP: servers that refuse, hang up, cut or stay silent") {
  Engine engine;
  config::Module module = dns_module("x.test", 1);
  module.dns.tcp = true;
  const auto outcome = [&](const std::string& target, std::chrono::milliseconds timeout) {
    return told(run_probe(engine, module, target, timeout).outcome);
  };
  const std::string gone = "127.0.0.1:" + std::to_string(harness::free_port());
  CHECK(outcome(gone, 10s) ==
        "connect_refused: connect to " + gone + " (127.0.0.1): connection refused; expected an answer to a DNS query");
  const std::string closed = "the connection was closed; expected an answer";
  const std::vector<std::pair<ScriptedServer::Script, std::string>> cases = {
      {[](Peer& peer) { peer.read_some(); }, "response_closed: QUERY: " + closed},
      {[](Peer& peer) {
         peer.read_some();
         peer.send(
             std::string("\0\x64"
                         "abc",
                         5));
       },
       "response_closed: QUERY: " + closed},
      {[](Peer& peer) {
         peer.read_some();
         peer.reset();
       },
       "connect_reset: QUERY: connection reset; expected an answer"},
      {[](Peer& peer) { peer.wait_for_close(); }, "dns_timeout: QUERY: no answer within 300ms; expected an answer"},
      {[](Peer& peer) {
         peer.read_some();
         peer.send(std::string("\0\1x", 3));
         peer.wait_for_close();
       },
       "dns_malformed: QUERY: a malformed message came: its id is not the query's; expected an answer"},
      {[](Peer& peer) {
         peer.read_some();
         peer.send(std::string("\0\0", 2));
         peer.wait_for_close();
       },
       "dns_malformed: QUERY: a malformed message came: its id is not the query's; expected an answer"},
      {[](Peer& peer) {
         std::string query;
         while (query.size() < 26) query += peer.read_some();
         const std::string answer = dns_reply(query.substr(2), 0x8180, 1, dns_record(1, "abcd"));
         peer.send(std::string(1, '\0'));
         peer.send(std::string(1, static_cast<char>(answer.size())));
         for (const char c : answer) peer.send(std::string(1, c));
         peer.wait_for_close();
       },
       "none: "},
  };
  for (const auto& [script, expected] : cases) {
    const ScriptedServer server(script);
    const std::string target = "127.0.0.1:" + std::to_string(server.port());
    std::string sentence = expected;
    if (const auto at = sentence.find("QUERY"); at != sentence.npos) {
      sentence.replace(at, 5, "query x.test. A of " + target);
    }
    CHECK(outcome(target, sentence.starts_with("dns_timeout") ? 300ms : 10s) == sentence);
  }
}

TEST_CASE("DNS over TLS: verified, refused, and with the certificate's facts either way") {
  const Certificate root = make_certificate({.common_name = "root", .authority = true});
  const Certificate leaf =
      make_certificate({.common_name = "dns", .names = "IP:127.0.0.1,DNS:dns.test", .issuer = &root});
  const Unbound server(kZone, &leaf);
  Engine engine;
  config::Module module = dns_module("www.example.test", 1);
  module.dns.dns_over_tls = true;
  module.dns.tls_config.ca = root.pem();
  const std::string target = "127.0.0.1:" + std::to_string(server.tls_port());
  const ProbeResult verified = run_probe(engine, module, target);
  CHECK(told(verified.outcome) == "none: ");
  CHECK(facts(verified).answers == 2);
  REQUIRE(verified.tls.has_value());
  CHECK(verified.tls->leaf->subject == "CN=dns");
  CHECK(verified.phases.tls > 0us);
  CHECK(verified.agent_time > 0us);  // reading the authorities

  module.dns.tls_config.server_name = "other.test";
  const ProbeResult refused = run_probe(engine, module, target);
  CHECK(reason_name(refused.outcome.reason) == "tls_hostname");
  REQUIRE(refused.tls.has_value());
  CHECK(refused.tls->leaf->subject == "CN=dns");
  CHECK_FALSE(facts(refused).answered);

  module.dns.tls_config.insecure_skip_verify = true;
  CHECK(told(run_probe(engine, module, target).outcome) == "none: ");
}

}  // namespace
}  // namespace nines::probes::test
