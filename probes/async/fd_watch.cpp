#include "probes/async/fd_watch.hpp"

#include <utility>

#include <uv.h>

namespace nines::probes {

struct FdWatch::Handle {
  uv_poll_t poll{};
  Callback callback;
};

FdWatch::FdWatch(Loop& loop, int fd, Callback callback) : handle_(new Handle{.callback = std::move(callback)}) {
  if (uv_poll_init(loop.uv(), &handle_->poll, fd) != 0) detail::broken_rule("a descriptor cannot be watched");
  handle_->poll.data = handle_;
}

FdWatch::~FdWatch() {
  uv_poll_stop(&handle_->poll);
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_->poll),
           [](uv_handle_t* h) { delete static_cast<Handle*>(h->data); });
}

void FdWatch::want(bool readable, bool writable) {
  const int events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
  if (events == 0) {
    uv_poll_stop(&handle_->poll);
    return;
  }
  uv_poll_start(&handle_->poll, events, [](uv_poll_t* poll, int status, int ready) {
    auto* handle = static_cast<Handle*>(poll->data);
    if (status < 0) ready = UV_READABLE | UV_WRITABLE;  // libuv says UV_EBADF for POLLERR
    handle->callback((ready & UV_READABLE) != 0, (ready & UV_WRITABLE) != 0);
  });
}

}  // namespace nines::probes
