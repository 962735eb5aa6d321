#include "journeys/step.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/credentials.hpp"
#include "journeys/answer.hpp"
#include "journeys/request.hpp"
#include "probes/async/event.hpp"
#include "probes/async/stop.hpp"

namespace nines::journeys {
namespace {

using probes::DeadlineScope;
using probes::HttpExchange;
using probes::Loop;
using probes::Stop;
using probes::StopCause;
using probes::Task;

constexpr Micros kNoTimeout = std::chrono::hours(24 * 365);
constexpr std::chrono::seconds kCaptureTime{2};
constexpr std::size_t kMaxEvidenceHeaders = 8192;

Micros since(std::uint64_t start_ns) {
  return Micros(static_cast<std::int64_t>((Loop::now_ns() - start_ns) / 1000));
}

// One request and what was made of its answer, or of there being none.
struct Attempt {
  Answer answer;
  Outcome outcome;
  bool judged = false;  // the target's own doing, not cut off by a stop or a fault of the agent

  bool answered() const { return answer.exchange().outcome.ok(); }
};

// A step while it runs. In run_step()'s frame. The step's own times are for the target: judging what came within them
// may take the rest of the budget, so that a slow jq is not a slow target.
struct Progress {
  Context* run;
  const config::Step* step;
  Stop budget;
  probes::HttpRequest request;
  StepResult result;
  std::uint64_t start_ns = Loop::now_ns();
};

Task<Attempt> ask(Progress* progress, Stop stop) {
  const auto request = progress->request;
  const Micros before = since(progress->start_ns);
  auto exchange = co_await probes::exchange(progress->run->engine, request, stop);
  StepResult& result = progress->result;
  result.requests.push_back({request.method, path_template(*progress->step), exchange.status, exchange.duration});
  result.phases += exchange.phases;
  result.duration = before + exchange.duration;
  Outcome outcome = exchange.outcome;
  co_return Attempt{Answer(std::move(exchange)), std::move(outcome), false};
}

Outcome poll_failure(const config::Step& step, std::size_t count, const Attempt& last) {
  if (is_agent_fault(last.outcome.reason)) return last.outcome;
  return {last.answered() ? Reason::poll_timeout : last.outcome.reason,
          fmt::format("not as awaited within {}; the last of {} request{}: {}", format_duration(step.within), count,
                      count == 1 ? "" : "s", last.outcome.message)};
}

// Asks at a fixed rate until the answer is as `until` says.
Task<Attempt> poll(Progress* progress, Stop stop) {
  const config::Step& step = *progress->step;
  Loop& loop = progress->run->engine.loop();
  DeadlineScope window(loop, step.within, stop);
  std::optional<Attempt> last;
  for (std::uint64_t next = Loop::now_ns();; next = std::max(next, Loop::now_ns())) {
    next += static_cast<std::uint64_t>(std::chrono::nanoseconds(step.every).count());
    Attempt now = co_await ask(progress, window.stop());
    if (now.answered()) {
      now.outcome = co_await judge(progress->run, &*step.until, &now.answer, StatusDefault::any,
                                   now.answer.exchange().duration, progress->budget);
    }
    if (now.outcome.ok()) co_return now;
    // An answer tells more than a request that was cut off by the end of the time.
    if (!last || now.answered() || !window.stop().stopped()) last.emplace(std::move(now));
    if (next < window.own_deadline() && co_await probes::sleep_until(loop, next, window.stop()) == StopCause::none) {
      continue;
    }
    last->outcome = poll_failure(step, progress->result.requests.size(), *last);
    last->judged = !progress->budget.stopped();
    co_return std::move(*last);
  }
}

// Captures even from an answer that is not as expected, and though the run's time is up or the agent stops: what it may
// have created is cleaned up by `finally`.
Task<void> take(Progress* progress, Attempt* from, StatusDefault otherwise) {
  const config::Step& step = *progress->step;
  DeadlineScope capturing(progress->run->engine.loop(), kCaptureTime, {});
  const Outcome captured = co_await capture(progress->run, &step, &from->answer, capturing.stop());
  from->outcome = co_await judge(progress->run, &step.expect, &from->answer, otherwise, progress->result.duration,
                                 progress->budget);
  if (from->outcome.ok()) from->outcome = captured;
  from->judged = !is_agent_fault(from->outcome.reason);
}

// Everything after the request was made ready: asks, captures, judges.
Task<Attempt> perform(Progress* progress, Stop stop) {
  const config::Step& step = *progress->step;
  if (!step.until) {
    Attempt done = co_await ask(progress, stop);
    if (done.answered()) co_await take(progress, &done, StatusDefault::success);
    co_return done;
  }
  Attempt done = co_await poll(progress, stop);
  if (done.outcome.ok()) co_await take(progress, &done, StatusDefault::any);
  co_return done;
}

std::string label(const config::Step& step) {
  return fmt::format("step \"{}\" ({} {}): ", step.name, step.method, path_template(step));
}

Evidence make_evidence(const Context& run, const Progress& progress, const HttpExchange& answer) {
  Evidence evidence;
  evidence.message = progress.result.outcome.message;
  evidence.failed_step = progress.step->name;
  evidence.address = answer.address;
  evidence.trace_id = run.trace.trace_id;
  evidence.correlation_id = run.trace.correlation_id;
  std::string headers = fmt::format("{} {}\n", progress.step->method, progress.request.url);
  if (answer.status != 0) headers += fmt::format("HTTP/{} {}\n", answer.version, answer.status);
  for (const auto& [name, value] : answer.headers) headers += fmt::format("{}: {}\n", name, value);
  evidence.headers = run.masks.evidence(hide_credentials_in_headers(headers), kMaxEvidenceHeaders);
  evidence.body = run.masks.evidence(answer.body, kMaxEvidenceBody);
  return evidence;
}

}  // namespace

std::string path_template(const config::Step& step) {
  std::string_view url = step.url;
  url = url.substr(0, url.find_first_of("?#"));
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!url.starts_with(scheme)) continue;
    const auto path = url.find('/', scheme.size());
    return path == std::string_view::npos ? "/" : std::string(url.substr(path));
  }
  return std::string(url);
}

Task<StepRun> run_step(Context* run, const config::Step* step, Stop stop) {
  StepRun done;
  Progress progress{.run = run, .step = step, .budget = stop, .request = {}, .result = {}};
  progress.result.name = step->name;
  auto request = make_request(*run, *step);
  if (!request) {
    progress.result.outcome = {Reason::capture, label(*step) + "not sent: " + run->masks.text(request.error().message)};
    done.evidence = make_evidence(*run, progress, {});
    done.result = std::move(progress.result);
    co_return done;
  }
  progress.request = std::move(*request);

  DeadlineScope own(run->engine.loop(), step->timeout > Micros::zero() ? step->timeout : kNoTimeout, stop);
  Attempt last = co_await perform(&progress, own.stop());
  progress.result.status = last.answer.exchange().status;
  Outcome& outcome = progress.result.outcome;
  outcome = std::move(last.outcome);
  if (!outcome.ok()) {
    if (!last.judged && stop.cause() == StopCause::shutdown) {
      outcome = {Reason::agent_shutdown, "the agent stopped: " + outcome.message};
    } else if (!last.judged && stop.cause() == StopCause::deadline && outcome.reason != Reason::agent_jq) {
      outcome = {Reason::timeout, fmt::format("{} up: {}", run->budget, outcome.message)};
    }
    outcome.message = label(*step) + run->masks.text(outcome.message);
    done.evidence = make_evidence(*run, progress, last.answer.exchange());
  }
  done.result = std::move(progress.result);
  co_return done;
}

}  // namespace nines::journeys
