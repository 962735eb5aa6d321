#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <set>

#include <httplib.h>

namespace taskapp {

class Server;

/// One client's connection, buffered for reading. A handler reaches its own through Server::connection().
/// Lives on the thread that serves it.
class Connection : public httplib::Stream {
 public:
  Connection(Server& server, socket_t socket);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Ends the connection: whatever would still be written never leaves.
  void cut();
  /// Waits until `until`, the client has gone, the server stops, or enough() says so (asked every few ms).
  void wait(std::chrono::steady_clock::time_point until, const std::function<bool()>& enough);

  /// True once a byte can be read; false when nothing came in that time or the client has gone.
  bool wait_readable(std::chrono::milliseconds limit) const;

  bool is_readable() const override;
  bool is_writable() const override;
  ssize_t read(char* into, size_t size) override;
  ssize_t write(const char* from, size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return socket_; }

 private:
  Server& server_;
  socket_t socket_;
  bool cut_ = false;
  std::array<char, 4096> buffer_{};
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

/// cpp-httplib's server with what a service to break needs: handlers that reach their connection, a stop that ends
/// every connection at once, a port that is nobody else's, a long backlog, and threads enough that hung requests hold
/// up no other.
class Server : public httplib::Server {
 public:
  Server();

  /// Binds; port 0 takes a free one. Returns the port, or 0 when it cannot be had.
  int open(const std::string& host, int port);
  /// Ends listening and every connection. From any thread; listen_after_bind returns soon after.
  void end();
  bool ending() const { return ending_; }

  /// The connection of the request being handled on this thread.
  static Connection& connection();

 private:
  friend class Connection;

  bool process_and_close_socket(socket_t socket) override;

  std::atomic<bool> ending_ = false;
  std::mutex mutex_;
  std::set<socket_t> open_;  ///< so that end() can shut them down; a socket is closed only after it left this set
};

}  // namespace taskapp
