#pragma once

// Waiting for a socket of ours that neither TCP nor TLS speaks on.

#include "probes/async/event.hpp"
#include "probes/async/fd_watch.hpp"

namespace nines::probes {

// Lives in the coroutine that reads the socket, which outlives it. Loop's thread.
class Readable {
 public:
  Readable(Loop& loop, int fd) : ready_(loop), watch_(loop, fd, [this](bool, bool) { mark(); }) {}

  // none when there is something to read, be it an error; else why waiting ended.
  Task<StopCause> wait(Stop stop) {
    ready_.reset();
    watch_.want(true, false);
    co_return co_await ready_.wait(stop);
  }

 private:
  void mark() {
    watch_.want(false, false);
    ready_.set();
  }

  Event ready_;
  FdWatch watch_;
};

}  // namespace nines::probes
