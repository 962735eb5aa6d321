#pragma once

// The few things the store does with files itself. Internal to the store. What is made here is for its owner alone: the
// store holds bodies of answers.
//
// Nothing here may open a database that a connection of this process has open; see read_start() in store/sqlite.hpp.

#include <string>

#include "base/error.hpp"

namespace nines::store {

// Makes the directory and its parents when absent; parents with the usual rights.
Expected<void> make_directory(const std::string& path);

// Makes an empty file; leaves one that is there as it is.
Expected<void> make_file(const std::string& path);

// Makes the file durable under its final name, replacing what is there.
Expected<void> publish_file(const std::string& from, const std::string& to);

// The same, but what is at `to` stays and is an error.
Expected<void> publish_new_file(const std::string& from, const std::string& to);

// 0 when there is no such file.
std::uint64_t file_size(const std::string& path);

// An exclusive flock(2) on data_dir/nines.lock, held for the life of the object and given up by the kernel when the
// process dies. The file keeps the holder's process id, for the sentence that the next one gets.
class DirectoryLock {
 public:
  static Expected<DirectoryLock> take(const std::string& data_dir);
  DirectoryLock(DirectoryLock&& other) noexcept;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace nines::store
