#include "probes/target_policy.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/harness/scratch.hpp"
#include "tests/probes/dns_server.hpp"
#include "tests/probes/running.hpp"

namespace nines::probes::test {
namespace {

using config::AddressRule;

std::vector<AddressRule> rules(const std::vector<std::string>& patterns) {
  std::vector<AddressRule> out;
  for (const std::string& pattern : patterns) {
    AddressRule rule{pattern, {}};
    const auto slash = pattern.find('/');
    if (const auto address = IpAddress::parse(pattern.substr(0, slash))) {
      const int all = address->family == 4 ? 32 : 128;
      const int bits = slash == std::string::npos ? all : std::stoi(pattern.substr(slash + 1));
      rule.cidr = {.family = address->family, .bytes = address->bytes, .bits = bits};
    }
    out.push_back(rule);
  }
  return out;
}

std::vector<IpAddress> addresses(const std::vector<std::string>& texts) {
  std::vector<IpAddress> out;
  for (const std::string& text : texts) {
    const auto address = IpAddress::parse(text);
    INFO(text);
    REQUIRE(address.has_value());
    out.push_back(*address);
  }
  return out;
}

bool passes(const TargetPolicy& policy, const std::string& host, const std::vector<std::string>& resolved) {
  return !policy.refusal(host, addresses(resolved)).has_value();
}

Socket listener_at(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.string().size() < sizeof address.sun_path);
  path.string().copy(address.sun_path, sizeof address.sun_path);
  Socket out(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(bind(out.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(listen(out.fd(), 8) == 0);
  return out;
}

TEST_CASE("metadata services, link-local and multicast addresses are denied in every form, even when all is allowed") {
  const TargetPolicy open(rules({"*", "0.0.0.0/0", "::/0"}), {});
  for (const char* text : {
           "169.254.169.254",
           "169.254.0.1",
           "169.254.255.255",
           "100.100.100.200",
           "192.0.0.192",
           "168.63.129.16",
           "224.0.0.251",
           "239.255.255.255",
           "255.255.255.255",
           "fe80::1",
           "fe80::1%lo",
           "febf:ffff::1",
           "fd00:ec2::254",
           "fd20:ce::254",
           "ff02::1",
           "ff05::2%lo",
           "::ffff:169.254.169.254",  // mapped
           "::ffff:a9fe:a9fe",
           "::a9fe:a9fe",                           // the same in hex, and compatible
           "64:ff9b::169.254.169.254",              // NAT64
           "64:ff9b:1::169.254.169.254",            // local NAT64, /96
           "64:ff9b:1:a9fe:a9:fe00::",              // /48: the eighth byte is left out
           "64:ff9b:1:a9:fe:a9fe::",                // /56
           "64:ff9b:1:0:a9:fea9:fe00:0",            // /64
           "2002:a9fe:a9fe::1",                     // 6to4
           "2001:0:4136:e378:8000:63bf:5601:5601",  // Teredo, inverted
       }) {
    INFO(text);
    CHECK_FALSE(passes(open, "target.example", {text}));
    CHECK_FALSE(passes(open, text, {text}));
    CHECK_FALSE(passes(TargetPolicy::built_in(), "target.example", {text}));
  }
}

TEST_CASE("neighbours of what is denied pass") {
  for (const char* text : {"169.253.255.255", "169.255.0.0", "100.100.100.201", "192.0.0.193", "223.255.255.255",
                           "10.0.0.1", "127.0.0.1", "::1", "fec0::1", "fe00::1", "2001:db8::1", "64:ff9b::8.8.8.8",
                           "2002:808:808::1", "64:ff9b:2::a9fe:a9fe", "::ffff:8.8.8.8", "0.0.0.0", "::"}) {
    INFO(text);
    CHECK(TargetPolicy::built_in().refusal("target.example", addresses({text})).value_or("passes") == "passes");
  }
}

TEST_CASE("metadata names are denied however they are written, also when a proxy resolves them") {
  for (const char* name : {"metadata.google.internal", "METADATA.google.internal.", "metadata.goog", "instance-data",
                           "metadata.azure.internal", "instance-data.ec2.internal.."}) {
    INFO(name);
    CHECK_FALSE(passes(TargetPolicy::built_in(), name, {}));
    CHECK_FALSE(passes(TargetPolicy::built_in(), name, {"192.0.2.1"}));
  }
  for (const char* name : {"metadata.google.internal.example.com", "my-metadata.goog", "example.com"}) {
    CHECK(passes(TargetPolicy::built_in(), name, {}));
  }
}

TEST_CASE("a literal that only a proxy would connect to is judged in every spelling") {
  for (const char* host : {"169.254.169.254", "[::ffff:a9fe:a9fe]", "::ffff:a9fe:a9fe", "fe80::1%nosuchif",
                           "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518"}) {
    INFO(host);
    CHECK_FALSE(passes(TargetPolicy::built_in(), host, {}));
  }
}

TEST_CASE("allow and deny lists") {
  struct Case {
    std::vector<std::string> allow;
    std::vector<std::string> deny;
    std::string host;
    std::vector<std::string> resolved;
    bool passes;
  };
  const std::vector<Case> cases = {
      {{}, {}, "a.example", {"10.0.0.1"}, true},
      {{"10.0.0.0/8"}, {}, "a.example", {"10.255.0.1"}, true},
      {{"10.0.0.0/8"}, {}, "a.example", {"11.0.0.1"}, false},
      {{"10.0.0.0/8"}, {}, "a.example", {"10.0.0.1", "11.0.0.1"}, false},
      {{"10.0.0.0/8", "11.0.0.0/8"}, {}, "a.example", {"10.0.0.1", "11.0.0.1"}, true},
      {{"10.0.0.0/8"}, {}, "a.example", {}, false},
      {{"10.0.0.0/8"}, {}, "10.0.0.1", {}, true},
      {{"192.0.2.128/25"}, {}, "a.example", {"192.0.2.128"}, true},
      {{"192.0.2.128/25"}, {}, "a.example", {"192.0.2.127"}, false},
      {{"192.0.2.7"}, {}, "a.example", {"192.0.2.7"}, true},
      {{"2001:db8::/32"}, {}, "a.example", {"2001:db8::1"}, true},
      {{"2001:db8::/32"}, {}, "a.example", {"2001:db9::1"}, false},
      {{"0.0.0.0/0"}, {}, "a.example", {"2001:db8::1"}, false},
      {{"*.example.com"}, {}, "a.example.com", {"10.0.0.1"}, true},
      {{"*.example.com"}, {}, "a.b.EXAMPLE.com.", {}, true},
      {{"*.Example.COM."}, {}, "a.example.com", {}, true},
      {{"*.example.com"}, {}, "example.com", {"10.0.0.1"}, false},
      {{"*.example.com"}, {}, "example.com.evil.test", {"10.0.0.1"}, false},
      {{"*.example.com"}, {}, "evilexample.com", {"10.0.0.1"}, false},
      {{"db-*.corp"}, {}, "db-1.corp", {"10.0.0.1"}, true},
      {{"*.bücher.example"}, {}, "a.xn--bcher-kva.example", {"10.0.0.1"}, true},
      {{"example.com"}, {}, "example.com", {"10.0.0.1", "11.0.0.1"}, true},
      {{"*"}, {"10.0.0.0/8"}, "example.com", {"192.0.2.1", "10.0.0.1"}, false},
      {{"*"}, {"10.0.0.0/8"}, "example.com", {"192.0.2.1"}, true},
      {{}, {"*.internal"}, "db.internal", {"192.0.2.1"}, false},
      {{}, {"*.internal"}, "db.internal.", {}, false},
      {{"192.0.2.1"}, {"db.internal"}, "DB.internal", {"192.0.2.1"}, false},
      // What is inside an IPv6 address is what both lists are asked about.
      {{}, {"10.0.0.0/8"}, "a.example", {"::ffff:10.0.0.1"}, false},
      {{}, {"10.0.0.0/8"}, "a.example", {"64:ff9b::10.0.0.1"}, false},
      {{}, {"10.0.0.0/8"}, "a.example", {"64:ff9b:1:a00:0:100::"}, false},
      {{}, {"10.0.0.0/8"}, "a.example", {"2002:a00:1::1"}, false},
      {{"10.0.0.0/8"}, {}, "a.example", {"::ffff:10.0.0.1"}, true},
      {{"::/0"}, {}, "a.example", {"::ffff:10.0.0.1"}, false},
      {{"64:ff9b:1::/48"}, {}, "a.example", {"64:ff9b:1::10.0.0.1"}, true},
      {{"10.0.0.0/8"}, {}, "a.example", {"64:ff9b:1::10.0.0.1"}, false},
      {{}, {"64:ff9b::/96"}, "a.example", {"64:ff9b::8.8.8.8"}, false},
      {{}, {"::ffff:10.0.0.0/104"}, "a.example", {"10.1.2.3"}, false},
      {{}, {"fe00::/8"}, "a.example", {"fec0::1%lo"}, false},
      // 0.0.0.0 and :: connect to this machine.
      {{}, {"127.0.0.0/8"}, "a.example", {"0.0.0.0"}, false},
      {{}, {"127.0.0.0/8"}, "a.example", {"::ffff:0.0.0.0"}, false},
      {{}, {"::1"}, "a.example", {"::"}, false},
      {{"127.0.0.0/8"}, {}, "a.example", {"0.0.0.0"}, true},
      {{"0.0.0.0"}, {}, "a.example", {"0.0.0.0"}, false},
  };
  for (const Case& c : cases) {
    const TargetPolicy policy(rules(c.allow), rules(c.deny));
    CAPTURE(c.allow, c.deny, c.host, c.resolved);
    CHECK(passes(policy, c.host, c.resolved) == c.passes);
  }
}

TEST_CASE("a refusal names what was refused and why") {
  const TargetPolicy policy(rules({"10.0.0.0/8", "*.ok.test"}), rules({"10.1.0.0/16", "bad.ok.test"}));
  const auto why = [&](const std::string& host, const std::vector<std::string>& resolved) {
    return policy.refusal(host, addresses(resolved)).value_or("passes");
  };
  const std::string expected = "; expected a target that may be probed";
  CHECK(why("a.ok.test", {"169.254.1.1"}) ==
        "target a.ok.test (169.254.1.1) is denied: a link-local address" + expected);
  CHECK(why("::ffff:169.254.169.254", {"::ffff:169.254.169.254"}) ==
        "target ::ffff:169.254.169.254, which leads to 169.254.169.254, is denied: a metadata service" + expected);
  CHECK(why("10.1.2.3", {"10.1.2.3"}) == "target 10.1.2.3 is denied by `10.1.0.0/16`" + expected);
  CHECK(why("bad.ok.test", {"10.0.0.1"}) == "target bad.ok.test is denied by `bad.ok.test`" + expected);
  CHECK(why("a.test", {"192.0.2.1"}) == "target a.test (192.0.2.1) is not in the allow list" + expected);
  CHECK(why("a.test", {}) == "target a.test is not in the allow list" + expected);
  CHECK(why("metadata.goog", {}) == "target metadata.goog is denied: it names a metadata service" + expected);
}

TEST_CASE("paths of sockets pass by rules that are paths, and only when they are written from the root") {
  struct Case {
    std::vector<std::string> allow;
    std::vector<std::string> deny;
    std::string path;
    bool passes;
  };
  const std::vector<Case> cases = {
      {{}, {}, "/run/app.sock", true},
      {{"/run/app/*"}, {}, "/run/app/a.sock", true},
      {{"/run/app/*"}, {}, "/run/app//a.sock", true},
      {{"/run/app/*"}, {}, "/run/app/../docker.sock", false},
      {{"/run/app/*"}, {}, "/run/docker.sock", false},
      {{"*"}, {}, "/run/docker.sock", true},
      {{"*.example.com"}, {}, "/run/x.example.com", false},
      {{"10.0.0.0/8"}, {}, "/run/a.sock", false},
      {{}, {"/run/docker.sock"}, "/run/./x/..//docker.sock", false},
      {{}, {"/run/docker.sock"}, "//run///docker.sock", false},
      {{}, {"/run/docker.sock"}, "/run/other.sock", true},
      {{}, {"/run/docker.sock"}, "/run/..other/.sock", true},
      {{}, {"/run/docker.sock"}, "run/other.sock", false},
      {{}, {"/run/docker.sock"}, "/run/./other.sock", false},
      {{}, {"/run/docker.sock"}, "/run/x/..", false},
      {{}, {"/run/docker.sock"}, "/proc/self/root/run/other.sock", false},
      {{}, {"/run/docker.sock"}, "//proc/self/cwd/other.sock", false},
      {{}, {"/run/docker.sock"}, "/process/other.sock", true},
      {{"*"}, {}, "", false},
      {{"*"}, {}, "@app", true},
      {{"@app-*"}, {}, "@app-1", true},
      {{"@app-*"}, {}, "@other", false},
      {{}, {"@App"}, "@App", false},
      {{"/run/*"}, {}, "@/run/a", false},
  };
  for (const Case& c : cases) {
    const TargetPolicy policy(rules(c.allow), rules(c.deny));
    CAPTURE(c.allow, c.deny, c.path);
    CHECK(policy.refusal_of_path(c.path).has_value() != c.passes);
  }
}

TEST_CASE("a socket is refused by what its path leads to") {
  const harness::TempDir dir;
  const std::filesystem::path ok = dir.path() / "ok";
  std::filesystem::create_directory(ok);
  const Socket denied = listener_at(dir.path() / "d.sock");
  const Socket allowed = listener_at(ok / "a.sock");
  std::filesystem::create_symlink(dir.path() / "d.sock", ok / "to-denied.sock");
  std::filesystem::create_symlink(dir.path(), ok / "up");
  std::filesystem::create_symlink("/proc/self/root", ok / "root");
  std::filesystem::create_symlink(ok / "a.sock", dir.path() / "to-allowed.sock");
  std::filesystem::create_symlink(ok / "loop", ok / "loop");
  Engine engine;
  const TargetPolicy allow(rules({(ok / "*").string()}), {});
  const TargetPolicy deny({}, rules({(dir.path() / "d.sock").string()}));
  config::Module module;
  module.prober = config::Prober::unix_socket;
  const auto ended = [&](const TargetPolicy& policy, const std::string& target) {
    const ProbeResult result = run_probe(
        engine,
        ProbeRequest{.module = std::make_shared<const config::Module>(module), .target = target, .policy = &policy});
    INFO(told(result.outcome));
    CHECK(result.address == (result.outcome.ok() ? (ok / "a.sock").string() : ""));
    return std::string(reason_name(result.outcome.reason));
  };
  const std::string relative = std::filesystem::relative(dir.path() / "d.sock").string();
  for (const std::string& target :
       {(dir.path() / "d.sock").string(), "unix://" + (dir.path() / "d.sock").string(), relative,
        "/proc/self/root" + (dir.path() / "d.sock").string(), (ok / ".." / "d.sock").string(),
        (ok / "to-denied.sock").string(), (ok / "up" / "d.sock").string(), (ok / "up" / "." / "d.sock").string(),
        (ok / "root").string() + (dir.path() / "d.sock").string()}) {
    INFO(target);
    CHECK(ended(allow, target) == "address_denied");
    CHECK(ended(deny, target) == "address_denied");
  }
  CHECK(ended(allow, (dir.path() / "to-allowed.sock").string()) == "address_denied");
  CHECK(ended(deny, (dir.path() / "to-allowed.sock").string()) == "none");
  CHECK(ended(allow, (ok / "a.sock").string()) == "none");
  CHECK(ended(allow, (ok / "up" / "ok" / "a.sock").string()) == "none");
  CHECK(ended(allow, (ok / "absent.sock").string()) == "connect_failure");
  CHECK(ended(allow, (ok / "loop").string()) == "connect_failure");
  CHECK(ended(allow, (ok / "a.sock").string() + std::string("\0x", 2)) == "connect_failure");
}

TEST_CASE("a name with one denied address among several is refused before anything is connected to") {
  const DnsServer dns([](const std::string& name, bool v6) -> std::optional<DnsAnswer> {
    if (name == "mixed.test") return v6 ? DnsAnswer{} : DnsAnswer{.addresses = {"127.0.0.1", "169.254.169.254"}};
    return DnsAnswer{.code = 3};
  });
  Engine engine({.dns_servers = dns.servers()});
  HttpRequest request;
  request.url = "http://mixed.test:1/";
  request.route.policy = &TargetPolicy::built_in();
  const HttpExchange answer = run(engine, request);
  CHECK(told(answer.outcome) ==
        "address_denied: target mixed.test (169.254.169.254) is denied: a metadata service; expected a target that may "
        "be probed");
  CHECK(answer.addresses.empty());
}

}  // namespace
}  // namespace nines::probes::test
