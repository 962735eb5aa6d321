#include "agent/evaluator.hpp"

#include <algorithm>

#include "agent/objectives.hpp"
#include "agent/prometheus_query.hpp"
#include "base/log.hpp"
#include "sla/calendar.hpp"
#include "sla/evaluate.hpp"
#include "sla/whitebox.hpp"

namespace nines::agent {

using namespace std::chrono_literals;

const std::vector<BurnWindow> kBurnWindows{{"5m", 5min}, {"30m", 30min}, {"1h", 1h}, {"2h", 2h},
                                           {"6h", 6h},   {"1d", 24h},    {"3d", 72h}};

namespace {

constexpr auto kFirst = 5s;       // soon after the start, so that the page has figures
constexpr auto kEvery = 60s;      // at most once a minute
constexpr int kShareOfTime = 20;  // and never more than a twentieth of the time

Expected<ObjectiveView> view_of_query(const config::Config& config, const config::Objective& objective, Time now,
                                      const std::stop_token& stop) {
  auto period = sla::current_period(objective, now);
  if (!period) return std::unexpected(period.error());
  const Time at = std::min(now, period->period.to);
  return ObjectiveView{
      sla::evaluate_answer(objective, *period, now, ask_prometheus(config.prometheus, objective, at, stop)),
      std::vector<std::optional<double>>(kBurnWindows.size())};
}

Expected<ObjectiveView> view_of(store::Reader& reader, const config::Config& config, const config::Objective& objective,
                                Time now) {
  auto period = sla::current_period(objective, now);
  if (!period) return std::unexpected(period.error());
  const Period wanted{std::min(period->period.from, now - kBurnWindows.back().length), now};
  Reading reading{{period->period.from, now}};
  for (const BurnWindow& window : kBurnWindows) reading.moments.push_back(now - window.length);
  auto history = load_history({&reader, 1}, config, objective, wanted, reading);
  if (!history) return std::unexpected(history.error());

  // This region's own view, judged by it alone.
  std::erase_if(history->series, [&](const sla::Series& series) { return series.key.region != config.region; });
  config::Objective own = objective;
  own.regions = {config.region};
  own.min_regions.reset();

  ObjectiveView view;
  view.evaluation = sla::evaluate(own, *period, now, *history, own.regions);
  view.evaluation.objective = &objective;
  std::vector<Micros> windows;
  for (const BurnWindow& window : kBurnWindows) windows.push_back(window.length);
  view.burn_rates = sla::burn_rates(own, windows, now, *history, own.regions);
  return view;
}

bool same(const config::Objective& a, const config::Objective& b) {
  const auto critical = [](const config::Objective& one) { return one.critical ? one.critical->text : std::string(); };
  return a.name == b.name && a.service == b.service && a.checks == b.checks && a.journeys == b.journeys &&
         a.indicator == b.indicator && a.query == b.query && a.unit == b.unit && a.percentile == b.percentile &&
         a.target.text == b.target.text && critical(a) == critical(b) && a.window.kind == b.window.kind &&
         a.window.length == b.window.length && a.time_zone == b.time_zone;
}

}  // namespace

Evaluator::Evaluator(std::shared_ptr<const config::Config> config, const store::Store& store, const Clock& clock)
    : config_(std::move(config)),
      store_(store),
      clock_(clock),
      latest_(std::make_shared<const std::vector<ObjectiveView>>()) {
  thread_ = std::thread([this] { run(); });
}

Evaluator::~Evaluator() {
  request_stop();
  thread_.join();
}

void Evaluator::request_stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  asking_.request_stop();
  wake_.notify_all();
}

void Evaluator::take_over(const Evaluator& before) {
  auto views = std::make_shared<std::vector<ObjectiveView>>();
  for (const ObjectiveView& view : *before.latest()) {
    const auto found = std::ranges::find_if(config_->objectives, [&](const config::Objective& objective) {
      return same(objective, *view.evaluation.objective);
    });
    if (found == config_->objectives.end()) continue;
    views->push_back(view);
    views->back().evaluation.objective = &*found;
  }
  const std::lock_guard lock(mutex_);
  if (latest_->empty()) latest_ = std::move(views);
}

std::shared_ptr<const std::vector<ObjectiveView>> Evaluator::latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

bool Evaluator::stopping() const {
  const std::lock_guard lock(mutex_);
  return stop_;
}

void Evaluator::run() {
  if (config_->objectives.empty()) return;
  std::chrono::nanoseconds pause = kFirst;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      if (wake_.wait_for(lock, pause, [this] { return stop_; })) return;
    }
    const auto begin = std::chrono::steady_clock::now();
    evaluate();
    pause = std::max<std::chrono::nanoseconds>(kEvery, kShareOfTime * (std::chrono::steady_clock::now() - begin));
  }
}

void Evaluator::evaluate() {
  auto views = std::make_shared<std::vector<ObjectiveView>>();
  try {
    store::Reader reader = store_.reader();
    for (const config::Objective& objective : config_->objectives) {
      if (stopping()) return;
      auto view = objective.indicator == config::Indicator::prometheus
                      ? view_of_query(*config_, objective, clock_.now(), asking_.get_token())
                      : view_of(reader, *config_, objective, clock_.now());
      if (!view) {
        log::error("objective cannot be evaluated", {{"objective", objective.name}, {"reason", view.error().text()}});
        continue;
      }
      views->push_back(std::move(*view));
    }
  } catch (const std::exception& failure) {
    log::error("objectives cannot be evaluated", {{"reason", failure.what()}});
    return;
  }
  const std::lock_guard lock(mutex_);
  latest_ = std::move(views);
}

}  // namespace nines::agent
