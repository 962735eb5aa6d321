#include "tests/harness/receiver.hpp"

#include <mutex>
#include <stdexcept>
#include <thread>

#include <httplib.h>

namespace nines::harness {

struct Receiver::Server {
  httplib::Server http;
  int port = 0;
  std::mutex mutex;
  std::vector<Post> posts;  // guarded
  std::thread thread;       // last: it uses the others
};

Receiver::Receiver() : server_(std::make_unique<Server>()) {
  server_->http.Post(".*", [server = server_.get()](const httplib::Request& request, httplib::Response&) {
    const std::lock_guard lock(server->mutex);
    server->posts.push_back({request.path, request.body});
  });
  server_->port = server_->http.bind_to_any_port("127.0.0.1");
  if (server_->port <= 0) throw std::runtime_error("no port for a receiver");
  server_->thread = std::thread([server = server_.get()] { server->http.listen_after_bind(); });
  // stop() before listening has begun would be lost.
  while (!server_->http.is_running()) std::this_thread::yield();
}

Receiver::~Receiver() {
  server_->http.stop();
  server_->thread.join();
}

std::string Receiver::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(server_->port) + path;
}

std::vector<Receiver::Post> Receiver::posts() const {
  const std::lock_guard lock(server_->mutex);
  return server_->posts;
}

}  // namespace nines::harness
