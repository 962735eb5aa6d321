#pragma once

// What the end-to-end tests share: the program as people run it, and what it prints, read back.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/harness/http.hpp"
#include "tests/harness/process.hpp"
#include "tests/harness/scratch.hpp"

namespace nines::e2e {

using Json = nlohmann::json;

/// `nines ARGUMENTS…`, run to its end.
harness::Finished run_nines(std::vector<std::string> arguments, const harness::ProcessOptions& options = {});

/// The JSON objects of a text, one a line. Throws where a line is none.
std::vector<Json> json_lines(const std::string& text);

/// A running `nines agent` with a directory of its own. `${DATA}` in the configuration is its data directory; without
/// a `listen` it takes a free port. Owned by the test; threads as Process.
class Agent {
 public:
  /// Returns once it has started; throws std::runtime_error with its log when it does not.
  explicit Agent(const std::string& configuration, std::map<std::string, std::string> environment = {});

  /// Starts it again over the same store, after it has ended.
  void start();
  harness::Process& process() { return *process_; }

  const std::string& config() const { return config_; }  // the path of its nines.yml
  const std::string& data_dir() const { return data_dir_; }
  const std::string& address() const { return address_; }  // HOST:PORT
  std::string url(const std::string& path = {}) const { return "http://" + address_ + path; }

  /// This start's log, whole lines; every line must be a JSON object.
  std::vector<Json> log() const;
  /// The details of its messages with this text, such as "state changed", oldest first.
  std::vector<Json> told(const std::string& message) const;
  /// Waits until the last state told of the check is this one.
  void await_state(const std::string& check, const std::string& state) const;

  /// The sum of /metrics' series of that name which have all of the labels, written as the page writes them
  /// (`check="a"`); none when there is no such series.
  std::optional<double> metric(const std::string& name, const std::vector<std::string>& labels = {}) const;

  /// A command over this configuration: nines COMMAND -c FILE ARGUMENTS….
  harness::Finished run(const std::string& command, std::vector<std::string> arguments = {}) const;
  /// What `nines export` prints, line by line, of one check or of all.
  std::vector<Json> exported(const std::string& check = {}) const;

 private:
  harness::TempDir directory_;
  harness::ProcessOptions options_;
  std::string config_;
  std::string data_dir_;
  std::string address_;
  std::unique_ptr<harness::Process> process_;
};

/// What taskapp answered: its journal's counts summed over the routes that begin with `path`, of these statuses.
long answered(const Json& journal, const std::string& path, int first_status, int last_status);

}  // namespace nines::e2e
