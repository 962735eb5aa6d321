#include "agent/probe_request.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/agent/support.hpp"

namespace nines::agent {

using namespace std::chrono_literals;

namespace {

std::shared_ptr<const config::Module> module_of(const std::string& text) {
  const auto config =
      tests::config_of("modules:\n  m: " + text + "\nchecks: [{name: a, service: s, target: 'http://127.0.0.1:9/'}]\n");
  return config->modules.at("m");
}

}  // namespace

TEST_CASE("a probe may take what the scrape gives less half a second, or its module's own time when that is less") {
  const auto [header, own, expected] = GENERATE(table<std::string, Micros, double>({
      {"", 0s, 119.5},
      {"0", 0s, 119.5},
      {"15", 0s, 14.5},
      {"15", 5s, 5},
      {"", 10s, 10},
      {"10", 10s, 9.5},
      {"10.5", 10s, 10},
      {"+1e1", 0s, 9.5},
      {"0.3", 2s, 2},
      {"0.5", 2s, 0},
      {"0.3", 0s, 0},
      {"-7", 3s, 3},
      {"1e300", 0s, 119.5},
  }));
  CAPTURE(header, own.count());
  const auto timeout = probe_timeout(header, own);
  REQUIRE(timeout.has_value());
  CHECK(*timeout == Approx(expected));
}

TEST_CASE("a scrape time-out that is no number is told") {
  for (const char* header : {"abc", "1s", " 1", "1 ", "NaN", "inf", "-inf", "1e999", "++1", "+"}) {
    CAPTURE(header);
    const auto timeout = probe_timeout(header, 5s);
    REQUIRE_FALSE(timeout.has_value());
    CHECK(timeout.error().message == fmt::format("strconv.ParseFloat: parsing \"{}\": invalid syntax", header));
  }
}

TEST_CASE("a target is decoded once more where its scheme or host came encoded twice") {
  const auto [given, expected] = GENERATE(table<std::string, std::string>({
      {"http://127.0.0.1:80/", "http://127.0.0.1:80/"},
      {"http://127.0.0.1%3A80", "http://127.0.0.1:80"},
      {"http://127.0.0.1%3a80/a%2Fb", "http://127.0.0.1:80/a/b"},
      {"http%3A%2F%2F127.0.0.1%3A80%2Fpath", "http://127.0.0.1:80/path"},
      {"127.0.0.1%3A80", "127.0.0.1:80"},
      {"http://127.0.0.1:80/api/v1%3Alatest", "http://127.0.0.1:80/api/v1%3Alatest"},
      {"http://127.0.0.1:80?u=http%3A%2F%2Fx", "http://127.0.0.1:80?u=http%3A%2F%2Fx"},
      {"http://user:a%3Ab@127.0.0.1/", "http://user:a%3Ab@127.0.0.1/"},
      {"http://[fe80::1%25eth0]/", "http://[fe80::1%25eth0]/"},
      {"%2Frun%2Fx.sock", "/run/x.sock"},
      {"/run/a%3Ab.sock", "/run/a%3Ab.sock"},
      {"host%3A80%zz", "host%3A80%zz"},
      {"host%3A80%2", "host%3A80%2"},
      {"", ""},
  }));
  CHECK(decoded_target(given) == expected);
}

TEST_CASE("hostname= becomes the Host header of http, unless the module has another") {
  const auto plain = module_of("{prober: http}");
  CHECK(with_hostname(plain, "") == plain);
  const auto named = with_hostname(plain, "foo.example.com");
  REQUIRE(named.has_value());
  CHECK((*named)->http.client.headers == std::vector<std::pair<std::string, std::string>>{{"Host", "foo.example.com"}});
  CHECK(plain->http.client.headers.empty());

  const auto with_header = module_of("{prober: http, http: {headers: {host: a.example}}}");
  CHECK(with_hostname(with_header, "a.example").has_value());
  const auto refused = with_hostname(with_header, "b.example");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message ==
        "host header defined both in module configuration (a.example) and with URL-parameter "
        "'hostname' (b.example)");
}

TEST_CASE("hostname= becomes the server name of TLS, unless one is set") {
  const auto tcp = with_hostname(module_of("{prober: tcp, tcp: {tls: true}}"), "foo.example.com");
  REQUIRE(tcp.has_value());
  CHECK((*tcp)->tcp.tls_config.server_name == "foo.example.com");
  const auto own = with_hostname(module_of("{prober: tcp, tcp: {tls: true, tls_config: {server_name: own.example}}}"),
                                 "foo.example");
  REQUIRE(own.has_value());
  CHECK((*own)->tcp.tls_config.server_name == "own.example");
}

TEST_CASE("a hostname that could end a header's line is refused") {
  for (const char* hostname : {"a\r\nX-Evil: 1", "a b", "a/b", "user@a", "a\x7f"}) {
    CHECK_FALSE(with_hostname(module_of("{prober: http}"), hostname).has_value());
  }
}

}  // namespace nines::agent
