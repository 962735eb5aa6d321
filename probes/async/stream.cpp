#include "probes/async/stream.hpp"

#include <cerrno>
#include <optional>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "probes/async/dialer.hpp"
#include "probes/async/event.hpp"
#include "probes/async/fd_watch.hpp"

namespace nines::probes {

namespace {

using End = Transferred::End;

// A peer that always has more to say must not keep the loop from its other work.
constexpr int kTurnsInARow = 16;

enum class Wait { none, readable, writable };

// What one try of a transfer came to: an end, or what to wait for.
struct Step {
  Wait wait = Wait::none;
  Transferred result;
};

Transferred failed(int error) {
  return {.end = End::failed, .error = error, .text = connect_error_text(error)};
}

Step by_errno(Wait wanted) {
  if (errno == EAGAIN || errno == EINTR) return {.wait = wanted, .result = {}};
  if (errno == EPIPE) return {.result = {.end = End::closed}};
  return {.result = failed(errno)};
}

// After an OpenSSL call that did not return 1.
Step by_ssl(const SSL* ssl, int returned, int error_number) {
  switch (SSL_get_error(ssl, returned)) {
    case SSL_ERROR_WANT_READ:
      return {.wait = Wait::readable, .result = {}};
    case SSL_ERROR_WANT_WRITE:
      return {.wait = Wait::writable, .result = {}};
    case SSL_ERROR_ZERO_RETURN:
      return {.result = {.end = End::closed}};
    case SSL_ERROR_SYSCALL:
      if (error_number == 0 || error_number == EPIPE) return {.result = {.end = End::closed}};
      return {.result = failed(error_number)};
    default:
      break;
  }
  const unsigned long code = ERR_peek_error();
  // Many peers hang up without saying so first; nothing here depends on having been told (RFC 8446, 6.1).
  if (ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING) return {.result = {.end = End::closed}};
  const char* text = ERR_reason_error_string(code);
  return {.result = {.end = End::failed, .text = text != nullptr ? text : "TLS failed"}};
}

template <class Call>
Step ssl_step(SSL* ssl, std::size_t& bytes, Call call) {
  ERR_clear_error();
  errno = 0;
  const int returned = call();
  if (returned == 1) return {.result = {.bytes = bytes}};
  Step step = by_ssl(ssl, returned, errno);
  ERR_clear_error();
  return step;
}

struct NextTurn {
  Loop& loop;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> waiting) const { loop.resume(waiting); }
  void await_resume() const {}
};

// The deadline itself is looked at too: while there is always something to transfer, its timer gets no turn.
StopCause stop_cause(Stop stop) {
  if (stop.stopped()) return stop.cause();
  return Loop::now_ns() >= stop.deadline() ? StopCause::deadline : StopCause::none;
}

}  // namespace

struct Stream::Parts {
  Parts(Loop& on, Socket made) : loop(on), socket(std::move(made)), ready(on) {}
  ~Parts() {
    if (ssl == nullptr) return;
    if (healthy) SSL_shutdown(ssl);
    ERR_clear_error();
    SSL_free(ssl);
  }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  // Tries until `step` has come to an end.
  template <class Try>
  Task<Transferred> drive(Try step, Stop stop) {
    while (true) {
      const StopCause already = stop_cause(stop);
      if (already != StopCause::none) co_return stopped(already);
      Step done = step();
      if (done.wait == Wait::none) {
        if (done.result.end != End::done) healthy = false;
        if (++in_a_row >= kTurnsInARow) {
          in_a_row = 0;
          co_await NextTurn{loop};
        }
        co_return std::move(done.result);
      }
      in_a_row = 0;
      const StopCause cause = co_await wait(done.wait, stop);
      if (cause != StopCause::none) co_return stopped(cause);
    }
  }

  Task<StopCause> wait(Wait wanted, Stop stop) {
    if (!watch) {
      watch.emplace(loop, socket.fd(), [this](bool, bool) {
        watch->want(false, false);
        ready.set();
      });
    }
    ready.reset();
    watch->want(wanted == Wait::readable, wanted == Wait::writable);
    const StopCause cause = co_await ready.wait(stop);
    if (cause != StopCause::none) watch->want(false, false);
    co_return cause;
  }

  Transferred stopped(StopCause cause) {
    healthy = false;
    return {.end = End::stopped, .cause = cause};
  }

  Step read_some(std::span<char> into) {
    if (ssl != nullptr) {
      std::size_t got = 0;
      return ssl_step(ssl, got, [&] { return SSL_read_ex(ssl, into.data(), into.size(), &got); });
    }
    const ssize_t got = ::recv(socket.fd(), into.data(), into.size(), 0);
    if (got < 0) return by_errno(Wait::readable);
    if (got == 0) return {.result = {.end = End::closed}};
    return {.result = {.bytes = static_cast<std::size_t>(got)}};
  }

  Step write_some(std::string_view data) {
    if (ssl != nullptr) {
      std::size_t sent = 0;
      return ssl_step(ssl, sent, [&] { return SSL_write_ex(ssl, data.data(), data.size(), &sent); });
    }
    const ssize_t sent = ::send(socket.fd(), data.data(), data.size(), MSG_NOSIGNAL);
    if (sent < 0) return by_errno(Wait::writable);
    return {.result = {.bytes = static_cast<std::size_t>(sent)}};
  }

  Loop& loop;
  Socket socket;
  SSL* ssl = nullptr;
  bool healthy = false;  // TLS may be ended in order
  int in_a_row = 0;
  Event ready;
  std::optional<FdWatch> watch;  // last: goes before the socket is closed
};

Stream::Stream(Loop& loop, Socket socket) : parts_(std::make_unique<Parts>(loop, std::move(socket))) {}

Stream::~Stream() = default;

Task<Transferred> Stream::read(std::span<char> into, Stop stop) {
  return parts_->drive([parts = parts_.get(), into] { return parts->read_some(into); }, stop);
}

Task<Transferred> Stream::write(std::string_view data, Stop stop) {
  Transferred all;
  while (all.bytes < data.size()) {
    const std::string_view rest = data.substr(all.bytes);
    Transferred some = co_await parts_->drive([parts = parts_.get(), rest] { return parts->write_some(rest); }, stop);
    some.bytes += all.bytes;
    all = std::move(some);
    if (all.end != End::done) break;
  }
  co_return all;
}

Task<Transferred> Stream::handshake(ssl_st* session, Stop stop) {
  SSL_free(parts_->ssl);
  parts_->ssl = session;
  SSL_set_fd(session, parts_->socket.fd());
  SSL_set_connect_state(session);
  std::size_t none = 0;
  Transferred done = co_await parts_->drive(
      [session, none]() mutable { return ssl_step(session, none, [&] { return SSL_do_handshake(session); }); }, stop);
  parts_->healthy = done.end == End::done;
  co_return done;
}

int Stream::fd() const {
  return parts_->socket.fd();
}

}  // namespace nines::probes
