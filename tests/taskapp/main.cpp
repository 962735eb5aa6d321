#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <expected>
#include <string>
#include <thread>

#include <fmt/format.h>
#include <pthread.h>

#include "tests/taskapp/api.hpp"

namespace taskapp {
namespace {

constexpr const char* kUsage =
    "usage: taskapp [--listen 127.0.0.1:PORT] [--service NAME] [--version V] [--visible-after MS]\n"
    "               [--user EMAIL] [--password TEXT] [--data FILE]\n"
    "\n"
    "A small task management service to probe. Port 0 (the default) takes a free one; the line\n"
    "\"listening on URL\" on stdout says which. The password may also come from TASKS_PASSWORD.\n";

bool to_number(std::string_view text, int low, int high, int& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() && number >= low && number <= high;
}

bool read_listen(const std::string& value, Options& options) {
  const auto colon = value.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  options.host = value.substr(0, colon);
  return to_number(std::string_view(value).substr(colon + 1), 0, 65535, options.port);
}

std::expected<Options, std::string> read_options(int count, char** values) {
  Options options;
  if (const char* password = std::getenv("TASKS_PASSWORD")) options.password = password;
  for (int i = 1; i < count; i += 2) {
    const std::string name = values[i];
    if (i + 1 == count) return std::unexpected(fmt::format("{}: a value must follow", name));
    const std::string value = values[i + 1];
    int visible_after = 0;
    if (name == "--listen") {
      if (!read_listen(value, options)) return std::unexpected("--listen: expected HOST:PORT, got " + value);
    } else if (name == "--visible-after") {
      if (!to_number(value, 0, 3'600'000, visible_after)) {
        return std::unexpected("--visible-after: expected milliseconds, got " + value);
      }
      options.visible_after = std::chrono::milliseconds(visible_after);
    } else if (name == "--service") {
      options.service = value;
    } else if (name == "--version") {
      options.version = value;
    } else if (name == "--user") {
      options.user = value;
    } else if (name == "--password") {
      options.password = value;
    } else if (name == "--data") {
      options.data = value;
    } else {
      return std::unexpected(fmt::format("{}: no such option", name));
    }
  }
  return options;
}

int serve(const Options& options) {
  // Blocked in every thread, so that only sigwait below sees them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  Api api(options);
  Server server;
  api.routes().serve(server);
  const int port = server.open(options.host, options.port);
  if (port == 0) {
    fmt::print(stderr, "taskapp: cannot listen on {}:{}: is the port in use?\n", options.host, options.port);
    return 4;
  }
  std::jthread listener([&] { server.listen_after_bind(); });
  fmt::print("listening on http://{}:{}\n", options.host, port);
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  server.end();
  return 0;
}

}  // namespace
}  // namespace taskapp

int main(int count, char** values) {
  if (count == 2 && std::string_view(values[1]) == "--help") {
    fmt::print("{}", taskapp::kUsage);
    return 0;
  }
  const auto options = taskapp::read_options(count, values);
  if (!options) {
    fmt::print(stderr, "taskapp: {}\n{}", options.error(), taskapp::kUsage);
    return 2;
  }
  try {
    return taskapp::serve(*options);
  } catch (const std::exception& fault) {
    fmt::print(stderr, "taskapp: {}\n", fault.what());
    return 4;
  }
}
