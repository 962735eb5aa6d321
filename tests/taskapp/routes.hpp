#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/taskapp/faults.hpp"
#include "tests/taskapp/journal.hpp"
#include "tests/taskapp/metrics.hpp"
#include "tests/taskapp/server.hpp"

namespace taskapp {

/// One request on its way through a handler.
struct Call {
  const httplib::Request& request;
  httplib::Response& response;
  std::string id;  ///< what stands for {id} in the route
  Plan plan;       ///< what the faults make of it

  /// Answers with JSON.
  void json(int status, const std::string& body);
  /// Answers with {"error": sentence}.
  void error(int status, const std::string& sentence);
};

/// The table of what the service answers to, and what happens around every request: faults, metrics, journal.
/// Routes are added before the server listens; afterwards it is used from every server thread.
class Routes {
 public:
  using Handler = std::function<void(Call&)>;
  enum class Kind {
    kService,  ///< faults apply; counted in the metrics and the journal
    kHealth,   ///< the same; a faulty status still shows a health document
    kControl,  ///< steers the service itself: never faulty, never counted
  };

  Routes(Faults& faults, Metrics& metrics, Journal& journal);

  /// `path` may have one segment {id}.
  void add(Kind kind, std::string method, std::string path, Handler handler);
  /// Makes the server answer from this table, which must outlive it.
  void serve(Server& server);

 private:
  struct Route {
    Kind kind;
    std::string method;
    std::string path;
    Handler handler;
  };
  struct Found;

  Found find(const std::string& method, const std::string& path) const;
  void answer(const httplib::Request& request, httplib::Response& response);
  /// False when the client gets no answer at all.
  bool act(Call& call, const Found& found);
  static void call_handler(Call& call, const Found& found);

  Faults& faults_;
  Metrics& metrics_;
  Journal& journal_;
  std::vector<Route> routes_;
};

}  // namespace taskapp
