// Rules of addresses, and the probe endpoint that has them.

#include "config/address_rule.hpp"

#include <catch2/catch.hpp>

#include "config/module.hpp"
#include "tests/config/support.hpp"

namespace nines::config {
namespace {

TEST_CASE("an address rule is a CIDR, an address, a name or a path") {
  const struct {
    const char* text;
    int family;  // 0: no address
    int bits;
    const char* pattern;
  } cases[] = {{"10.0.0.0/8", 4, 8, "10.0.0.0/8"},
               {"192.0.2.7", 4, 32, "192.0.2.7"},
               {"0.0.0.0/0", 4, 0, "0.0.0.0/0"},
               {"2001:db8::/32", 6, 32, "2001:db8::/32"},
               {"::1", 6, 128, "::1"},
               {"Example.COM.", 0, 0, "example.com"},
               {"*.example.com", 0, 0, "*.example.com"},
               {"*", 0, 0, "*"},
               {"bücher.example", 0, 0, "bücher.example"},
               {"/run/*.sock", 0, 0, "/run/*.sock"}};
  for (const auto& [text, family, bits, pattern] : cases) {
    INFO(text);
    const auto rule = parse_address_rule(text);
    REQUIRE(rule.has_value());
    CHECK(rule->pattern == pattern);
    REQUIRE(rule->cidr.has_value() == (family != 0));
    if (family == 0) continue;
    CHECK(rule->cidr->family == family);
    CHECK(rule->cidr->bits == bits);
  }
  const auto beyond = parse_address_rule("10.255.3.4/12");
  CHECK(beyond->cidr->bytes[1] == 0xF0);
  CHECK(beyond->cidr->bytes[2] == 0);
  for (const char* wrong : {"", " ", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "::/129", "example.com/8", "http://a",
                            "a:80", "[::1]", "a b", ".", "fe80::1%eth0", "a\x01"}) {
    INFO(wrong);
    CHECK_FALSE(parse_address_rule(wrong).has_value());
  }
}

TEST_CASE("the probe endpoint is enabled on loopback, elsewhere with `allow`") {
  const struct {
    const char* text;
    bool enabled;
  } cases[] = {{"", true},
               {"listen: '[::1]:1'", true},
               {"probe_endpoint: {enabled: false}", false},
               {"probe_endpoint: {deny: [10.0.0.1]}", true},
               {"listen: ':1'", false},
               {"listen: ':1'\nprobe_endpoint: {deny: [10.0.0.1]}", false},
               {"listen: ':1'\nprobe_endpoint: {allow: [10.0.0.1]}", true},
               {"listen: ':1'\nprobe_endpoint: {enabled: false, allow: [10.0.0.1]}", false},
               {"listen: ':1'\nprobe_endpoint: {enabled: true, allow: [10.0.0.1]}", true}};
  for (const auto& [text, enabled] : cases) {
    INFO(text);
    CHECK(loaded(std::string(text) + "\nchecks: [{name: a, target: x}]").probe_endpoint.enabled == enabled);
  }
  const ProbeEndpoint endpoint =
      loaded("probe_endpoint: {allow: [a, b], deny: [c], history: 5}\nchecks: [{name: a, target: x}]").probe_endpoint;
  CHECK(endpoint.allow.size() == 2);
  CHECK(endpoint.deny.at(0).pattern == "c");
  CHECK(endpoint.history == 5);
}

TEST_CASE("resolvers are addresses, port 53 by default") {
  CHECK(parse_resolvers("127.0.0.1") == "127.0.0.1:53");
  CHECK(parse_resolvers(" 127.0.0.1:5353 , ::1,[::1]:54") == "127.0.0.1:5353,[::1]:53,[::1]:54");
  for (const char* wrong : {"", ",", "dns.example", "127.0.0.1:", "127.0.0.1:99999", "[::1", "127.1"}) {
    INFO(wrong);
    CHECK_FALSE(parse_resolvers(wrong).has_value());
  }
}

}  // namespace
}  // namespace nines::config
