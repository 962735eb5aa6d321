#include "probes/jq/process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probes/jq_helper.hpp"

namespace nines::probes::jq {
namespace {

// Generous: a loaded machine, or a sanitizer's start.
constexpr std::chrono::seconds kStartTimeout{20};
constexpr char kReady = 'H';
// Says to a program that it was started as a helper. One whose main() does not know what to do then would start a
// helper of its own, and so on without end.
constexpr const char* kMark = "NINES_JQ_HELPER";

class SpawnSettings {
 public:
  explicit SpawnSettings(int socket) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, socket, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, socket, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    posix_spawn_file_actions_addchdir_np(&actions_, "/");
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigemptyset(&none);
    sigset_t all;
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  std::expected<pid_t, std::string> spawn() const {
    std::string name = "nines-jq";
    std::string argument = kJqHelperArgument;
    std::array<char*, 3> arguments = {name.data(), argument.data(), nullptr};
    std::string mark = std::string(kMark) + "=1";
    std::array<char*, 2> environment = {mark.data(), nullptr};
    pid_t pid = -1;
    const int error =
        posix_spawn(&pid, "/proc/self/exe", &actions_, &attributes_, arguments.data(), environment.data());
    if (error != 0) return std::unexpected(std::strerror(error));
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Process::Process(pid_t pid, Descriptor socket, int wake_fd)
    : pid_(pid), socket_(std::move(socket)), wake_fd_(wake_fd) {}

Process::~Process() {
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::expected<std::unique_ptr<Process>, std::string> Process::start(int wake_fd) {
  if (::getenv(kMark) != nullptr) {
    return std::unexpected(std::string("this program is a jq helper itself and its main() does not act as one"));
  }
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return std::unexpected(std::string(std::strerror(errno)));
  }
  Descriptor ours(ends[0]);
  std::unique_ptr<Process> process;
  {
    // Closed before the first wait: else the helper's end would never be seen.
    const Descriptor theirs(ends[1]);
    const auto pid = SpawnSettings(theirs.get()).spawn();
    if (!pid) return std::unexpected(pid.error());
    process.reset(new Process(*pid, std::move(ours), wake_fd));
  }
  const auto hello = process->receive(std::chrono::steady_clock::now() + kStartTimeout);
  if (!hello || hello->kind != kReady) return std::unexpected(std::string("it did not say that it is ready"));
  return process;
}

std::expected<Message, Process::Lost> Process::ask(const Message& request, std::chrono::milliseconds timeout) {
  const Deadline deadline = std::chrono::steady_clock::now() + timeout;
  if (const auto sent = send(encode(request), deadline); !sent) return std::unexpected(sent.error());
  return receive(deadline);
}

bool Process::idle() const {
  pollfd poller{socket_.get(), POLLIN, 0};
  return ::poll(&poller, 1, 0) == 0;
}

std::expected<Message, Process::Lost> Process::receive(Deadline deadline) {
  const auto head = read(kFrameHead, deadline);
  if (!head) return std::unexpected(head.error());
  const auto length = payload_length(*head);
  if (!length) return std::unexpected(Lost::died);
  const auto payload = read(*length, deadline);
  if (!payload) return std::unexpected(payload.error());
  auto message = decode(*payload);
  if (!message) return std::unexpected(Lost::died);
  return std::move(*message);
}

std::expected<void, Process::Lost> Process::send(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (sent < 0 && errno == EAGAIN) {
      if (auto ready = wait(POLLOUT, deadline); !ready) return ready;
    } else if (sent == 0 || errno != EINTR) {
      return std::unexpected(Lost::died);
    }
  }
  return {};
}

std::expected<std::string, Process::Lost> Process::read(std::size_t size, Deadline deadline) {
  std::string bytes(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const ssize_t got = ::recv(socket_.get(), bytes.data() + have, size - have, MSG_DONTWAIT);
    if (got > 0) {
      have += static_cast<std::size_t>(got);
    } else if (got < 0 && errno == EAGAIN) {
      if (auto ready = wait(POLLIN, deadline); !ready) return std::unexpected(ready.error());
    } else if (got == 0 || errno != EINTR) {
      return std::unexpected(Lost::died);
    }
  }
  return bytes;
}

std::expected<void, Process::Lost> Process::wait(short events, Deadline deadline) const {
  std::array<pollfd, 2> pollers = {pollfd{socket_.get(), events, 0}, pollfd{wake_fd_, POLLIN, 0}};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0) return std::unexpected(Lost::timed_out);
    const int ready = ::poll(pollers.data(), pollers.size(), static_cast<int>(left));
    if (pollers[1].revents != 0) return std::unexpected(Lost::woken);
    if (ready > 0) return {};
  }
}

}  // namespace nines::probes::jq
