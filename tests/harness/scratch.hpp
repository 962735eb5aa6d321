#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace nines::harness {

/// A fresh directory under the system's temporary one, removed with all it holds when this goes.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Writes a file into it; returns where.
  std::filesystem::path write(const std::string& name, std::string_view content) const;

 private:
  std::filesystem::path path_;
};

/// The whole file; empty when it is not there.
std::string read_file(const std::filesystem::path& file);

/// A TCP port of 127.0.0.1 for a server to listen on. It stays reserved until this process ends (a socket is bound to
/// it but does not listen): the system gives it to nobody by itself, connecting to it is refused, and a server that
/// sets SO_REUSEADDR, as all ours do, may bind it, stop, and bind it again.
int free_port();

/// Asks again every few milliseconds until the predicate holds. Throws std::runtime_error with `what` when it does not
/// in time:
///
///     eventually([&] { return agent.output().contains("listening"); }, "the agent listens");
void eventually(const std::function<bool()>& predicate, std::string_view what,
                std::chrono::milliseconds timeout = std::chrono::seconds(30));

}  // namespace nines::harness
