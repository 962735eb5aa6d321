#include <cstdio>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "agent/commands/commands.hpp"
#include "agent/commands/common.hpp"
#include "store/backup.hpp"
#include "store/check.hpp"
#include "store/store.hpp"

namespace nines::agent {
namespace {

// What is done now, on stderr when that is a terminal: one line, written over and in the end taken away.
class ProgressLine {
 public:
  ProgressLine() : shown_(isatty(STDERR_FILENO) == 1) {}
  ProgressLine(const ProgressLine&) = delete;
  ~ProgressLine() {
    if (shown_) fmt::print(stderr, "\r\x1b[K");
  }
  void show(std::string_view what, std::uint64_t done, std::uint64_t of) const {
    if (!shown_) return;
    fmt::print(stderr, "\r\x1b[K{}{}", what, of > 0 ? fmt::format(": {} of {}", done, of) : std::string(" …"));
    std::fflush(stderr);
  }

 private:
  bool shown_;
};

std::string counts(const store::Checked& checked) {
  return fmt::format("{} results, {} sealed hours", checked.results, checked.hours);
}

}  // namespace

Exit backup_command(const StoreCommandOptions& options) {
  const std::string data_dir = data_dir_or_tell(options.data_dir, options.config);
  if (data_dir.empty()) return Exit::usage;
  const auto copied = [&] {
    const ProgressLine line;
    return store::backup(data_dir, options.file, [&](auto what, auto done, auto of) { line.show(what, done, of); });
  }();
  if (!copied) return tell(copied.error(), Exit::broken);
  std::error_code ignored;
  fmt::print("{}: {}, {} bytes\n", options.file, counts(*copied), std::filesystem::file_size(options.file, ignored));
  return Exit::passed;
}

Exit store_check_command(const StoreCommandOptions& options) {
  std::string path = options.file;
  if (path.empty()) {
    const std::string data_dir = data_dir_or_tell(options.data_dir, options.config);
    if (data_dir.empty()) return Exit::usage;
    path = data_dir + "/" + store::kFileName;
  }
  const auto checked = [&] {
    const ProgressLine line;
    return store::check_store(path, [&](auto what, auto done, auto of) { line.show(what, done, of); });
  }();
  if (!checked) return tell(checked.error(), Exit::broken);
  for (const std::string& fault : checked->faults) fmt::print("{}\n", fault);
  const auto faults = checked->faults.size() + checked->more_faults;
  if (faults == 0) {
    fmt::print("{}: {}, no fault\n", path, counts(*checked));
    return Exit::passed;
  }
  fmt::print("{}: {}, {} fault{}\n", path, counts(*checked), faults, faults == 1 ? "" : "s");
  return Exit::failed;
}

}  // namespace nines::agent
