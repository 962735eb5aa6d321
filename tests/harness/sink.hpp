#pragma once

#include <memory>
#include <string>
#include <vector>

namespace nines::harness {

/// A server on a free loopback port that takes every POST and remembers its body, as a webhook's receiver does. Its
/// methods may be called on any thread.
class Sink {
 public:
  Sink();
  ~Sink();
  Sink(const Sink&) = delete;

  std::string url(const std::string& path = {}) const;

  struct Taken {
    std::string path;
    std::string body;
    int status = 200;           ///< what it was answered
    std::string authorization;  ///< the header, as it came
  };
  /// What came, oldest first, also what was refused.
  std::vector<Taken> taken() const;
  /// The status of every answer from now on; it was 200.
  void answer(int status);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace nines::harness
