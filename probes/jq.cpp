#include "probes/jq.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "probes/async/event.hpp"
#include "probes/async/loop.hpp"
#include "probes/jq/message.hpp"
#include "probes/jq/process.hpp"

namespace nines::probes {
namespace {

using jq::Message;
using jq::Process;
using Failure = Jq::Failure;
using Answer = std::expected<Jq::Values, Failure>;

constexpr std::chrono::milliseconds kRequestTimeout{1000};
constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::chrono::milliseconds kLongestPause{30'000};
constexpr std::chrono::seconds kRefusal{60};

std::unexpected<Failure> agent_failure(std::string message) {
  return std::unexpected(Failure{true, std::move(message)});
}

// One request: made and awaited on the loop's thread, answered by the worker, which hands it back with Loop::post.
struct Call {
  explicit Call(Loop& loop, Message message) : request(std::move(message)), done(loop) {}

  Message request;
  Answer answer;
  std::atomic<bool> abandoned = false;
  Event done;
};

Answer read_answer(const Message& message) {
  if (message.kind == 'O') return Jq::Values{};
  if (message.fields.size() != 1) return agent_failure("the jq helper gave a malformed answer");
  if (message.kind == 'E') return std::unexpected(Failure{false, message.fields[0]});
  auto values = parse_json(message.fields[0]);
  if (!values || !values->is_array()) return agent_failure("jq gave values that are not JSON");
  return Jq::Values(std::make_move_iterator(values->begin()), std::make_move_iterator(values->end()));
}

std::string describe(Process::Lost lost) {
  switch (lost) {
    case Process::Lost::timed_out:
      return fmt::format("the jq program did not end within {} ms", kRequestTimeout.count());
    case Process::Lost::died:
      return "the jq program ended its process: it ran out of memory or hit a fault of jq";
    case Process::Lost::woken:
      break;
  }
  return "jq was closed before it answered";
}

// The helper and its restarts. On the worker's thread.
class Helper {
 public:
  explicit Helper(int wake_fd) : wake_fd_(wake_fd) {}

  // Pauses grow while it cannot be started, so that a broken set-up does not spawn without end.
  void ensure() {
    const auto now = std::chrono::steady_clock::now();
    if (process_ && process_->idle()) return;
    process_.reset();
    if (now < next_start_) return;
    auto started = Process::start(wake_fd_);
    if (started) {
      process_ = std::move(*started);
      pause_ = kFirstPause;
      return;
    }
    error_ = std::move(started.error());
    next_start_ = std::chrono::steady_clock::now() + pause_;
    pause_ = std::min(pause_ * 2, kLongestPause);
  }

  Answer ask(const Message& request) {
    ensure();
    if (!process_) return agent_failure("the jq helper cannot start: " + error_);
    if (request.kind == 'R' && refused(request.fields[0])) {
      return agent_failure("the jq program took more than a second when it was last run");
    }
    const auto message = process_->ask(request, kRequestTimeout);
    if (message) return read_answer(*message);
    process_.reset();
    if (request.kind == 'R' && message.error() == Process::Lost::timed_out) {
      refused_until_[request.fields[0]] = std::chrono::steady_clock::now() + kRefusal;
    }
    return agent_failure(describe(message.error()));
  }

 private:
  // One program without end would cost everybody who waits behind it a second each time.
  bool refused(const std::string& program) {
    const auto now = std::chrono::steady_clock::now();
    std::erase_if(refused_until_, [&](const auto& entry) { return entry.second <= now; });
    return refused_until_.contains(program);
  }

  int wake_fd_;
  std::unique_ptr<Process> process_;
  std::string error_;
  std::chrono::steady_clock::time_point next_start_{};
  std::chrono::milliseconds pause_ = kFirstPause;
  std::map<std::string, std::chrono::steady_clock::time_point> refused_until_;
};

bool names_a_variable(const std::string& name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && letter(name[0]) && std::ranges::all_of(name, [&](char c) { return letter(c) || digit(c); });
}

// Only what the program may mean is sent: fewer variants to compile, and no secret goes where it is not used.
bool mentions(const std::string& program, const std::string& name) {
  return names_a_variable(name) && program.contains("$" + name);
}

}  // namespace

// Owned by the loop's thread, which makes calls. The worker takes them from the queue, one at a time; blocking belongs
// to it, so the loop never waits for a pipe or a process.
struct Jq::State {
  explicit State(Loop& on)
      : loop(on), wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), closed(std::make_shared<Event>(on)) {
    worker = std::thread([this] { work(); });
  }

  std::shared_ptr<Call> submit(Message request) {
    auto call = std::make_shared<Call>(loop, std::move(request));
    const std::lock_guard lock(mutex);
    if (closing) {
      call->answer = agent_failure(describe(Process::Lost::woken));
      call->done.set();
      return call;
    }
    queue.push_back(call);
    changed.notify_one();
    return call;
  }

  void request_close() {
    const std::lock_guard lock(mutex);
    closing = true;
    changed.notify_one();
    ::eventfd_write(wake.get(), 1);
  }

  void work() {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, nullptr);
    {
      Helper helper(wake.get());
      helper.ensure();
      while (const auto call = next()) {
        if (call->abandoned) continue;
        call->answer = helper.ask(call->request);
        loop.post([call] { call->done.set(); });
      }
    }
    refuse_queued();
    loop.post([done = closed] { done->set(); });
  }

  // Once closing, when nothing is added any more.
  void refuse_queued() {
    const std::lock_guard lock(mutex);
    for (const auto& call : queue) {
      call->answer = agent_failure(describe(Process::Lost::woken));
      loop.post([call] { call->done.set(); });
    }
    queue.clear();
  }

  // Null once closing.
  std::shared_ptr<Call> next() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return closing || !queue.empty(); });
    if (closing) return nullptr;
    auto call = std::move(queue.front());
    queue.pop_front();
    return call;
  }

  Loop& loop;
  jq::Descriptor wake;
  std::shared_ptr<Event> closed;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::shared_ptr<Call>> queue;
  bool closing = false;
  std::thread worker;
};

namespace {

Task<Answer> answered(std::shared_ptr<Call> call, Stop stop) {
  if (co_await call->done.wait(stop) == StopCause::none) co_return std::move(call->answer);
  call->abandoned = true;
  co_return agent_failure("the run ended before jq answered");
}

}  // namespace

Jq::Jq(Engine& engine) : state_(std::make_unique<State>(engine.loop())) {}

Jq::~Jq() {
  if (!state_->worker.joinable()) return;
  state_->request_close();
  state_->worker.join();
}

Task<std::expected<Jq::Values, Failure>> Jq::run(std::string program, std::string input,
                                                 std::vector<std::pair<std::string, Json>> variables, Stop stop) {
  Message request{'R', {program, std::move(input)}};
  std::size_t size = request.fields[0].size() + request.fields[1].size();
  for (const auto& [name, value] : variables) {
    if (!mentions(program, name)) continue;
    size += request.fields.emplace_back(name).size();
    size += request.fields.emplace_back(dump_json(value)).size();
  }
  if (size > jq::kMaxPayload / 2) co_return agent_failure("the body is too large for jq");
  co_return co_await answered(state_->submit(std::move(request)), stop);
}

Task<std::expected<void, Failure>> Jq::compile(std::string program, std::vector<std::string> variable_names,
                                               Stop stop) {
  Message request{'C', {program}};
  for (const std::string& name : variable_names) {
    if (mentions(program, name)) request.fields.push_back(name);
  }
  const auto answer = co_await answered(state_->submit(std::move(request)), stop);
  if (!answer) co_return std::unexpected(answer.error());
  co_return std::expected<void, Failure>();
}

Task<void> Jq::close() {
  if (!state_->worker.joinable()) co_return;
  state_->request_close();
  co_await state_->closed->wait();
  state_->worker.join();
}

}  // namespace nines::probes
