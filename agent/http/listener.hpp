#pragma once

// The one HTTP server: cpp-httplib with what it lacks. A port is nobody else's (no SO_REUSEPORT), bursts wait in a long
// backlog, threads (one for each request that is being answered) and waiting connections are bounded, and a slow or
// endless client is cut.

#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"

namespace nines::agent {

struct HttpQuery {
  std::string method;  // GET (also for HEAD, whose body the listener leaves out) or POST
  std::string path;
  std::vector<std::pair<std::string, std::string>> parameters;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body{};  // of a POST, at most 1 MB
  // Whether the client has hung up, so that no one waits for the answer. For the handler's own thread.
  std::function<bool()> gone = [] { return false; };

  // First value, or empty. Names of headers are compared without case.
  std::string parameter(const std::string& name) const;
  std::string header(std::string_view name) const;
};

struct HttpAnswer {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers{};  // more of them
};

// Called on the listener's threads, several at once.
using HttpHandler = std::function<HttpAnswer(const HttpQuery&)>;

class Listener {
 public:
  static constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();
  // For paths whose answers take long: what leaves threads for the others.
  static const std::size_t kMostSlow;

  // Binds at once, so that a port in use is told before anything starts: "cannot listen on 127.0.0.1:9999: address
  // already in use". Port 0 takes a free one. Connections wait until serve().
  static Expected<std::unique_ptr<Listener>> bind(const std::string& host, int port);
  ~Listener();  // stops
  Listener(const Listener&) = delete;

  // GET and HEAD, or POST, of exactly `path`; other methods of a path are 405 with what it allows. Before serve().
  // More than `at_most` at once are answered 503.
  void get(const std::string& path, HttpHandler handler, std::size_t at_most = kUnlimited);
  void post(const std::string& path, HttpHandler handler);
  // GET and HEAD of every path that begins with `prefix` and has more, unless it is named itself.
  void get_under(const std::string& prefix, HttpHandler handler);
  // Answers from now on, on threads of its own.
  void serve();
  // Ends listening and every connection; an answer under way is still written, within 3 s.
  void stop();

  const std::string& host() const;
  int port() const;
  std::string url() const;

 private:
  struct Impl;
  explicit Listener(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace nines::agent
