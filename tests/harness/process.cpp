#include "tests/harness/process.hpp"

#include <stdexcept>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace nines::harness {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kTick{5};
constexpr milliseconds kGrace{5000};

std::vector<std::string> environment_of(const ProcessOptions& options) {
  std::vector<std::string> entries;
  for (char** entry = options.clean_environment ? nullptr : environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    if (!options.environment.contains(std::string(text.substr(0, text.find('='))))) entries.emplace_back(text);
  }
  for (const auto& [name, value] : options.environment) entries.push_back(name + "=" + value);
  return entries;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

/// All that the child needs, made before fork: between fork and exec only async-signal-safe calls are allowed.
struct Image {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  const char* directory;
  const char* output;
  const char* errors;
  int death_signal;
  pid_t parent;
};

[[noreturn]] void become(const Image& image, int report) {
  // A signal mask survives exec: a program started by a thread that blocks SIGTERM could not be ended.
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int flags = O_WRONLY | O_CREAT | O_APPEND;
  const bool ready = prctl(PR_SET_PDEATHSIG, image.death_signal) == 0 && getppid() == image.parent &&
                     (*image.directory == '\0' || chdir(image.directory) == 0) &&
                     dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO) >= 0 &&
                     dup2(open(image.output, flags | O_CLOEXEC, 0600), STDOUT_FILENO) >= 0 &&
                     dup2(open(image.errors, flags | O_CLOEXEC, 0600), STDERR_FILENO) >= 0;
  if (ready) execvpe(image.arguments[0], image.arguments.data(), image.environment.data());
  const int error = errno;
  [[maybe_unused]] const ssize_t told = write(report, &error, sizeof error);
  _exit(127);
}

}  // namespace

Process::Process(const std::vector<std::string>& arguments, const ProcessOptions& options) : name_(arguments.at(0)) {
  std::vector<std::string> words = arguments;
  std::vector<std::string> variables = environment_of(options);
  const std::string directory = options.directory.string();
  const std::string output = streams_.write("stdout", "").string();
  const std::string errors = streams_.write("stderr", "").string();
  const Image image{.arguments = pointers(words),
                    .environment = pointers(variables),
                    .directory = directory.c_str(),
                    .output = output.c_str(),
                    .errors = errors.c_str(),
                    .death_signal = options.death_signal,
                    .parent = getpid()};
  // Closed by a successful exec; otherwise it brings the error.
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
  pid_ = fork();
  if (pid_ == 0) become(image, report[1]);
  const int fork_error = errno;
  close(report[1]);
  int error = 0;
  const bool failed = pid_ > 0 && read(report[0], &error, sizeof error) == sizeof error;
  close(report[0]);
  if (pid_ < 0) throw std::system_error(fork_error, std::generic_category(), "fork");
  if (failed) {
    waitpid(pid_, nullptr, 0);
    throw std::system_error(error, std::generic_category(), "cannot start " + name_);
  }
}

Process::~Process() {
  signal(SIGTERM);
  if (wait(kGrace)) return;
  signal(SIGKILL);
  waitpid(pid_, nullptr, 0);
}

bool Process::running() {
  return !wait(milliseconds(0));
}

void Process::signal(int number) {
  // Until waitpid has reaped it the id cannot belong to another process.
  if (!status_) kill(pid_, number);
}

std::optional<int> Process::wait(milliseconds timeout) {
  const auto until = steady_clock::now() + timeout;
  while (!status_) {
    int raw = 0;
    const pid_t ended = waitpid(pid_, &raw, WNOHANG);
    if (ended == pid_) {
      status_ = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
    } else if (ended < 0 && errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "waitpid");
    } else if (steady_clock::now() >= until) {
      break;
    } else {
      std::this_thread::sleep_for(kTick);
    }
  }
  return status_;
}

std::string Process::output() const {
  return read_file(streams_.path() / "stdout");
}

std::string Process::errors() const {
  return read_file(streams_.path() / "stderr");
}

void Process::wait_for_output(std::string_view text, milliseconds timeout) {
  wait_for(text, streams_.path() / "stdout", timeout);
}

void Process::wait_for_errors(std::string_view text, milliseconds timeout) {
  wait_for(text, streams_.path() / "stderr", timeout);
}

void Process::wait_for(std::string_view text, const std::filesystem::path& file, milliseconds timeout) {
  const auto until = steady_clock::now() + timeout;
  for (;;) {
    // Asked before reading: what a program wrote just before its end counts.
    const bool last = !running() || steady_clock::now() > until;
    if (read_file(file).contains(text)) return;
    if (last) {
      throw std::runtime_error(fmt::format(
          "{} never wrote \"{}\" to its {}; it {}\nstdout:\n{}\nstderr:\n{}", name_, text, file.filename().string(),
          status_ ? fmt::format("ended with {}", *status_) : "is still running", output(), errors()));
    }
    std::this_thread::sleep_for(kTick);
  }
}

Finished run(const std::vector<std::string>& arguments, const ProcessOptions& options, milliseconds timeout) {
  Process process(arguments, options);
  const auto status = process.wait(timeout);
  if (!status) {
    throw std::runtime_error(
        fmt::format("{} was still running after {} ms:\n{}", arguments[0], timeout.count(), process.errors()));
  }
  return {.status = *status, .output = process.output(), .errors = process.errors()};
}

}  // namespace nines::harness
