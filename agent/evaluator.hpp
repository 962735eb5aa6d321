#pragma once

// Evaluates every objective over its current period in the background, at most once a minute. Objectives over a
// Prometheus ask it then, and never during a scrape.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "config/config.hpp"
#include "sla/model.hpp"
#include "store/store.hpp"

namespace nines::agent {

// burn_window label and length, shortest first.
struct BurnWindow {
  const char* label;
  Micros length;
};
extern const std::vector<BurnWindow> kBurnWindows;

struct ObjectiveView {
  sla::Evaluation evaluation;                     // points into the Config
  std::vector<std::optional<double>> burn_rates;  // as kBurnWindows; none: nothing known
};

// Owns a thread; a failure to read the store is logged and the last figures stay.
class Evaluator {
 public:
  Evaluator(std::shared_ptr<const config::Config> config, const store::Store& store, const Clock& clock);
  ~Evaluator();
  Evaluator(const Evaluator&) = delete;

  // Shows the last figures of another for the objectives that both have, until this one's first. Any thread.
  void take_over(const Evaluator& before);
  // No evaluation begins any more; one that is going on ends soon. Returns at once. Any thread.
  void request_stop();

  // The last figures; empty until the first evaluation. Any thread.
  std::shared_ptr<const std::vector<ObjectiveView>> latest() const;

 private:
  void run();
  void evaluate();
  bool stopping() const;

  std::shared_ptr<const config::Config> config_;
  const store::Store& store_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;                                         // guarded
  std::stop_source asking_;                                   // ends a request that is going on
  std::shared_ptr<const std::vector<ObjectiveView>> latest_;  // guarded
  std::thread thread_;
};

}  // namespace nines::agent
