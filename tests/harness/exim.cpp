#include "tests/harness/exim.hpp"

#include <filesystem>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include "tests/harness/tools.hpp"

namespace nines::harness {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kConfiguration = R"(
spool_directory = {0}/spool
log_file_path = {0}/spool/%slog
keep_environment =
tls_advertise_hosts = *
tls_certificate = {0}/server.pem
tls_privatekey = {0}/server.key
primary_hostname = mail.test
qualify_domain = mail.test
host_lookup =
rfc1413_query_timeout = 0s
smtp_enforce_sync = false
acl_smtp_rcpt = take
deliver_drop_privilege = true

begin acl
take:
  accept encrypted = *
  deny message = STARTTLS first

begin routers
all:
  driver = accept
  transport = mailbox

begin transports
mailbox:
  driver = appendfile
  file = {0}/spool/mbox
  mode = 0666
  check_owner = false
  batch_max = 100
  message_prefix = "From MAILER\n"
  envelope_to_add
)";

}  // namespace

Exim::Exim() : port_(free_port()) {
  const std::string dir = directory_.path().string();
  run({tool("openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", dir + "/server.key", "-out",
       dir + "/server.pem", "-days", "30", "-subj", "/CN=localhost", "-addext",
       "subjectAltName=IP:127.0.0.1,DNS:localhost"});
  fs::create_directory(directory_.path() / "spool");
  fs::permissions(directory_.path(), fs::perms(0755));
  for (const char* file : {"server.key", "spool"}) fs::permissions(directory_.path() / file, fs::perms::all);
  const auto conf = directory_.write("exim.conf", fmt::format(kConfiguration, dir));
  fs::permissions(conf, fs::perms(0644));
  process_ = std::make_unique<Process>(
      with_its_user({tool("exim4"), "-C", conf.string(), "-bdf", "-oX", "127.0.0.1." + std::to_string(port_)}));
  const auto log = directory_.path() / "spool" / "mainlog";
  eventually(
      [&] {
        if (process_->running()) return read_file(log).contains("daemon started");
        throw std::runtime_error("exim ended: " + process_->errors() + read_file(log));
      },
      "exim listens");
}

// Debian's exim does not start without the user that its package makes. Where it is only unpacked, it gets a view of
// /etc of its own that has one.
std::vector<std::string> Exim::with_its_user(std::vector<std::string> command) const {
  if (::getpwnam("Debian-exim") != nullptr) return command;
  const auto passwd =
      directory_.write("passwd", read_file("/etc/passwd") + "Debian-exim:x:64999:64999::/:/bin/false\n");
  const auto group = directory_.write("group", read_file("/etc/group") + "Debian-exim:x:64999:\n");
  for (const auto& file : {passwd, group}) fs::permissions(file, fs::perms(0644));
  std::vector<std::string> whole{
      "/usr/bin/unshare",
      ::geteuid() == 0 ? "-m" : "-Urm",
      "/bin/sh",
      "-c",
      "mount --bind \"$1\" /etc/passwd && mount --bind \"$2\" /etc/group && shift 2 && exec \"$@\"",
      "sh",
      passwd.string(),
      group.string()};
  whole.insert(whole.end(), command.begin(), command.end());
  return whole;
}

std::string Exim::url() const {
  return "smtp://127.0.0.1:" + std::to_string(port_);
}

std::string Exim::ca_file() const {
  return (directory_.path() / "server.pem").string();
}

std::string Exim::mailbox() const {
  return read_file(directory_.path() / "spool" / "mbox");
}

std::size_t Exim::messages() const {
  constexpr std::string_view kPrefix = "From MAILER\n";
  const std::string all = mailbox();
  std::size_t count = 0;
  for (std::size_t at = all.find(kPrefix); at != std::string::npos; at = all.find(kPrefix, at + 1)) ++count;
  return count;
}

}  // namespace nines::harness
