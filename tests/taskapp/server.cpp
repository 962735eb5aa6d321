#include "tests/taskapp/server.hpp"

#include <algorithm>
#include <thread>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace taskapp {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kThreads = 256;
constexpr int kBacklog = 1024;
constexpr milliseconds kTick{10};
constexpr milliseconds kIoLimit{5000};
constexpr std::size_t kRequestsPerConnection = 1000;

thread_local Connection* current = nullptr;

bool ready(socket_t socket, short events, milliseconds limit) {
  pollfd poll_one{socket, events, 0};
  int found = 0;
  do {
    found = ::poll(&poll_one, 1, static_cast<int>(limit.count()));
  } while (found < 0 && errno == EINTR);
  return found > 0;
}

}  // namespace

Connection::Connection(Server& server, socket_t socket) : server_(server), socket_(socket) {
  const std::scoped_lock lock(server_.mutex_);
  server_.open_.insert(socket_);
  // end() may have walked the set just before: this connection must not outlive it.
  if (server_.ending_) ::shutdown(socket_, SHUT_RDWR);
  current = this;
}

Connection::~Connection() {
  current = nullptr;
  {
    const std::scoped_lock lock(server_.mutex_);
    server_.open_.erase(socket_);
  }
  ::shutdown(socket_, SHUT_RDWR);
  ::close(socket_);
}

void Connection::cut() {
  cut_ = true;
  ::shutdown(socket_, SHUT_RDWR);
}

void Connection::wait(steady_clock::time_point until, const std::function<bool()>& enough) {
  while (steady_clock::now() < until && !server_.ending() && !enough()) {
    const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
    if (ready(socket_, POLLRDHUP, std::clamp(left, milliseconds(0), kTick))) return;
  }
}

bool Connection::wait_readable(milliseconds limit) const {
  return begin_ < end_ || ready(socket_, POLLIN, limit);
}

bool Connection::is_readable() const {
  return wait_readable(kIoLimit);
}

bool Connection::is_writable() const {
  return !cut_ && ready(socket_, POLLOUT, kIoLimit);
}

ssize_t Connection::read(char* into, size_t size) {
  if (begin_ == end_) {
    if (cut_ || !is_readable()) return -1;
    const ssize_t got = ::recv(socket_, buffer_.data(), buffer_.size(), 0);
    if (got <= 0) return got;
    begin_ = 0;
    end_ = static_cast<std::size_t>(got);
  }
  const std::size_t taken = std::min(size, end_ - begin_);
  std::copy_n(buffer_.data() + begin_, taken, into);
  begin_ += taken;
  return static_cast<ssize_t>(taken);
}

ssize_t Connection::write(const char* from, size_t size) {
  return is_writable() ? ::send(socket_, from, size, MSG_NOSIGNAL) : -1;
}

// Nothing in this service asks who is calling.
void Connection::get_remote_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

void Connection::get_local_ip_and_port(std::string& ip, int& port) const {
  get_remote_ip_and_port(ip, port);
}

Server::Server() {
  new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  // httplib's default adds SO_REUSEPORT, with which a second server takes half of this one's connections in silence.
  set_socket_options([](socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  set_keep_alive_max_count(kRequestsPerConnection);
  set_payload_max_length(1 << 20);
}

int Server::open(const std::string& host, int port) {
  if (port == 0) {
    port = bind_to_any_port(host);
  } else if (!bind_to_port(host, port)) {
    port = 0;
  }
  // httplib listens with a backlog of 5: a burst would wait for retransmitted SYNs.
  return port > 0 && ::listen(svr_sock_, kBacklog) == 0 ? port : 0;
}

void Server::end() {
  // stop() does nothing before listen_after_bind has begun.
  while (!is_running()) std::this_thread::sleep_for(kTick);
  stop();
  const std::scoped_lock lock(mutex_);
  ending_ = true;
  for (const socket_t socket : open_) ::shutdown(socket, SHUT_RDWR);
}

Connection& Server::connection() {
  return *current;
}

bool Server::process_and_close_socket(socket_t socket) {
  Connection connection(*this, socket);
  for (std::size_t left = keep_alive_max_count_; left > 0 && !ending_; --left) {
    if (!connection.wait_readable(kIoLimit)) return true;
    bool closed = false;
    if (!process_request(connection, left == 1, closed, nullptr)) return false;
    if (closed) return true;
  }
  return true;
}

}  // namespace taskapp
