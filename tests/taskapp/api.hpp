#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "tests/taskapp/routes.hpp"
#include "tests/taskapp/store.hpp"

namespace taskapp {

struct Options {
  std::string host = "127.0.0.1";
  int port = 0;
  std::string service = "task-service";
  std::string version = "1.0.0";
  std::chrono::milliseconds visible_after{300};
  std::string user = "probe@example.com";
  std::string password = "correct horse";
  std::string data = ":memory:";
};

/// The service: health, login, tasks, its metrics, and the control routes that break it. README.md has the routes.
class Api {
 public:
  explicit Api(Options options);

  Routes& routes() { return routes_; }

 private:
  void add_routes();
  void health(Call& call, bool needs_components, const char* good, const char* bad);
  void login(Call& call);
  bool authorized(Call& call);
  void create(Call& call);
  void read(Call& call);
  void list(Call& call);
  void complete(Call& call);
  void remove(Call& call);
  void show_metrics(Call& call);
  std::string version(const Plan& plan) const { return plan.version.empty() ? options_.version : plan.version; }

  const Options options_;
  Faults faults_;
  Metrics metrics_;
  Journal journal_;
  Store store_;
  Routes routes_;
  std::mutex tokens_mutex_;
  std::map<std::string, std::chrono::steady_clock::time_point> tokens_;  ///< and when each stops being good
};

}  // namespace taskapp
