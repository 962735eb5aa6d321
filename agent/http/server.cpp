#include "agent/http/server.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace nines::agent {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kBacklog = 1024;
constexpr std::chrono::milliseconds kGiveUpEvery{100};

thread_local const Connection* now_serving = nullptr;

bool ready(socket_t socket, short events, Clock::time_point until) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    if (left <= 0) return false;
    pollfd wanted{socket, events, 0};
    const int found = ::poll(&wanted, 1, static_cast<int>(left));
    if (found > 0) return true;
    if (found == 0 || errno != EINTR) return false;
  }
}

}  // namespace

std::size_t BoundedQueue::waiting() {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

std::size_t BoundedQueue::threads() {
  const std::lock_guard lock(mutex_);
  return threads_.size();
}

void BoundedQueue::enqueue(std::function<void()> job) {
  Threads ended;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ending_ || jobs_.size() < kWaitingConnections; });
    jobs_.push_back(std::move(job));
    if (jobs_.size() > idle_ && threads_.size() < kMaxHttpThreads) start_thread();
    ended.swap(ended_);
  }
  changed_.notify_all();
  join(std::move(ended));
}

void BoundedQueue::start_thread() {
  const auto self = threads_.emplace(threads_.end());
  try {
    *self = std::thread([this, self] { work(self); });
  } catch (const std::system_error&) {
    // The system gives no more now: those there are go on, and the next connection asks again.
    threads_.erase(self);
  }
}

void BoundedQueue::join(Threads ended) {
  for (std::thread& thread : ended) thread.join();
}

void BoundedQueue::shutdown() {
  Threads all;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    all.swap(threads_);
    all.splice(all.end(), ended_);
  }
  changed_.notify_all();
  join(std::move(all));
}

void BoundedQueue::work(Threads::iterator self) {
  while (true) {
    std::function<void()> job;
    {
      std::unique_lock lock(mutex_);
      ++idle_;
      const bool called = changed_.wait_for(lock, kIdleThread, [this] { return ending_ || !jobs_.empty(); });
      --idle_;
      // What waits is served even when ending: each job closes its socket.
      if (called && jobs_.empty()) return;
      if (!called) {
        if (threads_.size() <= kKeptHttpThreads) continue;
        ended_.splice(ended_.end(), threads_, self);
        return;
      }
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    changed_.notify_all();
    job();
  }
}

bool Connection::next_request(const std::function<bool()>& give_up) {
  const auto until = Clock::now() + kIdleLimit;
  while (begin_ == end_ && !ready(socket_, POLLIN, std::min(until, Clock::now() + kGiveUpEvery))) {
    if (Clock::now() >= until || give_up()) return false;
  }
  read_until_ = Clock::now() + kRequestLimit;
  write_until_ = read_until_ + kWriteLimit;
  bytes_left_ = kMaxRequestBytes;
  in_request_line_ = true;
  in_query_ = false;
  return true;
}

bool Connection::hung_up() const {
  pollfd wanted{socket_, POLLRDHUP, 0};
  return ::poll(&wanted, 1, 0) > 0;
}

bool Connection::is_readable() const {
  return begin_ < end_ || ready(socket_, POLLIN, read_until_);
}

bool Connection::is_writable() const {
  return ready(socket_, POLLOUT, write_until_);
}

// httplib refuses a ? within the query, which is allowed there (RFC 3986, section 3.4) and which whoever asks for
// /probe?target=http://host/?page=1 writes: it is given as %3F.
ssize_t Connection::read(char* into, std::size_t size) {
  if (size == 0) return 0;
  if (!inserted_.empty()) {
    *into = inserted_.front();
    inserted_.erase(0, 1);
    return 1;
  }
  const ssize_t got = read_received(into, in_request_line_ ? 1 : size);
  if (got <= 0 || !in_request_line_) return got;
  in_request_line_ = *into != '\n';
  if (*into == '?' && std::exchange(in_query_, true)) {
    *into = '%';
    inserted_ = "3F";
  }
  return got;
}

ssize_t Connection::read_received(char* into, std::size_t size) {
  if (begin_ == end_) {
    if (bytes_left_ == 0 || !is_readable()) return -1;
    const ssize_t got = ::recv(socket_, buffer_.data(), std::min(buffer_.size(), bytes_left_), 0);
    if (got <= 0) return got;
    begin_ = 0;
    end_ = static_cast<std::size_t>(got);
    bytes_left_ -= end_;
  }
  const std::size_t taken = std::min(size, end_ - begin_);
  std::copy_n(buffer_.data() + begin_, taken, into);
  begin_ += taken;
  return static_cast<ssize_t>(taken);
}

ssize_t Connection::write(const char* from, std::size_t size) {
  return is_writable() ? ::send(socket_, from, size, MSG_NOSIGNAL) : -1;
}

// Nothing asks yet who is calling.
void Connection::get_remote_ip_and_port(std::string& ip, int& port) const {
  ip.clear();
  port = 0;
}

void Connection::get_local_ip_and_port(std::string& ip, int& port) const {
  get_remote_ip_and_port(ip, port);
}

Server::Server() {
  new_task_queue = [this] { return queue_ = new BoundedQueue(); };
  // httplib's default adds SO_REUSEPORT, with which two agents would share a port in silence.
  set_socket_options([](socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  set_keep_alive_max_count(1000);
  set_payload_max_length(kMaxRequestBytes);
}

Server::~Server() {
  // httplib closes it only at the end of listening.
  if (svr_sock_ != INVALID_SOCKET) ::close(svr_sock_);
}

const Connection* Server::serving() {
  return now_serving;
}

int Server::open(const std::string& host, int port) {
  errno = 0;
  if (port == 0) {
    port = bind_to_any_port(host);
  } else if (!bind_to_port(host, port)) {
    port = 0;
  }
  // httplib listens with a backlog of 5: a burst would wait for retransmitted SYNs.
  return port > 0 && ::listen(svr_sock_, kBacklog) == 0 ? port : 0;
}

void Server::end() {
  stop();
  std::unique_lock lock(mutex_);
  ending_ = true;
  for (const auto& [socket, answering] : open_) {
    if (!answering) ::shutdown(socket, SHUT_RDWR);
  }
  // What is answered ends by itself.
  answered_.wait_for(lock, kEndLimit, [this] {
    return std::ranges::none_of(open_, [](const auto& connection) { return connection.second; });
  });
  for (const auto& [socket, answering] : open_) ::shutdown(socket, SHUT_RDWR);
}

void Server::mark(socket_t socket, bool answering) {
  const std::lock_guard lock(mutex_);
  open_[socket] = answering;
}

void Server::begin_answer() {
  if (now_serving != nullptr) mark(now_serving->socket(), true);
}

bool Server::process_and_close_socket(socket_t socket) {
  {
    const std::lock_guard lock(mutex_);
    open_[socket] = false;
    // end() may have walked the set just before.
    if (ending_) ::shutdown(socket, SHUT_RDWR);
  }
  Connection connection(socket);
  now_serving = &connection;
  bool closed = false;
  for (std::size_t left = keep_alive_max_count_; left > 0 && !closed && !ending_; --left) {
    // A client that says nothing gives its thread to one that waits.
    if (!connection.next_request([this] { return queue_->waiting() > 0; })) break;
    bool refused = true;  // also what is no request: where the next would begin is not known
    const auto look = [this, &refused](httplib::Request& request) {
      // httplib would read a body to the connection's end; without these there is none (RFC 9112, section 6.3).
      if (!request.has_header("Content-Length") && !request.has_header("Transfer-Encoding")) {
        request.set_header("Content-Length", "0");
      }
      // httplib leaves the body of these in the connection, to be read as the next request.
      const bool left_over =
          (request.method == "GET" || request.method == "HEAD") &&
          (request.has_header("Transfer-Encoding") || request.get_header_value("Content-Length") != "0");
      refused = left_over || !takes(request);
      if (!refused) return;
      request.headers.erase("Connection");
      request.set_header("Connection", "close");
    };
    if (!process_request(connection, left == 1, closed, look) || refused) break;
    mark(socket, false);
  }
  now_serving = nullptr;
  {
    const std::lock_guard lock(mutex_);
    open_.erase(socket);
  }
  answered_.notify_all();
  ::shutdown(socket, SHUT_RDWR);
  ::close(socket);
  return true;
}

}  // namespace nines::agent
