#include "base/line_writer.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <mutex>
#include <string_view>
#include <utility>

#include <poll.h>
#include <unistd.h>

namespace nines {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPatience{20};  // how long the end may go unnoticed while the descriptor takes nothing
constexpr milliseconds kGrace{500};    // for the thread to notice; longer only when it is stuck in write(2)

bool takes_more(int descriptor, milliseconds patience) {
  pollfd polled{.fd = descriptor, .events = POLLOUT, .revents = 0};
  return ::poll(&polled, 1, static_cast<int>(patience.count())) > 0;
}

// A pipe that is ready takes PIPE_BUF bytes without blocking. True when there is nothing more to be done for the line.
bool write_some(int descriptor, std::string_view& rest) {
  const ssize_t written = ::write(descriptor, rest.data(), std::min<std::size_t>(rest.size(), PIPE_BUF));
  if (written < 0 && errno != EINTR && errno != EAGAIN) return true;  // nowhere left to complain
  rest.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  return rest.empty();
}

// Signals are for threads that wait for them; and SIGPIPE becomes EPIPE.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~AllSignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

struct LineWriter::Queue {
  struct Entry {
    std::uint64_t dropped_before = 0;
    std::string line;
  };

  const int descriptor;
  const Notice notice;
  std::mutex mutex;
  std::condition_variable changed;   // for the writer
  std::condition_variable progress;  // for those who wait for it
  std::deque<Entry> entries;
  std::size_t bytes = 0;
  std::uint64_t dropped = 0;  // since the last entry
  bool writing = false;
  bool over = false;
  std::atomic<bool> ending = false;

  Queue(int to, Notice told) : descriptor(to), notice(told) {}

  bool idle() const { return entries.empty() && dropped == 0 && !writing; }

  // While lines are dropped there is room again once half is free: else every second line would tell of one dropped.
  bool has_room(std::size_t size) const {
    const std::size_t share = dropped > 0 ? 2 : 1;
    return entries.size() < kMostLines / share && bytes + size <= kMostBytes / share;
  }

  Entry take() {
    if (entries.empty()) return {.dropped_before = std::exchange(dropped, 0), .line = {}};
    Entry entry = std::move(entries.front());
    entries.pop_front();
    bytes -= entry.line.size();
    return entry;
  }

  void put(std::string_view line) const {
    while (!line.empty() && !ending) {
      if (takes_more(descriptor, kPatience) && write_some(descriptor, line)) return;
    }
  }

  void put(const Entry& entry) const {
    try {
      if (entry.dropped_before > 0) put(notice(entry.dropped_before));
    } catch (...) {
      // Out of memory: the lines after it are more than the count.
      put("log lines were dropped\n");
    }
    put(entry.line);
  }

  void run() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return ending || !entries.empty() || dropped > 0; });
      if (ending) break;
      const Entry entry = take();
      writing = true;
      lock.unlock();
      put(entry);
      lock.lock();
      writing = false;
      if (idle()) progress.notify_all();
    }
    over = true;
    progress.notify_all();
  }
};

LineWriter::LineWriter(int descriptor, Notice notice) : queue_(std::make_shared<Queue>(descriptor, notice)) {
  const AllSignalsBlocked blocked;
  thread_ = std::thread([queue = queue_] { queue->run(); });
}

LineWriter::~LineWriter() {
  end(milliseconds::zero());
}

void LineWriter::push(std::string line) {
  Queue& queue = *queue_;
  {
    const std::scoped_lock lock(queue.mutex);
    if (queue.ending) {
      std::string_view rest = line;
      while (takes_more(queue.descriptor, milliseconds::zero()) && !write_some(queue.descriptor, rest)) {
      }
      return;
    }
    if (!queue.has_room(line.size())) {
      ++queue.dropped;
      return;
    }
    const std::size_t size = line.size();
    queue.entries.push_back({.dropped_before = queue.dropped, .line = std::move(line)});
    queue.bytes += size;
    queue.dropped = 0;
  }
  queue.changed.notify_one();
}

bool LineWriter::flush(milliseconds at_most) {
  std::unique_lock lock(queue_->mutex);
  queue_->progress.wait_for(lock, at_most, [this] { return queue_->idle() || queue_->ending; });
  return queue_->idle();
}

bool LineWriter::end(milliseconds at_most) {
  const bool written = flush(at_most);
  if (!thread_.joinable()) return written;
  std::unique_lock lock(queue_->mutex);
  queue_->ending = true;
  queue_->changed.notify_one();
  const bool over = queue_->progress.wait_for(lock, kGrace, [this] { return queue_->over; });
  lock.unlock();
  if (over) {
    thread_.join();
  } else {
    thread_.detach();
  }
  return written;
}

}  // namespace nines
