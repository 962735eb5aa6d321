#include "tests/harness/alertmanager.hpp"

#include <csignal>
#include <filesystem>

#include "tests/harness/http.hpp"
#include "tests/harness/tools.hpp"

namespace nines::harness {
namespace {

// Where the package has what it looks for under /usr/share; nothing when it is installed.
std::string share_of(const std::string& program) {
  const auto root = std::filesystem::path(program).parent_path().parent_path();
  return root == "/usr" ? "/nonexistent" : (root / "share").string();
}

}  // namespace

Alertmanager::Alertmanager(const std::string& configuration)
    : port_(free_port()), file_(directory_.write("alertmanager.yml", configuration).string()) {
  start();
}

std::string Alertmanager::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + path;
}

// Its package is unpacked only, and it looks for its template under /usr/share: it is given that directory of the
// package in a mount namespace of its own.
void Alertmanager::start() {
  const std::string program = tool("prometheus-alertmanager");
  process_ = std::make_unique<Process>(std::vector<std::string>{
      "unshare", "--map-root-user", "--mount", "sh", "-c",
      "[ ! -d \"$0\" ] || mount --bind \"$0\" /usr/share; exec \"$@\"", share_of(program), program,
      "--config.file=" + file_, "--storage.path=" + (directory_.path() / "data").string(),
      "--web.listen-address=127.0.0.1:" + std::to_string(port_), "--cluster.listen-address="});
  eventually([&] { return get(url("/-/ready")).status == 200; }, "Alertmanager is ready");
}

void Alertmanager::kill() {
  process_->signal(SIGKILL);
  process_->wait();
}

}  // namespace nines::harness
