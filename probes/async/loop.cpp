#include "probes/async/loop.hpp"

#include <mutex>
#include <vector>

#include <uv.h>

namespace nines::probes {

struct Loop::Parts {
  uv_loop_t uv{};
  uv_async_t wake{};
  uv_idle_t ready{};
  uv_timer_t timer{};

  std::mutex mutex;  // guards posted and open
  std::vector<std::move_only_function<void()>> posted;
  bool open = true;

  std::vector<std::coroutine_handle<>> waiting;
  Timers timers;
  std::uint64_t armed_for = UINT64_MAX;  // what the libuv timer is set to

  void run_posted();
  void resume_waiting();
  void fire_timers();
  void arm(std::uint64_t at_ns);
};

namespace {

void require(int status, const char* sentence) {
  if (status != 0) detail::broken_rule(sentence);
}

}  // namespace

void Loop::Parts::run_posted() {
  std::vector<std::move_only_function<void()>> now;
  {
    const std::lock_guard lock(mutex);
    now.swap(posted);
  }
  for (auto& work : now) work();
}

void Loop::Parts::resume_waiting() {
  std::vector<std::coroutine_handle<>> now;
  now.swap(waiting);
  for (const auto handle : now) handle.resume();
  if (waiting.empty()) {
    uv_idle_stop(&ready);
    now.clear();
    waiting.swap(now);  // keeps the memory for the next turn
  }
}

void Loop::Parts::arm(std::uint64_t at_ns) {
  // libuv counts whole milliseconds from its cached time: refresh it and round up.
  uv_update_time(&uv);
  const std::uint64_t at_ms = (at_ns / 1'000'000) + (at_ns % 1'000'000 != 0 ? 1 : 0);
  const std::uint64_t now_ms = uv_now(&uv);
  armed_for = at_ns;
  uv_timer_start(
      &timer, [](uv_timer_t* t) { static_cast<Parts*>(t->data)->fire_timers(); }, at_ms > now_ms ? at_ms - now_ms : 0,
      0);
}

void Loop::Parts::fire_timers() {
  armed_for = UINT64_MAX;
  const std::uint64_t now = uv_hrtime();
  while (!timers.empty() && timers.begin()->first <= now) {
    Timer* timer_due = timers.begin()->second;
    timer_due->cancel();
    timer_due->fired();
  }
  if (!timers.empty() && timers.begin()->first < armed_for) arm(timers.begin()->first);
}

Loop::Loop() : parts_(std::make_unique<Parts>()) {
  Parts& p = *parts_;
  require(uv_loop_init(&p.uv), "libuv could not make an event loop (out of file descriptors?)");
  p.wake.data = p.ready.data = p.timer.data = &p;
  require(uv_async_init(&p.uv, &p.wake, [](uv_async_t* a) { static_cast<Parts*>(a->data)->run_posted(); }),
          "libuv could not make a wake-up handle (out of file descriptors?)");
  uv_idle_init(&p.uv, &p.ready);
  uv_timer_init(&p.uv, &p.timer);
}

Loop::~Loop() {
  if (parts_->open && close() != 0) detail::broken_rule("a loop was destroyed while handles on it were open");
}

void Loop::run() {
  uv_run(&parts_->uv, UV_RUN_DEFAULT);
}

void Loop::stop() {
  uv_stop(&parts_->uv);
}

void Loop::post(std::move_only_function<void()> work) {
  Parts& p = *parts_;
  const std::lock_guard lock(p.mutex);
  if (!p.open) return;
  p.posted.push_back(std::move(work));
  // One write per batch: a wake-up is under way when the queue was not empty.
  if (p.posted.size() == 1) uv_async_send(&p.wake);
}

void Loop::resume(std::coroutine_handle<> waiting) {
  Parts& p = *parts_;
  if (p.waiting.empty()) uv_idle_start(&p.ready, [](uv_idle_t* i) { static_cast<Parts*>(i->data)->resume_waiting(); });
  p.waiting.push_back(waiting);
}

std::uint64_t Loop::now_ns() {
  return uv_hrtime();
}

int Loop::close() {
  Parts& p = *parts_;
  {
    const std::lock_guard lock(p.mutex);
    p.open = false;
    p.posted.clear();
  }
  for (uv_handle_t* handle : {reinterpret_cast<uv_handle_t*>(&p.wake), reinterpret_cast<uv_handle_t*>(&p.ready),
                              reinterpret_cast<uv_handle_t*>(&p.timer)}) {
    uv_close(handle, nullptr);
  }
  // Turns without waiting: each runs the close callbacks due; a handle left open must not make this hang.
  for (int turn = 0; turn < 3; ++turn) uv_run(&p.uv, UV_RUN_NOWAIT);
  return uv_loop_close(&p.uv);
}

uv_loop_s* Loop::uv() {
  return &parts_->uv;
}

Loop::Timers::iterator Loop::add_timer(std::uint64_t at_ns, Timer* timer) {
  const auto position = parts_->timers.emplace(at_ns, timer);
  if (at_ns < parts_->armed_for) parts_->arm(at_ns);
  return position;
}

// The libuv timer stays armed: waking once for nothing is cheaper than re-arming at each cancelled deadline.
void Loop::remove_timer(Timers::iterator position) {
  parts_->timers.erase(position);
}

void Timer::start(std::uint64_t at_ns) {
  cancel();
  position_ = loop_.add_timer(at_ns, this);
}

void Timer::cancel() {
  if (!position_) return;
  loop_.remove_timer(*position_);
  position_.reset();
}

}  // namespace nines::probes
