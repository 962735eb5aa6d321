#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace nines::journeys {

/// A request as it came, and an answer as it goes.
struct WebRequest {
  std::string method;
  std::string target;
  std::multimap<std::string, std::string> headers;  ///< names in lower case
  std::string body;

  /// The first value of a header, or empty.
  std::string header(const std::string& name) const;
  std::string path() const { return target.substr(0, target.find('?')); }
};
struct WebAnswer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
};

/// Answers HTTP/1.1 on a port of its own as a function of the request says, one connection after the other, on a thread
/// of its own.
class WebServer {
 public:
  using Handler = std::function<WebAnswer(const WebRequest&)>;
  explicit WebServer(Handler handler);
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  std::string url() const;
  /// What has come so far.
  std::vector<WebRequest> requests() const;

 private:
  void serve();
  void answer(int connection);

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> ending_ = false;
  mutable std::mutex mutex_;
  std::vector<WebRequest> requests_;
  std::thread thread_;
};

}  // namespace nines::journeys
