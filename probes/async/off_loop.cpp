#include "probes/async/off_loop.hpp"

#include <utility>

#include <uv.h>

#include "probes/async/event.hpp"

namespace nines::probes {

// NOLINTNEXTLINE(*-reference-coroutine-parameters): the loop outlives its tasks
Task<void> off_loop(Loop& loop, std::move_only_function<void()> work) {
  struct Request {
    uv_work_t uv{};
    std::move_only_function<void()>* work;
    Event done;
  } request{.work = &work, .done = Event(loop)};
  request.uv.data = &request;
  const int status = uv_queue_work(
      loop.uv(), &request.uv, [](uv_work_t* r) { (*static_cast<Request*>(r->data)->work)(); },
      [](uv_work_t* r, int) { static_cast<Request*>(r->data)->done.set(); });
  if (status != 0) detail::broken_rule("libuv refused work for its threads");
  co_await request.done.wait();
}

}  // namespace nines::probes
