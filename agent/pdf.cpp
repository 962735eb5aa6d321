#include "agent/pdf.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.hpp"

namespace nines::agent {
namespace {

namespace fs = std::filesystem;

// Generous: a loaded machine.
constexpr std::chrono::milliseconds kTimeout = std::chrono::minutes(2);
constexpr std::size_t kMostOfMessage = 300;  // bytes of what the browser said

class ScratchDirectory {
 public:
  ScratchDirectory() {
    std::error_code failed;
    const fs::path base = fs::temp_directory_path(failed);
    path_ = ((failed ? fs::path("/tmp") : base) / "nines-pdf-XXXXXX").string();
    made_ = ::mkdtemp(path_.data()) != nullptr;
  }
  ~ScratchDirectory() {
    std::error_code ignored;
    if (made_) fs::remove_all(path_, ignored);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  bool made() const { return made_; }
  std::string file(std::string_view name) const { return fmt::format("{}/{}", path_, name); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  bool made_ = false;
};

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> arguments_of(const std::string& browser, const ScratchDirectory& scratch) {
  std::vector<std::string> arguments = {
      browser, "--headless", "--disable-gpu", "--no-first-run", "--disable-extensions", "--disable-sync",
      "--disable-default-apps",
      // It asks for nothing, and nothing is answered.
      "--disable-background-networking", "--disable-component-update", "--host-resolver-rules=MAP * ~NOTFOUND",
      // /dev/shm is small in a container.
      "--disable-dev-shm-usage", "--no-pdf-header-footer", "--user-data-dir=" + scratch.file("profile"),
      "--print-to-pdf=" + scratch.file("report.pdf")};
  // Chromium's sandbox refuses to work for root.
  if (::geteuid() == 0) arguments.emplace_back("--no-sandbox");
  arguments.push_back("file://" + scratch.file("report.html"));
  return arguments;
}

// None of this process's own: it may hold secrets.
std::vector<std::string> environment_of(const ScratchDirectory& scratch) {
  const char* path = std::getenv("PATH");
  return {fmt::format("PATH={}", path == nullptr ? "/usr/bin:/bin" : path), "HOME=" + scratch.path(),
          "TMPDIR=" + scratch.path(), "LANG=C.UTF-8", "TZ=UTC"};
}

Expected<pid_t> start(const std::string& browser, const ScratchDirectory& scratch) {
  std::vector<std::string> arguments = arguments_of(browser, scratch);
  std::vector<std::string> environment = environment_of(scratch);
  const std::string errors = scratch.file("errors");
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(), O_WRONLY | O_CREAT, 0600);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, browser.c_str(), &actions, &attributes, pointers(arguments).data(),
                                pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return fail(fmt::format("{} cannot be started: {}", browser, std::strerror(error)));
  return pid;
}

// Whether it ended in time. Its helpers end with it in any case.
bool wait_for_end(pid_t pid) {
  const auto handle = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  pollfd end{handle, POLLIN, 0};
  const auto deadline = std::chrono::steady_clock::now() + kTimeout;
  int ready = -1;
  do {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    ready = ::poll(&end, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
  } while (ready < 0 && errno == EINTR);
  ::kill(-pid, SIGKILL);
  if (handle >= 0) ::close(handle);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return ready > 0;
}

std::string last_line(const std::string& text) {
  const std::string_view trimmed = trim(text);
  const std::size_t begin = trimmed.rfind('\n');
  return printable(ellipsize(begin == std::string_view::npos ? trimmed : trimmed.substr(begin + 1), kMostOfMessage));
}

}  // namespace

std::string find_browser() {
  const char* path = std::getenv("PATH");
  if (path == nullptr) return {};
  for (const std::string_view name : {"chromium", "chromium-browser", "google-chrome"}) {
    for (const std::string_view directory : split(path, ':')) {
      if (directory.empty()) continue;
      std::string file = fmt::format("{}/{}", directory, name);
      std::error_code failed;
      if (fs::is_regular_file(file, failed) && ::access(file.c_str(), X_OK) == 0) return file;
    }
  }
  return {};
}

void set_pdf_dates(std::string& pdf, Time made) {
  std::string digits;
  for (const char c : format_time(made, 0)) {
    if (c >= '0' && c <= '9') digits += c;
  }
  for (const std::string_view key : {"/CreationDate (D:", "/ModDate (D:"}) {
    for (std::size_t at = pdf.find(key); at != std::string::npos; at = pdf.find(key, at + 1)) {
      const std::size_t begin = at + key.size();
      if (begin + digits.size() <= pdf.size()) pdf.replace(begin, digits.size(), digits);
    }
  }
}

Expected<std::string> print_pdf(const std::string& html, Time made) {
  const std::string browser = find_browser();
  if (browser.empty()) {
    return fail(
        "a PDF is printed by Chromium, and none of chromium, chromium-browser and google-chrome is on PATH: install "
        "one, or write --format html and print that");
  }
  const ScratchDirectory scratch;
  if (!scratch.made()) return fail(fmt::format("no temporary directory can be made: {}", std::strerror(errno)));
  std::ofstream page(scratch.file("report.html"), std::ios::binary);
  if (!(page << html).flush()) return fail(fmt::format("cannot write {}", scratch.file("report.html")));
  const auto pid = start(browser, scratch);
  if (!pid) return std::unexpected(pid.error());
  if (!wait_for_end(*pid)) return fail(fmt::format("{} did not print the PDF within 2 minutes", browser));
  std::string pdf = contents(scratch.file("report.pdf"));
  if (!pdf.starts_with("%PDF-")) {
    return fail(
        fmt::format("{} printed no PDF; it said last: {}", browser, last_line(contents(scratch.file("errors")))));
  }
  set_pdf_dates(pdf, made);
  return pdf;
}

}  // namespace nines::agent
