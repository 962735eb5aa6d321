#include "probes/async/curl_multi.hpp"

#include <curl/curl.h>

#include "probes/async/event.hpp"
#include "probes/async/fd_watch.hpp"

namespace nines::probes {

namespace {

struct Transfer {
  explicit Transfer(Loop& loop) : done(loop) {}
  Event done;
  CURLcode code = CURLE_OK;
};

}  // namespace

struct CurlMulti::Parts final : Timer {
  explicit Parts(Loop& on) : Timer(on), multi(curl_multi_init()) {
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &Parts::on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &Parts::on_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
  }
  ~Parts() override { curl_multi_cleanup(multi); }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  using Timer::loop;

  void fired() override { act(CURL_SOCKET_TIMEOUT, 0); }

  void act(curl_socket_t socket, int ready) {
    int running = 0;
    curl_multi_socket_action(multi, socket, ready, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      char* transfer = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
      reinterpret_cast<Transfer*>(transfer)->code = message->data.result;
      reinterpret_cast<Transfer*>(transfer)->done.set();
    }
  }

  static int on_socket(CURL*, curl_socket_t socket, int what, void* parts, void* assigned) {
    auto* self = static_cast<Parts*>(parts);
    auto* watch = static_cast<FdWatch*>(assigned);
    if (what == CURL_POLL_REMOVE) {
      delete watch;
      curl_multi_assign(self->multi, socket, nullptr);
      return 0;
    }
    if (watch == nullptr) {
      // Never CURL_CSELECT_ERR: with it a reset would be told as "select/poll returned error".
      watch = new FdWatch(self->loop(), socket, [self, socket](bool readable, bool writable) {
        self->act(socket, (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0));
      });
      curl_multi_assign(self->multi, socket, watch);
    }
    watch->want((what & CURL_POLL_IN) != 0, (what & CURL_POLL_OUT) != 0);
    return 0;
  }

  // Must not call curl: this runs inside it.
  static int on_timer(CURLM*, long timeout_ms, void* parts) {
    auto* self = static_cast<Parts*>(parts);
    if (timeout_ms < 0) {
      self->cancel();
    } else {
      self->start(Loop::now_ns() + static_cast<std::uint64_t>(timeout_ms) * 1'000'000);
    }
    return 0;
  }

  CURLM* multi;
};

CurlMulti::CurlMulti(Loop& loop) : parts_(std::make_unique<Parts>(loop)) {}
CurlMulti::~CurlMulti() = default;

void CurlMulti::keep_one() {
  curl_multi_setopt(parts_->multi, CURLMOPT_MAXCONNECTS, 1L);
  curl_multi_setopt(parts_->multi, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
}

Task<std::optional<int>> CurlMulti::perform(void* easy, Stop stop) {
  Transfer transfer(parts_->loop());
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
  if (const CURLMcode code = curl_multi_add_handle(parts_->multi, easy); code != CURLM_OK) {
    co_return code == CURLM_OUT_OF_MEMORY ? CURLE_OUT_OF_MEMORY : CURLE_FAILED_INIT;
  }
  // The first step at once, as this is no callback of curl's; the loop would take another turn for it.
  parts_->act(CURL_SOCKET_TIMEOUT, 0);
  const StopCause cause = co_await transfer.done.wait(stop);
  curl_multi_remove_handle(parts_->multi, easy);
  if (cause != StopCause::none) co_return std::nullopt;
  co_return transfer.code;
}

}  // namespace nines::probes
