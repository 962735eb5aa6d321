#include "bench/bare_curl.hpp"

#include <curl/curl.h>
#include <uv.h>

namespace nines::bench {
namespace {

struct Bare {
  uv_loop_t loop{};
  uv_timer_t timer{};
  CURLM* multi = nullptr;
  std::string url;
  int to_start = 0;
  int running = 0;
  int good = 0;

  void start() {
    if (to_start == 0) return;
    --to_start;
    ++running;
    CURL* easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 10000L);
    curl_easy_setopt(
        easy, CURLOPT_WRITEFUNCTION, +[](char*, std::size_t size, std::size_t count, void*) { return size * count; });
    curl_multi_add_handle(multi, easy);
  }

  void take_finished() {
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* easy = message->easy_handle;
      long status = 0;
      curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
      if (message->data.result == CURLE_OK && status == 200) ++good;
      curl_multi_remove_handle(multi, easy);
      curl_easy_cleanup(easy);
      --running;
      start();
    }
    if (running == 0) uv_stop(&loop);
  }
};

struct Watch {
  uv_poll_t poll{};
  curl_socket_t socket = 0;
  Bare* bare = nullptr;
};

int on_socket(CURL*, curl_socket_t socket, int what, void* data, void* known) {
  auto* bare = static_cast<Bare*>(data);
  auto* watch = static_cast<Watch*>(known);
  if (what == CURL_POLL_REMOVE) {
    if (watch == nullptr) return 0;
    uv_poll_stop(&watch->poll);
    uv_close(reinterpret_cast<uv_handle_t*>(&watch->poll),
             [](uv_handle_t* handle) { delete static_cast<Watch*>(handle->data); });
    curl_multi_assign(bare->multi, socket, nullptr);
    return 0;
  }
  if (watch == nullptr) {
    watch = new Watch{};
    watch->socket = socket;
    watch->bare = bare;
    uv_poll_init_socket(&bare->loop, &watch->poll, socket);
    watch->poll.data = watch;
    curl_multi_assign(bare->multi, socket, watch);
  }
  const int events = ((what & CURL_POLL_IN) != 0 ? UV_READABLE : 0) | ((what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0);
  uv_poll_start(&watch->poll, events, [](uv_poll_t* poll, int, int) {
    auto* own = static_cast<Watch*>(poll->data);
    Bare* owner = own->bare;
    int running = 0;
    curl_multi_socket_action(owner->multi, own->socket, CURL_CSELECT_IN | CURL_CSELECT_OUT, &running);
    owner->take_finished();
  });
  return 0;
}

int on_timer(CURLM*, long milliseconds, void* data) {
  auto* bare = static_cast<Bare*>(data);
  if (milliseconds < 0) return uv_timer_stop(&bare->timer);
  return uv_timer_start(
      &bare->timer,
      [](uv_timer_t* timer) {
        auto* owner = static_cast<Bare*>(timer->data);
        int running = 0;
        curl_multi_socket_action(owner->multi, CURL_SOCKET_TIMEOUT, 0, &running);
        owner->take_finished();
      },
      static_cast<std::uint64_t>(milliseconds), 0);
}

}  // namespace

int bare_curl(const std::string& url, int count, int at_once) {
  Bare bare;
  bare.url = url;
  bare.to_start = count;
  uv_loop_init(&bare.loop);
  uv_timer_init(&bare.loop, &bare.timer);
  bare.timer.data = &bare;
  bare.multi = curl_multi_init();
  curl_multi_setopt(bare.multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  curl_multi_setopt(bare.multi, CURLMOPT_SOCKETDATA, &bare);
  curl_multi_setopt(bare.multi, CURLMOPT_TIMERFUNCTION, on_timer);
  curl_multi_setopt(bare.multi, CURLMOPT_TIMERDATA, &bare);
  for (int i = 0; i < at_once; ++i) bare.start();
  uv_run(&bare.loop, UV_RUN_DEFAULT);
  curl_multi_cleanup(bare.multi);
  uv_close(reinterpret_cast<uv_handle_t*>(&bare.timer), nullptr);
  uv_run(&bare.loop, UV_RUN_DEFAULT);
  uv_loop_close(&bare.loop);
  return bare.good;
}

}  // namespace nines::bench
