#include "tests/probes/scripted_server.hpp"

#include <cstdlib>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace nines::probes::test {

Peer::Peer(int fd, ssl_ctx_st* tls) : fd_(fd) {
  if (tls != nullptr) start_tls(tls);
}

void Peer::start_tls(ssl_ctx_st* tls) {
  ssl_ = SSL_new(tls);
  SSL_set_fd(ssl_, fd_);
  ok_ = SSL_accept(ssl_) == 1;
}

Peer::~Peer() {
  if (ssl_ != nullptr) {
    if (ok_) SSL_shutdown(ssl_);
    SSL_free(ssl_);
  }
  if (!ok_) {
    // Unread bytes would turn the close into a reset, which overtakes the alert that says why.
    ::shutdown(fd_, SHUT_WR);
    char buffer[4096];
    while (::recv(fd_, buffer, sizeof buffer, 0) > 0) {
    }
  }
  ::close(fd_);
}

long Peer::receive(char* buffer, int size) {
  return ssl_ != nullptr ? SSL_read(ssl_, buffer, size) : ::recv(fd_, buffer, static_cast<std::size_t>(size), 0);
}

std::string Peer::read_some() {
  char buffer[4096];
  const long got = receive(buffer, sizeof buffer);
  return {buffer, got > 0 ? static_cast<std::size_t>(got) : 0};
}

std::string Peer::read_request() {
  std::string text;
  std::size_t wanted = std::string::npos;
  while (wanted == std::string::npos || text.size() < wanted) {
    const std::string more = read_some();
    if (more.empty()) break;
    text += more;
    if (const auto end = text.find("\r\n\r\n"); wanted == std::string::npos && end != std::string::npos) {
      const auto length = text.find("Content-Length: ");
      wanted = end + 4 + (length < end ? std::strtoul(text.c_str() + length + 16, nullptr, 10) : 0);
    }
  }
  return text;
}

void Peer::send(std::string_view data) {
  while (!data.empty() && !gone_) {
    const long sent = ssl_ != nullptr ? SSL_write(ssl_, data.data(), static_cast<int>(data.size()))
                                      : ::send(fd_, data.data(), data.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      gone_ = true;
    } else {
      data.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
}

void Peer::finish() {
  ::shutdown(fd_, SHUT_WR);
}

void Peer::wait_for_close() {
  while (!read_some().empty()) {
  }
}

void Peer::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

ScriptedServer::ScriptedServer(Script script, const std::string& address, ssl_ctx_st* tls)
    : script_(std::move(script)), address_(address), tls_(tls) {
  const bool v6 = address.find(':') != std::string::npos;
  listener_ = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_storage where{};
  socklen_t size = v6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  where.ss_family = v6 ? AF_INET6 : AF_INET;
  void* ip = v6 ? static_cast<void*>(&reinterpret_cast<sockaddr_in6&>(where).sin6_addr)
                : static_cast<void*>(&reinterpret_cast<sockaddr_in&>(where).sin_addr);
  inet_pton(where.ss_family, address.c_str(), ip);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&where), size) != 0 || listen(listener_, 128) != 0) {
    throw std::runtime_error("cannot listen on " + address);
  }
  getsockname(listener_, reinterpret_cast<sockaddr*>(&where), &size);
  port_ = ntohs(v6 ? reinterpret_cast<sockaddr_in6&>(where).sin6_port : reinterpret_cast<sockaddr_in&>(where).sin_port);
  thread_ = std::thread([this] { serve(); });
}

ScriptedServer::~ScriptedServer() {
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

void ScriptedServer::serve() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    ++connections_;
    Peer peer(fd, tls_);
    if (peer.ok()) script_(peer);
  }
}

std::string ScriptedServer::url(const std::string& path) const {
  const std::string host = address_.find(':') == std::string::npos ? address_ : "[" + address_ + "]";
  return (tls_ != nullptr ? "https://" : "http://") + host + ":" + std::to_string(port_) + path;
}

std::string ok(const std::string& body, const std::string& headers) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
}

ScriptedServer::Script answers(std::string answer) {
  return [answer = std::move(answer)](Peer& peer) {
    peer.read_request();
    peer.send(answer);
  };
}

ScriptedServer::Script Recorder::answers(std::string answer) {
  return [this, answer = std::move(answer)](Peer& peer) {
    keep(peer.read_request());
    peer.send(answer);
  };
}

void Recorder::keep(std::string request) {
  const std::lock_guard lock(mutex_);
  requests_.push_back(std::move(request));
}

std::vector<std::string> Recorder::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

}  // namespace nines::probes::test
