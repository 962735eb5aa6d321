#pragma once

// The gates of a running agent: those that are going on, and the verdicts of those that have ended.

#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <prometheus/metric_family.h>

#include "agent/gate/deployments.hpp"
#include "agent/gate/run.hpp"
#include "agent/sessions.hpp"
#include "base/json.hpp"

namespace nines::agent {

// {"gates": [...], "deployments": [...]}: what `nines gate status` shows.
Json gate_list(const std::vector<store::GateEntry>& gates, const std::vector<store::DeploymentMark>& marks);

// Each run has a thread and a loop of its own, so that it delays no check. Any thread.
class Gates {
 public:
  // All outlive this.
  Gates(const Sessions& sessions, const Deployments& deployments, const Clock& clock);
  ~Gates();  // stops
  Gates(const Gates&) = delete;

  // What a gate has to say, as gate_json() writes it.
  struct Answer {
    std::string verdict;  // "running", "pass", …
    std::string document;
  };
  enum class Fault { request, busy, store };
  struct Refusal {
    Fault fault = Fault::request;
    std::string why;
  };
  // Starts the deployment's gate, or joins the one that is going on or has ended; a verification that ended before its
  // deployment's baseline was taken anew does not count.
  std::expected<Answer, Refusal> ask(const GateRequest& request);
  // By its id, or by its deployment: the verification that began last, else the baseline. None: there is none.
  Expected<std::optional<Answer>> find(const std::string& name);
  // The last gates and the current versions, for `nines gate status`.
  Expected<Json> list();

  // nines_deployment_info, nines_deployment_timestamp_seconds, nines_gate_verdict.
  std::vector<prometheus::MetricFamily> families(std::string_view service) const;

  // Stops all that are going on and waits for their ends; no other begins.
  void stop();

 private:
  struct Going {
    std::unique_ptr<GateRun> run;
    std::jthread thread;  // last: it uses the run
  };
  GateRun* going(const std::string& name, std::optional<GatePhase> phase);  // locked
  std::optional<store::GateEntry> ended(store::GateBook& book, const GateRequest& request) const;
  void work(GateRun& run, const std::stop_token& stop);
  std::expected<Answer, Refusal> start(const GateRequest& request);  // locked

  const Sessions& sessions_;
  const Deployments& deployments_;
  const Clock& clock_;

  struct Last {
    std::string deployment;
    std::string verdict;
  };
  mutable std::mutex last_mutex_;
  std::optional<Last> last_;  // guarded by it: the verification that ended last

  std::mutex mutex_;
  std::list<Going> going_;  // guarded; those that have ended go with the next that is asked for
  bool stopped_ = false;    // guarded
};

}  // namespace nines::agent
