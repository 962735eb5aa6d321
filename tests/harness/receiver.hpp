#pragma once

#include <memory>
#include <string>
#include <vector>

namespace nines::harness {

/// An HTTP server that takes what is posted to it, on a free loopback port and a thread of its own: a webhook. Any
/// thread.
class Receiver {
 public:
  struct Post {
    std::string path;
    std::string body;
  };

  Receiver();
  ~Receiver();
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  std::string url(const std::string& path = {}) const;
  /// What has come so far, oldest first.
  std::vector<Post> posts() const;

 private:
  struct Server;
  std::unique_ptr<Server> server_;
};

}  // namespace nines::harness
