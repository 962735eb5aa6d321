#include "tests/journeys/web_server.hpp"

#include <cctype>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace nines::journeys {
namespace {

// Reads until the peer has sent a whole request, or closes.
std::string read_request(int connection) {
  std::string text;
  char buffer[65536];
  for (;;) {
    const std::size_t head = text.find("\r\n\r\n");
    if (head != std::string::npos) {
      std::size_t length = 0;
      for (const char* name : {"\r\nContent-Length: ", "\r\ncontent-length: "}) {
        const std::size_t at = text.find(name);
        if (at != std::string::npos && at < head) length = std::stoul(text.substr(at + 18));
      }
      if (text.size() >= head + 4 + length) return text;
    }
    const ssize_t got = ::recv(connection, buffer, sizeof buffer, 0);
    if (got <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
  }
}

WebRequest parse(const std::string& text) {
  WebRequest request;
  const std::size_t head = text.find("\r\n\r\n");
  if (head == std::string::npos) return request;
  request.body = text.substr(head + 4);
  std::size_t at = text.find("\r\n");
  const std::string line = text.substr(0, at);
  const std::size_t space = line.find(' ');
  request.method = line.substr(0, space);
  request.target = line.substr(space + 1, line.rfind(' ') - space - 1);
  while (at < head) {
    const std::size_t end = text.find("\r\n", at + 2);
    const std::string field = text.substr(at + 2, end - at - 2);
    const std::size_t colon = field.find(':');
    std::string name = field.substr(0, colon);
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const std::size_t value = field.find_first_not_of(' ', colon + 1);
    request.headers.emplace(name, value == std::string::npos ? "" : field.substr(value));
    at = end;
  }
  return request;
}

}  // namespace

std::string WebRequest::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

WebServer::WebServer(Handler handler) : handler_(std::move(handler)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no port for a web server");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { serve(); });
}

WebServer::~WebServer() {
  ending_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

std::string WebServer::url() const {
  return "http://127.0.0.1:" + std::to_string(port_);
}

std::vector<WebRequest> WebServer::requests() const {
  const std::scoped_lock lock(mutex_);
  return requests_;
}

void WebServer::serve() {
  while (!ending_) {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    const timeval limit{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    answer(connection);
    ::close(connection);
  }
}

void WebServer::answer(int connection) {
  const WebRequest request = parse(read_request(connection));
  if (request.method.empty()) return;
  {
    const std::scoped_lock lock(mutex_);
    requests_.push_back(request);
  }
  const WebAnswer answer = handler_(request);
  std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " X\r\nConnection: close\r\n";
  for (const auto& [name, value] : answer.headers) text += name + ": " + value + "\r\n";
  text += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n\r\n" + answer.body;
  for (std::size_t sent = 0; sent < text.size();) {
    const ssize_t went = ::send(connection, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (went <= 0) return;
    sent += static_cast<std::size_t>(went);
  }
}

}  // namespace nines::journeys
