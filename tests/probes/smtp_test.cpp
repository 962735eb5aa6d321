// STARTTLS against a real mail server, exim.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <openssl/x509.h>
#include <pwd.h>
#include <unistd.h>

#include "config/module.hpp"
#include "probes/metrics.hpp"
#include "probes/tls/certificate.hpp"
#include "tests/harness/process.hpp"
#include "tests/harness/scratch.hpp"
#include "tests/harness/tools.hpp"
#include "tests/probes/certificates.hpp"
#include "tests/probes/running.hpp"

namespace nines::probes::test {
namespace {

using Catch::StartsWith;

class Exim {
 public:
  Exim() {
    const std::string dir = directory_.path().string();
    directory_.write("server.pem", leaf.pem() + root.pem());
    directory_.write("server.key", private_key_pem(leaf));
    std::filesystem::create_directory(directory_.path() / "spool");
    std::filesystem::permissions(directory_.path(), std::filesystem::perms(0755));
    for (const char* file : {"server.key", "spool"}) {
      std::filesystem::permissions(directory_.path() / file, std::filesystem::perms::all);
    }
    const auto conf =
        directory_.write("exim.conf", "spool_directory = " + dir + "/spool\nlog_file_path = " + dir +
                                          "/spool/%slog\ntls_advertise_hosts = *\ntls_certificate = " + dir +
                                          "/server.pem\ntls_privatekey = " + dir +
                                          "/server.key\nprimary_hostname = mail.test\n"
                                          "host_lookup =\nrfc1413_query_timeout = 0s\n"
                                          "smtp_banner = mail.test ESMTP ready\n");
    std::filesystem::permissions(conf, std::filesystem::perms(0644));
    process_ = std::make_unique<harness::Process>(with_its_user(
        {harness::tool("exim4"), "-C", conf.string(), "-bdf", "-oX", "127.0.0.1." + std::to_string(port)}));
    root_file = directory_.write("root.pem", root.pem()).string();
  }

  Certificate root =
      make_certificate({.common_name = "Root", .not_after = std::chrono::hours(9000), .authority = true});
  Certificate leaf = make_certificate({.names = "DNS:localhost,IP:127.0.0.1", .issuer = &root});
  int port = harness::free_port();
  std::string root_file;
  harness::Process& process() { return *process_; }

 private:
  // Debian's exim does not start without the user that its package makes. Where it is only unpacked, it gets a view of
  // /etc of its own that has one.
  std::vector<std::string> with_its_user(std::vector<std::string> command) const {
    if (::getpwnam("Debian-exim") != nullptr) return command;
    const auto passwd =
        directory_.write("passwd", harness::read_file("/etc/passwd") + "Debian-exim:x:64999:64999::/:/bin/false\n");
    const auto group = directory_.write("group", harness::read_file("/etc/group") + "Debian-exim:x:64999:\n");
    for (const auto& file : {passwd, group}) std::filesystem::permissions(file, std::filesystem::perms(0644));
    std::vector<std::string> out = {
        "/usr/bin/unshare",
        ::geteuid() == 0 ? "-m" : "-Urm",
        "/bin/sh",
        "-c",
        "mount --bind \"$1\" /etc/passwd && mount --bind \"$2\" /etc/group && shift 2 && exec \"$@\"",
        "sh",
        passwd.string(),
        group.string()};
    out.insert(out.end(), command.begin(), command.end());
    return out;
  }

  harness::TempDir directory_;
  std::unique_ptr<harness::Process> process_;
};

config::QueryResponse turn(const std::string& expect, const std::string& send, bool starttls = false) {
  config::QueryResponse out;
  if (!expect.empty()) out.expect = config::compile_regex(expect).value();
  out.send = send;
  out.starttls = starttls;
  return out;
}

config::Module smtp_module(const std::string& ca_file) {
  config::Module out;
  out.prober = config::Prober::tcp;
  out.tcp.tls_config.ca_file = ca_file;
  out.tcp.query_response = {turn("^220.*ESMTP.*$", ""),
                            turn("", "EHLO tls.prober"),
                            turn("^250-STARTTLS", ""),
                            turn("", "STARTTLS"),
                            turn("^220", ""),
                            turn("", "", true),
                            turn("", "EHLO tls.prober"),
                            turn("^250-(SIZE|PIPELINING)", ""),
                            turn("", "QUIT")};
  return out;
}

TEST_CASE("a mail server is spoken with, turned to TLS by STARTTLS, and its certificate judged") {
  Engine engine;
  Exim exim;
  const std::string target = "127.0.0.1:" + std::to_string(exim.port);
  harness::eventually(
      [&] {
        if (!exim.process().running()) FAIL("exim ended: " << exim.process().errors());
        return run_probe(engine, smtp_module(exim.root_file), target).outcome.reason != Reason::connect_refused;
      },
      "exim listens");
  const config::Module module = smtp_module(exim.root_file);
  const ProbeResult result = run_probe(engine, module, target);
  CHECK(told(result.outcome) == "none: ");
  CHECK(result.tls->version == "TLS 1.3");
  CHECK(result.tls->earliest_expiry == to_time(X509_get0_notAfter(exim.leaf.x509.get())));
  CHECK(result.phases.tls > Micros(0));
  CHECK(result.phases.processing > Micros(0));

  const Certificate stranger = make_certificate({.common_name = "Stranger", .authority = true});
  config::Module doubtful = module;
  doubtful.tcp.tls_config.ca_file.clear();
  doubtful.tcp.tls_config.ca = stranger.pem();
  const ProbeResult refused = run_probe(engine, doubtful, target);
  CHECK_THAT(told(refused.outcome), StartsWith("tls_untrusted: TLS with 127.0.0.1: "));
  CHECK(refused.tls->earliest_expiry == result.tls->earliest_expiry);
}

}  // namespace
}  // namespace nines::probes::test
