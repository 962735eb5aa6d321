#pragma once

// Watches a file descriptor on a loop.

#include <functional>
#include <memory>

#include "probes/async/loop.hpp"

namespace nines::probes {

// Owns a libuv poll handle, not the descriptor, which may be closed or given away as soon as this is destroyed. Loop's
// thread only.
class FdWatch {
 public:
  // An error or hang-up is told as readable and writable: the next read or write then says what it is.
  using Callback = std::move_only_function<void(bool readable, bool writable)>;

  FdWatch(Loop& loop, int fd, Callback callback);
  ~FdWatch();  // also from inside the callback
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  // What to be called for; neither: pauses.
  void want(bool readable, bool writable);

 private:
  struct Handle;
  Handle* handle_;  // freed by its close callback
};

}  // namespace nines::probes
