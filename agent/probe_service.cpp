#include "agent/probe_service.hpp"

#include <algorithm>
#include <future>
#include <mutex>
#include <optional>

#include <fmt/format.h>

#include "base/log.hpp"
#include "probes/async/event.hpp"
#include "probes/async/gate.hpp"
#include "probes/async/scope.hpp"
#include "probes/descriptors.hpp"
#include "probes/jq.hpp"
#include "probes/target_policy.hpp"

namespace nines::agent {

namespace {

using Level = probes::ProbeLog::Level;

constexpr std::chrono::milliseconds kLookEvery{100};

// The checks' own runs have the other half.
std::size_t probes_at_once() {
  return std::max<std::size_t>(1, probes::runs_at_once() / 2);
}

Outcome not_begun(probes::Stop stop) {
  if (stop.cause() == probes::StopCause::shutdown) return {Reason::agent_shutdown, "the agent is stopping"};
  return {Reason::agent_descriptors,
          fmt::format("{} probes were going on until this one's time was up; raise `ulimit -n` for more at once",
                      probes_at_once())};
}

bool has_jq_rules(const config::Config& config) {
  return std::ranges::any_of(config.modules, [](const auto& entry) {
    const config::HttpModule& http = entry.second->http;
    return !http.fail_if_body_json_matches_jq.empty() || !http.fail_if_body_json_not_matches_jq.empty();
  });
}

}  // namespace

struct ProbeService::State {
  State(std::shared_ptr<const config::Config> given, const Clock& given_clock)
      : config(std::move(given)),
        clock(given_clock),
        policy(config->probe_endpoint.allow, config->probe_endpoint.deny) {}

  std::shared_ptr<const config::Config> config;
  const Clock& clock;
  probes::TargetPolicy policy;

  // Set before the first probe() may come, used on the loop's thread.
  probes::Engine* engine = nullptr;
  probes::Jq* jq = nullptr;
  probes::Gate* gate = nullptr;
  probes::StopSource source;
  probes::Scope* scope = nullptr;

  std::promise<void> serving;
  std::mutex mutex;
  bool stopping = false;  // guarded: nothing is posted once it is set
};

struct ProbeService::Job {
  Request request;
  Answer answer;
  std::promise<void> done;
  probes::StopSource* source = nullptr;  // on the loop's thread, while it runs
};

ProbeService::ProbeService(std::shared_ptr<const config::Config> config, const Clock& clock)
    : state_(std::make_unique<State>(std::move(config), clock)) {
  auto serving = state_->serving.get_future();
  thread_ = std::thread([this] { run(); });
  try {
    serving.get();
  } catch (...) {
    thread_.join();
    throw;
  }
}

ProbeService::~ProbeService() {
  request_stop();
  thread_.join();
}

void ProbeService::request_stop() {
  const std::lock_guard lock(state_->mutex);
  if (std::exchange(state_->stopping, true)) return;
  state_->engine->loop().post([state = state_.get()] { state->source.request_stop(); });
}

ProbeService::Answer ProbeService::probe(Request request) {
  const auto job = std::make_shared<Job>();
  job->request = std::move(request);
  auto done = job->done.get_future();
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->stopping) {
      job->answer.result.outcome = {Reason::agent_shutdown, "the agent is stopping"};
      return std::move(job->answer);
    }
    state_->engine->loop().post(
        [state = state_.get(), job] { state->scope->spawn(perform(state, job, state->scope->stop())); });
  }
  bool cut = false;
  while (done.wait_for(kLookEvery) != std::future_status::ready) {
    if (cut || !job->request.gone || !job->request.gone()) continue;
    cut = true;
    const std::lock_guard lock(state_->mutex);
    if (state_->stopping) continue;
    state_->engine->loop().post([job] {
      if (job->source != nullptr) job->source->request_stop();
    });
  }
  return std::move(job->answer);
}

probes::Task<void> ProbeService::perform(State* state, std::shared_ptr<Job> job, probes::Stop stop) {
  const Request& asked = job->request;
  probes::StopSource source(stop);
  job->source = &source;
  probes::ProbeLog& told = job->answer.log;
  told.add(Level::info, "Beginning probe",
           {{"probe", std::string(config::prober_name(asked.module->prober))},
            {"timeout_seconds", fmt::format("{}", asked.timeout_seconds)}});
  try {
    const std::chrono::duration<double> timeout(asked.timeout_seconds);
    probes::DeadlineScope deadline(state->engine->loop(), std::chrono::duration_cast<std::chrono::nanoseconds>(timeout),
                                   source.stop());
    probes::ProbeRequest request{.module = asked.module, .target = asked.target};
    request.trace = probes::make_trace_context();
    request.jq = state->jq;
    request.policy = &state->policy;
    request.log = &told;
    const probes::Gate::Permit permit = co_await state->gate->enter(deadline.stop());
    if (permit) {
      job->answer.result = co_await probes::probe(*state->engine, std::move(request), deadline.stop());
    } else {
      job->answer.result.outcome = not_begun(deadline.stop());
    }
  } catch (const std::exception& failure) {
    log::error("probe failed inside the agent", {{"module", asked.module->name}, {"reason", failure.what()}});
    job->answer.result.outcome = {Reason::agent_error, "the probe failed inside the agent"};
  }
  const probes::ProbeResult& result = job->answer.result;
  const std::string duration = fmt::format("{}", seconds(result.duration));
  if (result.outcome.ok()) {
    told.add(Level::info, "Probe succeeded", {{"duration_seconds", duration}});
  } else {
    told.add(Level::error, "Probe failed",
             {{"duration_seconds", duration},
              {"reason", std::string(reason_name(result.outcome.reason))},
              {"detail", result.outcome.message}});
  }
  job->source = nullptr;
  job->done.set_value();
}

probes::Task<void> ProbeService::serve(State* state, probes::Engine* engine) {
  std::optional<probes::Jq> jq;
  if (has_jq_rules(*state->config)) jq.emplace(*engine);
  probes::Gate gate(engine->loop(), probes_at_once());
  probes::Scope scope(engine->loop(), state->source.stop());
  state->engine = engine;
  state->gate = &gate;
  state->jq = jq ? &*jq : nullptr;
  state->scope = &scope;
  state->serving.set_value();
  co_await probes::sleep_until(engine->loop(), probes::Stop::kNever, state->source.stop());
  // Every probe was posted before the stop, so it is in the scope by now.
  co_await scope.join();
  if (jq) co_await jq->close();
}

void ProbeService::run() {
  std::optional<probes::Engine> engine;
  try {
    probes::EngineOptions options;
    options.clock = &state_->clock;
    engine.emplace(std::move(options));
  } catch (...) {
    state_->serving.set_exception(std::current_exception());
    return;
  }
  engine->loop().run(serve(state_.get(), &*engine));
}

}  // namespace nines::agent
