#pragma once

// Deployments that mark themselves: a service whose checks read another version from its answers.

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "store/gates.hpp"

namespace nines::agent {

// Owns a thread that writes marks to the store. A version counts once one check has read it three times running, from
// the first of these on: a rolling update answers with both for a while.
class Deployments {
 public:
  // Takes up what the store has.
  static Expected<std::vector<store::DeploymentMark>> stored(const std::string& data_dir);
  Deployments(std::string data_dir, std::vector<store::DeploymentMark> marks);
  ~Deployments();  // writes what is left
  Deployments(const Deployments&) = delete;

  // What a check read. Any thread; does not block.
  void saw(const std::string& check, const std::string& service, const std::string& version, Time at);
  // The last mark of each service. Any thread.
  std::vector<store::DeploymentMark> current() const;

 private:
  struct Running {
    std::string version;
    Time since{};
    int times = 0;
  };
  void write();

  const std::string data_dir_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, store::DeploymentMark> current_;  // guarded, by service
  std::map<std::string, Running> running_;                // guarded, by check
  std::deque<store::DeploymentMark> to_write_;            // guarded
  bool ending_ = false;                                   // guarded
  std::thread thread_;                                    // last: it uses everything above
};

}  // namespace nines::agent
