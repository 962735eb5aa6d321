#include "tests/harness/sink.hpp"

#include <mutex>
#include <thread>

#include <httplib.h>

#include "tests/harness/scratch.hpp"

namespace nines::harness {

struct Sink::Impl {
  mutable std::mutex mutex;
  int status = 200;          // guarded
  std::vector<Taken> taken;  // guarded
  httplib::Server server;
  int port = 0;
  std::thread thread;
};

Sink::Sink() : impl_(std::make_unique<Impl>()) {
  impl_->server.Post(".*", [this](const httplib::Request& request, httplib::Response& response) {
    const std::lock_guard lock(impl_->mutex);
    impl_->taken.push_back({request.path, request.body, impl_->status, request.get_header_value("Authorization")});
    response.status = impl_->status;
    response.set_content("taken", "text/plain");
  });
  impl_->port = impl_->server.bind_to_any_port("127.0.0.1");
  impl_->thread = std::thread([this] { impl_->server.listen_after_bind(); });
  eventually([this] { return impl_->server.is_running(); }, "the sink listens");
}

Sink::~Sink() {
  impl_->server.stop();
  impl_->thread.join();
}

std::string Sink::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(impl_->port) + path;
}

std::vector<Sink::Taken> Sink::taken() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->taken;
}

void Sink::answer(int status) {
  const std::lock_guard lock(impl_->mutex);
  impl_->status = status;
}

}  // namespace nines::harness
