#include "tests/probes/unbound.hpp"

#include <sstream>

#include <fmt/format.h>

#include "tests/harness/tools.hpp"

namespace nines::probes::test {

namespace {

constexpr const char* kConfig = R"(server:
  do-daemonize: no
  username: ""
  chroot: ""
  pidfile: ""
  directory: "{0}"
  use-syslog: no
  logfile: ""
  verbosity: 1
  num-threads: 1
  module-config: "iterator"
  interface: 127.0.0.1@{1}
  interface: ::1@{1}
  access-control: 127.0.0.0/8 allow
  access-control: ::1/128 allow
{2}
  local-zone: "." static
  local-zone: "example.test." static
{3}
remote-control:
  control-enable: no
)";

}  // namespace

Unbound::Unbound(const std::string& data, const Certificate* certificate)
    : port_(harness::free_port()), tls_port_(certificate != nullptr ? harness::free_port() : 0) {
  std::string tls;
  if (certificate != nullptr) {
    const auto pem = directory_.write("server.pem", certificate->pem());
    const auto key = directory_.write("server.key", private_key_pem(*certificate));
    tls = fmt::format("  interface: 127.0.0.1@{0}\n  tls-port: {0}\n  tls-service-pem: {1}\n  tls-service-key: {2}\n",
                      tls_port_, pem.string(), key.string());
  }
  std::string records;
  std::istringstream lines(data);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) records += fmt::format("  local-data: '{}'\n", line);
  }
  const auto config =
      directory_.write("unbound.conf", fmt::format(kConfig, directory_.path().string(), port_, tls, records));
  process_ = std::make_unique<harness::Process>(
      std::vector<std::string>{harness::tool("unbound"), "-d", "-c", config.string()});
  process_->wait_for_errors("start of service");
}

}  // namespace nines::probes::test
