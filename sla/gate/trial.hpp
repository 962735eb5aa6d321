#pragma once

// One verification of a deployment as it goes on: results come in, each whole minute is judged, a verdict comes out.
// Time comes from the results and from whoever asks, so that six minutes need not pass.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "sla/gate/judge.hpp"

namespace nines::sla::gate {

// What makes the verdict a roll back: any critical row, or only errors over 5 times the baseline, p95 over 50 % more
// for more than 5 minutes, health under 80 %, and critical alerts.
enum class RollbackOn { critical, triggers };

struct TrialPlan {
  Micros length{std::chrono::minutes(6)};
  Rules rules{};
  RollbackOn rollback_on = RollbackOn::critical;
};

// What Prometheus and the Alertmanagers say, beside what is probed.
struct Surroundings {
  struct Resource {
    std::string name;  // "CPU"
    double percent = 0;
  };
  std::vector<Resource> resources{};
  std::vector<std::string> alerts{};      // critical ones of the services, started after the baseline
  std::vector<std::string> unanswered{};  // one sentence for each that is configured and gave no answer
  std::vector<std::string> not_judged{};  // one for each row that is not configured
};

struct ResourceRow {
  std::string name;
  double percent = 0;
  Level level = Level::normal;
};

struct Decision {
  Time at{};
  Judgement judgement;
  std::vector<ResourceRow> resources;
  std::vector<std::string> alerts;
  std::vector<std::string> not_judged;
  Verdict verdict = Verdict::inconclusive;
  std::vector<std::string> reasons;  // those that decide first
};

// What two sides say that are both complete: one look, and the last. The durations are sorted.
Decision decide(std::vector<CheckSamples> checks, const TrialPlan& plan);

// One thread at a time.
class Trial {
 public:
  // `baselines`: each check with its baseline, and nothing yet in `current`.
  Trial(std::vector<CheckSamples> baselines, TrialPlan plan, Time begin);

  void add(std::size_t check, const ResultRow& row);
  // Less than 80 % of at least 10 health checks of a service succeeded: judged now, and over.
  bool unhealthy() const;
  // At the end of each whole minute, in order, and once more at the end unless that is one: `last`. Latency is judged
  // over the last five minutes, all else over everything since the beginning.
  Decision judge(Time now, bool last, const Surroundings& surroundings);

  // How it looks now, for people who watch: decides nothing.
  Decision look(Time now);

  const std::vector<CheckSamples>& checks() const { return checks_; }

 private:
  struct Timed {
    Time start;
    Micros duration;
  };
  Judgement judge_rows(Time now);
  void settle_latency(Decision& decision, bool last);

  TrialPlan plan_;
  Time begin_;
  std::vector<CheckSamples> checks_;
  std::vector<std::vector<Timed>> successes_;  // by check
  std::vector<int> critical_minutes_;          // in a row, by check
};

}  // namespace nines::sla::gate
