#pragma once

// A connected socket that is read and written, plain or over TLS. (HTTP has libcurl; this is for all the rest.)

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "probes/async/address.hpp"
#include "probes/async/loop.hpp"
#include "probes/async/stop.hpp"
#include "probes/async/task.hpp"

struct ssl_st;

namespace nines::probes {

// How a read, a write or a handshake ended.
struct Transferred {
  enum class End { done, closed, failed, stopped };
  End end = End::done;
  std::size_t bytes = 0;              // of a read: at least 1 when done
  StopCause cause = StopCause::none;  // of stopped
  int error = 0;                      // of failed: errno, 0 when TLS failed
  std::string text{};                 // of failed: a few words: "connection reset", "certificate required"
};

// Owns the socket and what TLS it speaks. One read or write at a time; loop's thread; a stop ends the wait and leaves
// the stream usable for nothing but its destructor.
class Stream {
 public:
  Stream(Loop& loop, Socket socket);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // What there is, up to into.size(); waits for the first byte. `into` outlives the task.
  Task<Transferred> read(std::span<char> into, Stop stop);
  // All of `data`, which outlives the task.
  Task<Transferred> write(std::string_view data, Stop stop);

  // A TLS handshake as a client, with a session made for this connection (an OpenSSL SSL*, owned from now on). From
  // then on, all is encrypted.
  Task<Transferred> handshake(ssl_st* session, Stop stop);

  int fd() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace nines::probes
