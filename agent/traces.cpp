#include "agent/traces.hpp"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

#include "agent/otlp.hpp"
#include "agent/outbound/http.hpp"
#include "base/log.hpp"

namespace nines::agent {
namespace {

using namespace std::chrono_literals;

constexpr auto kGather = 1s;         // after the first trace of a batch
constexpr auto kFirstRetry = 1s;     // doubled …
constexpr auto kLongestRetry = 30s;  // … up to this
constexpr auto kEnd = 2s;

// Whether a trace of that id is among the share that is kept: by its last 56 bits, as OpenTelemetry's consistent
// probability sampling does it, so that all who see the trace come to the same end.
bool is_among(std::string_view trace_id, double share) {
  if (share >= 1) return true;
  constexpr std::size_t kDigits = 14;
  constexpr double kRange = 72057594037927936.0;  // 2^56
  std::uint64_t random = 0;
  const std::string_view digits = trace_id.substr(trace_id.size() - std::min(trace_id.size(), kDigits));
  std::from_chars(digits.data(), digits.data() + digits.size(), random, 16);
  return static_cast<double>(random) >= (1 - share) * kRange;
}

// "/health" and what is below it: of HTTP checks.
bool is_health(const config::Check& check) {
  const auto scheme = check.target.find("://");
  if (check.module->prober != config::Prober::http || scheme == std::string::npos) return false;
  const auto path = check.target.find('/', scheme + 3);
  return path != std::string::npos && std::string_view(check.target).substr(path).starts_with("/health");
}

// What no later request will change.
bool is_worth_another_try(int status) {
  return status == 429 || status == 502 || status == 503 || status == 504;
}

// What its spans are made of, and no more.
RunReport trace_of(const RunReport& report) {
  RunReport kept;
  kept.schedule = report.schedule;
  kept.result.key = report.result.key;
  kept.result.row = report.result.row;
  kept.result.evidence.message = report.result.evidence.message;
  kept.result.evidence.failed_step = report.result.evidence.failed_step;
  kept.result.evidence.attempts = report.result.evidence.attempts;
  kept.probe.start = report.probe.start;
  kept.probe.address = report.probe.address;
  kept.steps = report.steps;
  kept.trace = report.trace;
  kept.attempt_spans = report.attempt_spans;
  kept.exchanges = report.exchanges;
  return kept;
}

}  // namespace

struct Traces::State {
  State(std::shared_ptr<const config::Config> given, Metrics& given_metrics)
      : config(std::move(given)), metrics(given_metrics) {}

  std::shared_ptr<const config::Config> config;
  Metrics& metrics;
  std::map<std::string, Micros, std::less<>> slow_above;  // by check or journey

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<RunReport> queue;  // guarded
  std::size_t spans = 0;        // guarded; of the queue
  bool ending = false;          // guarded
  bool ended = false;           // guarded
  bool full = false;            // guarded; and told
  bool failing = false;         // the sending thread's: and told
  std::jthread thread;

  bool is_kept(const RunReport& report) const;
  void run(const std::stop_token& stop);
  std::vector<RunReport> next();
  void send(std::vector<RunReport> batch, const std::stop_token& stop);
  bool pause(std::chrono::seconds time);
  void tell_failure(const std::string& reason);
  void drop(std::size_t count);
};

bool Traces::State::is_kept(const RunReport& report) const {
  if (report.interrupted) return false;
  if (report.trace.sampled) return true;
  const ResultRow& row = report.result.row;
  const std::string& id = report.trace.trace_id;
  const bool failed = row.reason != Reason::none || row.first_reason != Reason::none;
  if (failed && is_among(id, config->tracing.errors)) return true;
  const auto limit = slow_above.find(report.schedule->name);
  const Micros time = row.measured != ResultRow::kNone ? row.measured : row.duration;
  return limit != slow_above.end() && time > limit->second && is_among(id, config->tracing.slow);
}

void Traces::State::drop(std::size_t count) {
  metrics.traces_dropped(count);
}

// Waits for a trace, and a while for more; empty: the end has come and everything is sent.
std::vector<RunReport> Traces::State::next() {
  std::unique_lock lock(mutex);
  changed.wait(lock, [this] { return ending || !queue.empty(); });
  changed.wait_for(lock, kGather, [this] { return ending || spans >= kMostAtOnce; });
  std::vector<RunReport> batch;
  for (std::size_t taken = 0; !queue.empty() && taken < kMostAtOnce;) {
    const std::size_t count = span_count(queue.front());
    taken += count;
    spans -= count;
    batch.push_back(std::move(queue.front()));
    queue.pop_front();
  }
  return batch;
}

// False: the end has come.
bool Traces::State::pause(std::chrono::seconds time) {
  std::unique_lock lock(mutex);
  return !changed.wait_for(lock, time, [this] { return ending; });
}

void Traces::State::tell_failure(const std::string& reason) {
  if (std::exchange(failing, true)) return;
  log::warning("traces cannot be sent", {{"collector", origin_of(config->tracing.otlp)}, {"reason", reason}});
}

void Traces::State::send(std::vector<RunReport> batch, const std::stop_token& stop) {
  const HttpCall call{.method = "POST",
                      .path = "/v1/traces",
                      .headers = {{"Content-Type", "application/json"}},
                      .body = otlp_json(*config, batch),
                      .answer_limit = 1 << 20};
  for (auto wait = kFirstRetry;; wait = std::min<std::chrono::seconds>(2 * wait, kLongestRetry)) {
    const auto reply = agent::call(config->tracing.otlp, call, stop);
    if (reply && reply->status >= 200 && reply->status < 300) {
      metrics.traces_sent(batch.size());
      if (std::exchange(failing, false)) {
        log::info("traces are sent again", {{"collector", origin_of(config->tracing.otlp)}});
      }
      const std::lock_guard lock(mutex);
      full = false;
      return;
    }
    tell_failure(reply ? "it answered " + std::to_string(reply->status) + ": " + first_line(*reply)
                       : reply.error().message);
    if (reply && !is_worth_another_try(reply->status)) break;
    if (!pause(wait)) break;
  }
  drop(batch.size());
}

void Traces::State::run(const std::stop_token& stop) {
  try {
    for (auto batch = next(); !batch.empty(); batch = next()) send(std::move(batch), stop);
  } catch (const std::exception& failure) {
    log::error("traces are no longer sent", {{"reason", failure.what()}});
  }
  const std::lock_guard lock(mutex);
  ended = true;
  changed.notify_all();
}

Traces::Traces(std::shared_ptr<const config::Config> config, Metrics& metrics)
    : state_(std::make_unique<State>(std::move(config), metrics)) {
  for (const config::Objective& objective : state_->config->objectives) {
    if (objective.indicator != config::Indicator::latency) continue;
    const Micros limit(static_cast<std::int64_t>(objective.target.value.to_double()));
    for (const auto* names : {&objective.checks, &objective.journeys}) {
      for (const std::string& name : *names) {
        const auto [place, fresh] = state_->slow_above.try_emplace(name, limit);
        if (!fresh) place->second = std::min(place->second, limit);
      }
    }
  }
  state_->thread = std::jthread([state = state_.get()](const std::stop_token& stop) { state->run(stop); });
}

Traces::~Traces() {
  {
    std::unique_lock lock(state_->mutex);
    state_->ending = true;
    state_->changed.notify_all();
    state_->changed.wait_for(lock, kEnd, [this] { return state_->ended; });
  }
  state_->thread.request_stop();
  state_->thread.join();
  if (!state_->queue.empty()) state_->drop(state_->queue.size());
}

RunTrace Traces::begin(const config::Schedule& schedule) const {
  const config::Tracing& tracing = state_->config->tracing;
  const config::Check* const check = state_->config->check(schedule.name);
  RunTrace trace{.record = Record::spans};
  const std::string& id = trace.context.trace_id;
  trace.context.sampled = is_among(id, check != nullptr && is_health(*check) ? tracing.health : tracing.runs);
  trace.context.once_failed = is_among(id, tracing.errors);
  return trace;
}

void Traces::end(const RunReport& report) {
  if (!state_->is_kept(report)) return;
  const std::size_t count = span_count(report);
  bool tell = false;
  {
    const std::lock_guard lock(state_->mutex);
    if (!state_->ended && state_->spans + count <= kMostQueued) {
      state_->spans += count;
      state_->queue.push_back(trace_of(report));
      state_->changed.notify_all();
      return;
    }
    tell = !std::exchange(state_->full, true);
  }
  state_->drop(1);
  if (tell) log::warning("traces are dropped: too many wait to be sent", {{"spans", kMostQueued}});
}

}  // namespace nines::agent
