#pragma once

// cpp-httplib's server as Listener needs it; nothing else includes this.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <httplib.h>

namespace nines::agent {

// A thread waits with each /probe, and these are not limited by anything else. An idle one costs about 20 KB.
inline constexpr std::size_t kMaxHttpThreads = 1024;
inline constexpr std::size_t kKeptHttpThreads = 16;     // idle ones beyond these end …
inline constexpr std::chrono::seconds kIdleThread{30};  // … after this
inline constexpr std::size_t kWaitingConnections = 256;
inline constexpr std::size_t kMaxRequestBytes = 1 << 20;  // line, headers and body
// Between requests: a scrape every 10 s keeps its connection, as long as no other client waits for its thread.
inline constexpr std::chrono::seconds kIdleLimit{15};
inline constexpr std::chrono::seconds kRequestLimit{10};  // from a request's first byte to its last
inline constexpr std::chrono::seconds kWriteLimit{30};    // for one answer
inline constexpr std::chrono::seconds kEndLimit{3};       // for the answers under way when the server ends

// Threads that are started when none is free, and a queue whose enqueue blocks when full: the kernel's backlog holds
// what comes then.
class BoundedQueue final : public httplib::TaskQueue {
 public:
  // Connections that wait for a thread.
  std::size_t waiting();
  std::size_t threads();
  void enqueue(std::function<void()> job) override;
  void shutdown() override;

 private:
  using Threads = std::list<std::thread>;
  void start_thread();  // locked
  void work(Threads::iterator self);
  void join(Threads ended);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool ending_ = false;
  std::size_t idle_ = 0;
  Threads threads_;
  Threads ended_;  // to be joined
};

// One client's connection on the thread that serves it. Reading a request has one deadline and one limit in bytes, so
// that neither a byte a second nor endless headers hold a thread.
class Connection final : public httplib::Stream {
 public:
  explicit Connection(socket_t socket) : socket_(socket) {}

  // Waits for the next request's first byte; false: none came in time, or `give_up` said so (asked now and then).
  bool next_request(const std::function<bool()>& give_up);

  // The client has ended the connection, or its side of it. Any thread.
  bool hung_up() const;

  bool is_readable() const override;
  bool is_writable() const override;
  ssize_t read(char* into, std::size_t size) override;
  ssize_t write(const char* from, std::size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return socket_; }

 private:
  ssize_t read_received(char* into, std::size_t size);

  socket_t socket_;
  bool in_request_line_ = true;
  bool in_query_ = false;  // of the request line
  std::string inserted_;   // to be read before what was received
  std::chrono::steady_clock::time_point read_until_{};
  std::chrono::steady_clock::time_point write_until_{};
  std::size_t bytes_left_ = 0;
  std::vector<char> buffer_ = std::vector<char>(4096);
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

class Server final : public httplib::Server {
 public:
  Server();
  ~Server() override;  // a port that was opened and never listened on is given back
  // Whether a request is answered; one that is not is refused, and ends its connection: its body is not read. Set
  // before listening.
  std::function<bool(const httplib::Request&)> takes = [](const httplib::Request&) { return true; };
  // The connection whose request the calling thread is answering; null on others.
  static const Connection* serving();
  // The port bound, or 0 with errno set.
  int open(const std::string& host, int port);
  // The calling thread has read its request whole, and answers it from now on.
  void begin_answer();
  // Ends listening and every connection: at once where none is answered, else when the answer is written, by kEndLimit.
  // From any thread, after listen_after_bind has begun.
  void end();

 private:
  bool process_and_close_socket(socket_t socket) override;
  void mark(socket_t socket, bool answering);

  std::atomic<bool> ending_ = false;
  BoundedQueue* queue_ = nullptr;  // httplib's, while it listens
  std::mutex mutex_;
  std::condition_variable answered_;
  std::map<socket_t, bool> open_;  // guarded: whether it is being answered; a socket leaves it before it is closed
};

}  // namespace nines::agent
