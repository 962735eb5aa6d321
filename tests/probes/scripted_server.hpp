#pragma once

// A TCP server that misbehaves as a test tells it to, on its own thread.

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

struct ssl_st;
struct ssl_ctx_st;

namespace nines::probes::test {

// One accepted connection; its methods block.
class Peer {
 public:
  Peer(int fd, ssl_ctx_st* tls);  // with `tls`: a TLS server; ok() says whether the handshake was completed
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  bool ok() const { return ok_; }
  std::string read_some();           // what has come, at least a byte; empty: the other side hung up
  std::string read_request();        // head and, with Content-Length, body
  void send(std::string_view data);  // stops quietly when the other side is gone
  bool gone() const { return gone_; }
  void start_tls(ssl_ctx_st* tls);  // speaks it from now on, as a server
  void finish();                    // FIN: nothing more will be sent; not over TLS
  void wait_for_close();            // until the other side hangs up
  void reset();                     // RST instead of FIN

 private:
  long receive(char* buffer, int size);

  int fd_;
  ssl_st* ssl_ = nullptr;
  bool ok_ = true;
  bool gone_ = false;
};

class ScriptedServer {
 public:
  using Script = std::function<void(Peer&)>;

  // Serves one connection after the other, on a free port of 127.0.0.1 or ::1.
  explicit ScriptedServer(Script script, const std::string& address = "127.0.0.1", ssl_ctx_st* tls = nullptr);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  int port() const { return port_; }
  std::string url(const std::string& path = "/") const;
  int connections() const { return connections_; }

 private:
  void serve();

  Script script_;
  std::string address_;
  ssl_ctx_st* tls_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_ = 0;
  std::thread thread_;
};

// An answer 200 with `body`; `headers` are whole lines.
std::string ok(const std::string& body, const std::string& headers = {});
// A script that reads the request, sends `answer` and closes.
ScriptedServer::Script answers(std::string answer);
// The same, and each request is kept.
class Recorder {
 public:
  ScriptedServer::Script answers(std::string answer);
  void keep(std::string request);
  std::vector<std::string> requests() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
};

}  // namespace nines::probes::test
