#include "journeys/step.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/credentials.hpp"
#include "journeys/capture.hpp"
#include "journeys/cleanup.hpp"
#include "journeys/judge.hpp"
#include "journeys/login.hpp"
#include "journeys/request.hpp"
#include "probes/async/event.hpp"
#include "probes/async/stop.hpp"
#include "probes/oauth2.hpp"

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
constexpr std::size_t kMaxEvidenceSent = 1024;
constexpr std::size_t kMaxCookies = 500;

Micros since(std::uint64_t start_ns) {
  return Micros(static_cast<std::int64_t>((Loop::now_ns() - start_ns) / 1000));
}

// One request and what was made of its answer, or of there being none.
struct Asked {
  Answer answer;
  Outcome outcome;
  bool judged = false;  // the target's own doing, not cut off by a stop or a fault of the agent

  bool answered() const { return answer.exchange().outcome.ok(); }
};

// One attempt of a step while it runs. In attempt()'s frame. The step's own times are for the target: judging what came
// within them may take the rest of the budget, so that a slow jq is not a slow target.
struct Progress {
  Context* run;
  const config::Step* step;
  Stop budget;
  Prepared prepared{};
  LoggedIn login{};
  StepResult result{};
  std::uint64_t start_ns = Loop::now_ns();  // of the first request
};

Task<HttpExchange> send(Progress* progress, Stop stop) {
  const auto request = progress->prepared.request;
  progress->run->recording.shown_body = progress->prepared.shown_body;
  auto exchange = co_await probes::exchange(progress->run->engine, request, stop);
  StepResult& result = progress->result;
  result.requests.push_back({request.method, path_template(*progress->step), exchange.status, exchange.duration});
  result.phases += exchange.phases;
  std::vector<std::string>& cookies = progress->run->cookies;
  cookies = exchange.cookies;
  if (cookies.size() > kMaxCookies) cookies.resize(kMaxCookies);
  progress->prepared.request.cookies = cookies;
  co_return exchange;
}

// An access token that was kept may have been withdrawn: a 401 fetches another, once.
Task<Asked> ask(Progress* progress, Stop stop) {
  const Micros before = since(progress->start_ns);
  auto exchange = co_await send(progress, stop);
  LoggedIn& login = progress->login;
  if (exchange.status == 401 && login.token_of) {
    Context& run = *progress->run;
    run.engine.tokens().drop(*login.token_of);
    if (std::exchange(login.token_kept, false)) {
      LoggedIn again = co_await log_in(&run, progress->step, &progress->prepared.request, stop);
      if (again.outcome.ok()) exchange = co_await send(progress, stop);
    }
  }
  progress->result.duration = before + exchange.duration;
  Outcome outcome = exchange.outcome;
  co_return Asked{Answer(std::move(exchange)), std::move(outcome), false};
}

Outcome poll_failure(const config::Step& step, std::size_t count, const Asked& last) {
  if (is_agent_fault(last.outcome.reason)) return last.outcome;
  return {last.answered() ? Reason::poll_timeout : last.outcome.reason,
          fmt::format("not as awaited within {}; the last of {} request{}: {}", format_duration(step.within), count,
                      count == 1 ? "" : "s", last.outcome.message)};
}

// Asks at a fixed rate until the answer is as `until` says.
Task<Asked> poll(Progress* progress, Stop stop) {
  const config::Step& step = *progress->step;
  Loop& loop = progress->run->engine.loop();
  DeadlineScope window(loop, step.within, stop);
  std::optional<Asked> last;
  for (std::uint64_t next = Loop::now_ns();; next = std::max(next, Loop::now_ns())) {
    next += static_cast<std::uint64_t>(std::chrono::nanoseconds(step.every).count());
    Asked now = co_await ask(progress, window.stop());
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

// Everything that is wrong with an answer, in one sentence: what it is judged for, then what it does not hold.
Outcome both(Outcome judged, Outcome captured) {
  if (judged.ok()) return captured;
  if (!captured.ok()) judged.message += "; " + captured.message;
  return judged;
}

// Captures even from an answer that is not as expected, and though the run's time is up or the agent stops: what it may
// have created is cleaned up by `finally`.
Task<void> take(Progress* progress, Asked* from, StatusDefault otherwise) {
  const config::Step& step = *progress->step;
  DeadlineScope capturing(progress->run->engine.loop(), kCaptureTime, {});
  Outcome captured = co_await capture(progress->run, &step, &from->answer, capturing.stop());
  Outcome judged = co_await judge(progress->run, &step.expect, &from->answer, otherwise, progress->result.duration,
                                  progress->budget);
  from->outcome = both(std::move(judged), std::move(captured));
  from->judged = !is_agent_fault(from->outcome.reason);
}

// Everything after the request was made ready: asks, captures, judges.
Task<Asked> perform(Progress* progress, Stop stop) {
  const config::Step& step = *progress->step;
  if (!step.until) {
    Asked done = co_await ask(progress, stop);
    if (done.answered()) co_await take(progress, &done, StatusDefault::success);
    co_return done;
  }
  Asked done = co_await poll(progress, stop);
  if (done.outcome.ok()) co_await take(progress, &done, StatusDefault::any);
  co_return done;
}

// The request, then the answer.
std::string exchanged(const Progress& progress, const HttpExchange& answer) {
  const probes::HttpRequest& request = progress.prepared.request;
  std::string text = fmt::format("{} {}\n", progress.step->method, request.url);
  for (const auto& [name, value] : request.headers) text += fmt::format("{}: {}\n", name, value);
  if (request.authorization || request.basic_auth) text += "Authorization: <secret>\n";
  if (!progress.prepared.shown_body.empty()) {
    text += "\n" + progress.run->masks.evidence(progress.prepared.shown_body, kMaxEvidenceSent) + "\n";
  }
  if (answer.status == 0) return text;
  text += fmt::format("{}HTTP/{} {}\n", request.headers.empty() ? "" : "\n", answer.version, answer.status);
  for (const auto& [name, value] : answer.headers) text += fmt::format("{}: {}\n", name, value);
  return text;
}

Evidence make_evidence(const Progress& progress, const HttpExchange& answer) {
  const Context& run = *progress.run;
  Evidence evidence;
  evidence.message = progress.result.outcome.message;
  evidence.failed_step = progress.result.name;
  evidence.address = answer.address;
  evidence.trace_id = run.trace.trace_id;
  evidence.correlation_id = run.trace.correlation_id;
  evidence.headers = run.masks.evidence(hide_credentials_in_headers(exchanged(progress, answer)), kMaxEvidenceHeaders);
  evidence.body = run.masks.evidence(answer.body, kMaxEvidenceBody);
  return evidence;
}

StepRun failed(Progress& progress, Outcome outcome, const HttpExchange& answer) {
  outcome.message = step_label(*progress.step, progress.result.name) + progress.run->masks.text(outcome.message);
  progress.result.outcome = std::move(outcome);
  Evidence evidence = make_evidence(progress, answer);
  return {std::move(progress.result), std::move(evidence)};
}

Outcome set_values(Context& run, const config::Step& step) {
  for (const auto& [name, text] : step.set) {
    auto value = run.variables.value(text);
    if (!value) return {Reason::capture, fmt::format("`{}` cannot be set: {}", name, value.error().message)};
    run.masks.captured(name, value->is_string() ? value->get<std::string>() : dump_json(*value));
    run.variables.set(name, std::move(*value));
  }
  return {};
}

// What ended a step that was cut off by its budget.
Outcome cut_off(const Context& run, StopCause cause, Outcome outcome) {
  if (cause == StopCause::shutdown) return {Reason::agent_shutdown, "the agent stopped: " + outcome.message};
  if (cause == StopCause::deadline && outcome.reason != Reason::agent_jq) {
    return {Reason::timeout, fmt::format("{} up: {}", run.budget, outcome.message)};
  }
  return outcome;
}

Task<StepRun> attempt(Context* run, const config::Step* step, std::string name, Stop stop) {
  Progress progress{.run = run, .step = step, .budget = stop};
  progress.result.name = std::move(name);
  progress.result.start = since(run->start_ns);
  if (Outcome set = set_values(*run, *step); !set.ok()) co_return failed(progress, std::move(set), {});
  if (step->method.empty()) co_return StepRun{std::move(progress.result), {}};
  DeadlineScope own(run->engine.loop(), step->timeout > Micros::zero() ? step->timeout : kNoTimeout, stop);
  auto prepared = co_await make_request(run, step);
  if (!prepared) {
    co_return failed(progress, {Reason::capture, "not sent: " + prepared.error().message}, {});
  }
  progress.prepared = std::move(*prepared);
  progress.login = co_await log_in(run, step, &progress.prepared.request, own.stop());
  if (!progress.login.outcome.ok()) {
    const bool ours = is_agent_fault(progress.login.outcome.reason) && !stop.stopped();
    co_return failed(progress, cut_off(*run, ours ? StopCause::none : stop.cause(), progress.login.outcome), {});
  }
  progress.start_ns = Loop::now_ns();
  progress.result.start = since(run->start_ns);
  Asked last = co_await perform(&progress, own.stop());
  progress.result.status = last.answer.exchange().status;
  if (last.outcome.ok()) co_return StepRun{std::move(progress.result), {}};
  Outcome outcome = last.judged ? std::move(last.outcome) : cut_off(*run, stop.cause(), std::move(last.outcome));
  co_return failed(progress, std::move(outcome), last.answer.exchange());
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

std::string step_label(const config::Step& step, const std::string& name) {
  if (step.method.empty()) return fmt::format("step \"{}\": ", name);
  return fmt::format("step \"{}\" ({} {}): ", name, step.method, path_template(step));
}

Task<StepRun> run_step(Context* run, const config::Step* step, std::string name, Stop stop) {
  std::vector<nines::Attempt> earlier;
  std::vector<Request> requests;
  const int steps_sent = step->method.empty() ? 0 : ++run->steps_sent;
  for (int number = 1;; ++number) {
    run->recording.step = steps_sent;
    run->recording.attempt = number;
    const Time start = run->engine.options().clock->now();
    co_await write_down(run, step, true);
    StepRun done = co_await attempt(run, step, name, stop);
    co_await write_down(run, step, false);
    note_removal(*run, *step, done.result);
    requests.insert(requests.end(), done.result.requests.begin(), done.result.requests.end());
    // What follows belongs to a failure.
    run->trace.sampled = run->trace.sampled || (!done.result.outcome.ok() && run->trace.once_failed);
    const bool again = !done.result.outcome.ok() && !is_agent_fault(done.result.outcome.reason) && !stop.stopped() &&
                       number < step->retry.attempts;
    if (again) {
      earlier.push_back({start, done.result.duration, done.result.outcome});
      const StopCause cause = co_await probes::sleep(run->engine.loop(), step->retry.delay, stop);
      if (cause == StopCause::none) continue;
      earlier.pop_back();
    }
    done.result.number = steps_sent;
    done.result.requests = std::move(requests);
    done.evidence.attempts = std::move(earlier);
    co_return done;
  }
}

}  // namespace nines::journeys
