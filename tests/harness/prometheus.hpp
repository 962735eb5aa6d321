#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/harness/process.hpp"

namespace nines::harness {

/// A real Prometheus (Debian's) on a free loopback port, with its data in a temporary directory. Its first scrape comes
/// five seconds after its start, whatever the interval: its discovery waits so long. Owned by the test;
/// threads as Process.
///
///     Prometheus prometheus({{"nines", agent_address}});
///     eventually([&] { return prometheus.query("up") == 1; }, "Prometheus scrapes the agent");
class Prometheus {
 public:
  struct Target {
    std::string job;
    std::string address;  ///< HOST:PORT; /metrics is scraped
  };

  /// Rules, evaluated as often as targets are scraped, and where their alerts go.
  struct Rules {
    std::vector<std::string> rule_files;
    std::string alertmanager;  ///< HOST:PORT; empty: there is none
  };

  /// Returns once it is ready; throws std::runtime_error with its log when it does not start.
  explicit Prometheus(const std::vector<Target>& targets,
                      std::chrono::milliseconds scrape_interval = std::chrono::milliseconds(200),
                      const Rules& rules = {.rule_files = {}, .alertmanager = {}});

  std::string url(const std::string& path = {}) const;

  /// The value of a query now: of a scalar, or of a vector of exactly one series. Nothing when the vector is empty;
  /// throws std::runtime_error when the query is wrong or gives several series.
  std::optional<double> query(const std::string& promql) const;
  /// The whole answer of /api/v1/query.
  std::string query_json(const std::string& promql) const;

 private:
  TempDir directory_;
  int port_;
  std::unique_ptr<Process> process_;
};

/// What `promtool check metrics` says of a metrics page; empty when it accepts it.
std::string promtool_check(const std::string& page);

}  // namespace nines::harness
