#pragma once

// One phase of a deployment's gate, from what was asked to what is stored (docs/gate.md).

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "agent/gate/baseline.hpp"
#include "agent/gate/prober.hpp"
#include "agent/gate/request.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "config/config.hpp"
#include "reports/gate.hpp"
#include "sla/gate/trial.hpp"
#include "store/gates.hpp"

namespace nines::agent {

struct GateGround {
  std::shared_ptr<const config::Config> config;
  std::string data_dir;
  const Clock* clock = &system_clock();  // outlives the run
};

// The checks and journeys of the request's services, but for those of this region's own network. An Error names a
// service that has none, or says that no check reports a version where one is expected.
Expected<std::vector<const config::Schedule*>> schedules_of(const config::Config& config, const GateRequest& request);

// run() blocks to the end; report() may be asked for on any thread meanwhile.
class GateRun {
 public:
  // `schedules`: of schedules_of(), of the ground's configuration.
  GateRun(GateGround ground, GateRequest request, std::vector<const config::Schedule*> schedules);

  // Called on the thread of run(): now and then as results come, and when a minute was judged.
  using OnProgress = std::function<void(const reports::GateReport& report, bool minute)>;
  void on_progress(OnProgress told) { progress_ = std::move(told); }

  // Once. A stop makes it inconclusive.
  void run(const std::stop_token& stop);

  const std::string& id() const { return id_; }
  const GateRequest& request() const { return request_; }
  reports::GateReport report() const;

 private:
  // run_baseline.cpp
  void baseline(const std::stop_token& stop);
  bool probe_once(const std::stop_token& stop);
  void take_samples(BaselineInputs& inputs, const std::stop_token& stop);
  void measure(BaselineInputs& inputs, const std::stop_token& stop);
  void list_troubles(const std::stop_token& stop);

  // run_verify.cpp
  void verify(const std::stop_token& stop);
  void extend_silence(BaselineInputs& inputs);
  std::optional<BaselineInputs> find_baseline();
  void follow_baseline(const BaselineInputs& inputs);
  bool went_live(const std::stop_token& stop);
  void try_out(const BaselineInputs& inputs, const std::stop_token& stop);
  void announce();

  GateProber& prober();
  std::vector<std::string> services() const;
  std::string silence_comment() const { return "deployment " + request_.deployment; }
  // From here on what is asked for has this verdict, unless it is worse already.
  void settle(sla::gate::Verdict verdict, const std::string& reason);
  void note(const std::string& text);
  void decided(sla::gate::Decision decision, bool minute);
  void keep(const RunReport& report);
  void write_results();
  void finish();

  const GateGround ground_;
  const GateRequest request_;
  const std::string id_;
  std::vector<const config::Schedule*> schedules_;
  OnProgress progress_;
  std::optional<GateProber> prober_;
  std::optional<store::GateBook> book_;
  std::string inputs_;           // of a baseline, to be stored
  Time since_{};                 // of a verification: its baseline's time
  std::vector<Result> results_;  // not written yet
  std::string store_trouble_;    // why some never will be; empty: none

  mutable std::mutex mutex_;
  std::vector<Result> handed_over_;  // guarded: what the loop's thread has for the one that writes
  reports::GateReport report_;       // guarded
};

}  // namespace nines::agent
