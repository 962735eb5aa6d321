#include "tests/harness/nginx.hpp"

#include <stdexcept>

#include <fmt/format.h>

#include "tests/harness/http.hpp"
#include "tests/harness/tools.hpp"

namespace nines::harness {
namespace {

// One process: a worker would outlive a master that is killed.
constexpr const char* kConfig = R"(daemon off;
master_process off;
pid {0}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  default_type application/octet-stream;
  client_body_temp_path {0}/client_body;
  proxy_temp_path {0}/proxy;
  fastcgi_temp_path {0}/fastcgi;
  uwsgi_temp_path {0}/uwsgi;
  scgi_temp_path {0}/scgi;
  server {{
    listen 127.0.0.1:{1};
    {2}
  }}
}}
)";

}  // namespace

Nginx::Nginx(const std::string& server) : port_(free_port()) {
  const std::string directory = directory_.path().string();
  const auto config = directory_.write("nginx.conf", fmt::format(kConfig, directory, port_, server));
  process_ = std::make_unique<Process>(
      std::vector<std::string>{tool("nginx"), "-e", "stderr", "-p", directory, "-c", config.string()});
  eventually(
      [&] {
        if (!process_->running()) throw std::runtime_error("nginx ended:\n" + process_->errors());
        return get(url("/")).status != 0;
      },
      "nginx answers");
}

std::string Nginx::url(const std::string& path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

}  // namespace nines::harness
