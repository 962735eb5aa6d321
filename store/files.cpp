#include "store/files.hpp"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace nines::store {
namespace {

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  Descriptor(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int get() const { return number_; }
  int release() { return std::exchange(number_, -1); }
  bool valid() const { return number_ >= 0; }

 private:
  int number_;
};

std::string reason() {
  return std::generic_category().message(errno);
}

std::string read_at_most(int descriptor, std::size_t limit) {
  std::string bytes(limit, '\0');
  std::size_t size = 0;
  while (size < limit) {
    const auto got = ::pread(descriptor, bytes.data() + size, limit - size, static_cast<off_t>(size));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  bytes.resize(size);
  return bytes;
}

bool sync(const std::string& path, int flags) {
  const Descriptor file(path, flags);
  return file.valid() && ::fsync(file.get()) == 0;
}

bool rename_as(const std::string& from, const std::string& to, unsigned flags) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags) == 0) return true;
  // A file system that cannot do it in one step, such as NFS.
  if (errno != EINVAL || flags != RENAME_NOREPLACE) return false;
  std::error_code ignored;
  if (std::filesystem::exists(std::filesystem::symlink_status(to, ignored))) {
    errno = EEXIST;
    return false;
  }
  return std::rename(from.c_str(), to.c_str()) == 0;
}

Expected<void> publish(const std::string& from, const std::string& to, unsigned flags) {
  const auto folder = std::filesystem::path(to).parent_path().string();
  if (!sync(from, O_RDONLY) || !rename_as(from, to, flags) ||
      !sync(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY)) {
    return fail(to + " cannot be written: " + reason());
  }
  return {};
}

}  // namespace

Expected<void> make_directory(const std::string& path) {
  std::error_code code;
  const bool made = std::filesystem::create_directories(path, code);
  if (made && !code) std::filesystem::permissions(path, std::filesystem::perms::owner_all, code);
  if (code) return fail("the directory " + path + " cannot be made: " + code.message());
  if (!std::filesystem::is_directory(path, code)) return fail(path + " is not a directory");
  return {};
}

Expected<void> make_file(const std::string& path) {
  const Descriptor file(path, O_WRONLY | O_CREAT | O_EXCL);
  if (!file.valid() && errno != EEXIST) return fail(path + " cannot be made: " + reason());
  return {};
}

Expected<void> publish_file(const std::string& from, const std::string& to) {
  return publish(from, to, 0);
}

Expected<void> publish_new_file(const std::string& from, const std::string& to) {
  return publish(from, to, RENAME_NOREPLACE);
}

std::uint64_t file_size(const std::string& path) {
  std::error_code code;
  const auto size = std::filesystem::file_size(path, code);
  return code ? 0 : size;
}

Expected<DirectoryLock> DirectoryLock::take(const std::string& data_dir) {
  Descriptor file(data_dir + "/nines.lock", O_RDWR | O_CREAT);
  if (!file.valid()) return fail("the directory " + data_dir + " cannot be written: " + reason());
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail("the directory " + data_dir + " cannot be locked: " + reason());
    const std::string holder = read_at_most(file.get(), 20);
    return fail("another nines agent uses " + data_dir + (holder.empty() ? "" : " (process " + holder + ")") +
                ": stop it, or use another data_dir");
  }
  const std::string self = std::to_string(::getpid());
  if (::ftruncate(file.get(), 0) != 0 ||
      ::pwrite(file.get(), self.data(), self.size(), 0) != static_cast<ssize_t>(self.size())) {
    return fail("the directory " + data_dir + " cannot be written: " + reason());
  }
  return DirectoryLock(file.release());
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

DirectoryLock::~DirectoryLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace nines::store
