#include "agent/alerts/assess.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <unistd.h>

#include "base/redact.hpp"
#include "base/text.hpp"
#include "sla/figures.hpp"

namespace nines::agent {
namespace {

constexpr std::string_view kWarning = "warning";
constexpr std::string_view kCritical = "critical";
constexpr const char* kOwnService = "nines";
constexpr const char* kOwnPriority = "P2";
constexpr const char* kBurning = "burn/";
constexpr const char* kMissed = "objective/";
constexpr std::size_t kMaxDescription = 2000;

// More late turns than these mean that the agent cannot keep its schedule.
constexpr std::uint64_t kLeastRuns = 20;
constexpr std::uint64_t kLateShare = 20;  // one in twenty

std::string_view severity_of(sla::State state) {
  return state == sla::State::critical ? kCritical : kWarning;
}

std::string clock_time(Time time) {
  return format_time(time, 0);
}

// What was measured, as reports print it.
std::string figure_of(const sla::Evaluation& evaluation) {
  const config::Limit& target = evaluation.objective->target;
  if (evaluation.uptime) return sla::print_percent(evaluation.uptime->net.measured(), sla::RoundTo::down, &target);
  if (evaluation.error_rate) return sla::print_percent(evaluation.error_rate->measured(), sla::RoundTo::up, &target);
  if (!evaluation.latency || !evaluation.latency->measured) return "n/a";
  return sla::print_latency(*evaluation.latency->measured);
}

// Collects what is wrong, with what every alert has in common.
class Assessor {
 public:
  Assessor(const config::Config& config, const Facts& facts,
           const std::function<std::string(const std::string&)>& firing)
      : config_(config), facts_(facts), firing_(firing), base_(external_url_of(config)) {}

  Assessment run() {
    // As soon as they all fail: confirmed together with what they explain, they would come too late.
    uplink_down_ = std::ranges::any_of(facts_.checks, [](const CheckView& view) { return view.schedule->uplink; }) &&
                   std::ranges::all_of(facts_.checks, [](const CheckView& view) {
                     return !view.schedule->uplink || bad(view.state) ||
                            (view.state != sla::State::unknown && view.health.failures > 0);
                   });
    for (const CheckView& view : facts_.checks) {
      check(view);
      certificate(view);
    }
    components();
    // One that was not evaluated yet is not well for that.
    for (const config::Objective& one : config_.objectives) {
      undecided(kBurning + one.name);
      undecided(kMissed + one.name);
    }
    for (const ObjectiveView& view : facts_.objectives) objective(view);
    own();
    return std::move(assessment_);
  }

 private:
  struct Words {
    std::string alertname;
    std::string service;
    std::string_view severity;
    AlertLabels labels;  // beside those that every alert has
    std::string summary;
    std::string description;
    std::string path;  // of the page
    Time since{};
  };

  static bool bad(sla::State state) { return state == sla::State::warning || state == sla::State::critical; }

  void wrong(std::string identity, Words words);
  void undecided(std::string identity) { assessment_.undecided.insert(std::move(identity)); }

  void check(const CheckView& view);
  void flapping(const CheckView& view, const Flapping& flap);
  void components();
  void certificate(const CheckView& view);
  void objective(const ObjectiveView& view);
  void own();

  // Whether nothing is raised for the check now, whatever state it is in.
  bool silent(const CheckView& view) const;
  const CheckView* view_of(const std::string& name) const {
    const auto found =
        std::ranges::find_if(facts_.checks, [&](const auto& view) { return view.schedule->name == name; });
    return found == facts_.checks.end() ? nullptr : &*found;
  }
  std::string page_of(const CheckView& view) const {
    return (view.check != nullptr ? "/checks/" : "/journeys/") + percent_encode(view.schedule->name);
  }
  // "1 of 3: us-east-1"; empty when no source tells.
  std::string regions_of(const std::string& check) const;

  const config::Config& config_;
  const Facts& facts_;
  const std::function<std::string(const std::string&)>& firing_;
  const std::string base_;
  bool uplink_down_ = false;
  Assessment assessment_;
};

void Assessor::wrong(std::string identity, Words words) {
  const config::Service* service = config_.service(words.service);
  const std::string priority = service != nullptr             ? service->priority
                               : words.service == kOwnService ? kOwnPriority
                                                              : config::Service().priority;
  AlertLabels labels{{"alertname", std::move(words.alertname)}};
  labels.emplace_back("service", words.service);
  labels.insert(labels.end(), words.labels.begin(), words.labels.end());
  labels.emplace_back("region", config_.region);
  if (!config_.environment.empty()) labels.emplace_back("environment", config_.environment);
  labels.emplace_back("severity", words.severity);
  labels.emplace_back("priority", priority);
  if (service != nullptr) {
    for (const auto& [name, value] : service->labels) {
      if (value_of(labels, name).empty()) labels.emplace_back(name, value);
    }
  }
  AlertLabels annotations{{"summary", redactor()->all(words.summary)},
                          {"description", ellipsize(redactor()->all(words.description), kMaxDescription)}};
  if (service != nullptr && !service->runbook_url.empty())
    annotations.emplace_back("runbook_url", service->runbook_url);
  if (const std::string check(value_of(labels, "check")); !check.empty()) {
    if (std::string regions = regions_of(check); !regions.empty()) {
      annotations.emplace_back("regions_seen", std::move(regions));
    }
  }
  std::string url = base_.empty() ? std::string() : base_ + words.path;
  if (!url.empty()) annotations.emplace_back("page_url", url);
  assessment_.wrong.push_back(
      {std::move(identity), std::move(labels), std::move(annotations), std::move(url), words.since});
}

bool Assessor::silent(const CheckView& view) const {
  if (view.shown == reports::Shown::maintenance || view.shown == reports::Shown::suppressed) return true;
  // This region's own network is down: that is told by the uplink checks.
  if (uplink_down_ && !view.schedule->uplink) return true;
  // One that it depends on fails too and is not critical yet: it will be, or recover.
  return std::ranges::any_of(view.schedule->depends_on, [&](const std::string& name) {
    const CheckView* needed = view_of(name);
    return needed != nullptr && needed->state != sla::State::unknown && needed->health.failures > 0 &&
           needed->state != sla::State::critical;
  });
}

std::string Assessor::regions_of(const std::string& check) const {
  if (facts_.regions == nullptr) return {};
  const auto found = facts_.regions->find(check);
  if (found == facts_.regions->end() || found->second.all.size() < 2) return {};
  Regions regions = found->second;
  // What is scraped lags behind what is known here.
  for (auto* names : {&regions.down, &regions.all}) {
    if (std::ranges::find(*names, config_.region) == names->end()) names->push_back(config_.region);
    std::ranges::sort(*names);
  }
  return fmt::format("{} of {}: {}", regions.down.size(), regions.all.size(), fmt::join(regions.down, ", "));
}

void Assessor::check(const CheckView& view) {
  const config::Schedule& schedule = *view.schedule;
  const std::string identity = "check/" + schedule.name;
  const auto found = facts_.flapping->find(schedule.name);
  const bool flaps = found != facts_.flapping->end() && found->second.flaps(facts_.now);
  if (view.state == sla::State::unknown && !flaps) return undecided(identity);
  if (!bad(view.state) && !flaps) return;
  if (silent(view)) return undecided(identity);
  if (flaps) return flapping(view, found->second);

  const bool journey = view.check == nullptr;
  const std::string_view severity = severity_of(view.state);
  Words words{.alertname = journey ? "JourneyFailing" : "CheckFailing",
              .service = schedule.service,
              .severity = severity,
              .labels = {{"check", schedule.name}},
              .summary = fmt::format("{} {} of {} is {}", journey ? "Journey" : "Check", schedule.name,
                                     schedule.service, severity),
              .description = fmt::format("{} failures in a row (warning at {}, critical at {}), {} since {}.",
                                         view.health.failures, schedule.thresholds.warning,
                                         schedule.thresholds.critical, severity, clock_time(view.health.since)),
              .path = page_of(view),
              .since = view.health.since};
  if (view.health.failures == 0) {
    words.description = fmt::format("It recovers: {} of {} successes in a row, {} since {}.", view.health.successes,
                                    schedule.thresholds.recovery, severity, clock_time(view.health.since));
  }
  if (view.last && !view.last->result.row.success()) {
    const Evidence& evidence = view.last->result.evidence;
    if (!evidence.failed_step.empty()) {
      words.labels.emplace_back("failed_step", evidence.failed_step);
      words.description += fmt::format(" Step {} failed.", evidence.failed_step);
    }
    words.description +=
        fmt::format(" Last failure: {} ({}).", evidence.message, reason_name(view.last->result.row.reason));
  }
  wrong(identity, std::move(words));
}

void Assessor::flapping(const CheckView& view, const Flapping& flap) {
  const config::Schedule& schedule = *view.schedule;
  wrong(
      "check/" + schedule.name,
      {.alertname = view.check != nullptr ? "CheckFlapping" : "JourneyFlapping",
       .service = schedule.service,
       .severity = severity_of(flap.worst()),
       .labels = {{"check", schedule.name}},
       .summary = fmt::format("{} {} of {} is flapping", view.check != nullptr ? "Check" : "Journey", schedule.name,
                              schedule.service),
       .description = fmt::format("{} changes of state, now {}. This is its one alert until it has not changed for {}.",
                                  flap.changes(), sla::state_name(view.state), format_duration(kFlapQuiet)),
       .path = page_of(view),
       .since = flap.since()});
}

void Assessor::components() {
  for (const auto& [key, health] : *facts_.components) {
    const auto& [check, component] = key;
    const CheckView* view = view_of(check);
    if (view == nullptr) continue;
    const std::string identity = "component/" + check + "/" + component;
    const sla::State state = sla::shown(health, facts_.now, view->schedule->stale_after);
    if (state == sla::State::unknown || (bad(state) && silent(*view))) {
      undecided(identity);
      continue;
    }
    if (!bad(state)) continue;
    wrong(identity, {.alertname = "ComponentDown",
                     .service = view->schedule->service,
                     .severity = severity_of(state),
                     .labels = {{"check", check}, {"component", component}},
                     .summary = fmt::format("Component {} of {} is down", component, view->schedule->service),
                     .description = fmt::format("Check {} was told so {} times in a row, since {}.", check,
                                                health.failures, clock_time(health.since)),
                     .path = page_of(*view),
                     .since = health.since});
  }
}

void Assessor::certificate(const CheckView& view) {
  if (view.check == nullptr) return;
  const std::string identity = "certificate/" + view.schedule->name;
  if (!view.last) return undecided(identity);
  const auto& tls = view.last->probe.tls;
  if (!tls || !tls->earliest_expiry) {
    // A run that did not come so far says nothing of it.
    if (!view.last->result.row.success()) undecided(identity);
    return;
  }
  const Time expiry = *tls->earliest_expiry;
  const Micros left = expiry - facts_.now;
  if (left > config_.alerting.certificate_warning) return;
  if (silent(view)) return undecided(identity);
  const bool critical = left <= config_.alerting.certificate_critical;
  const Micros limit = critical ? config_.alerting.certificate_critical : config_.alerting.certificate_warning;
  wrong(identity,
        {.alertname = "CertificateExpiring",
         .service = view.schedule->service,
         .severity = critical ? kCritical : kWarning,
         .labels = {{"check", view.schedule->name}},
         .summary = fmt::format("A certificate of {} {} {}", view.schedule->service,
                                left.count() > 0 ? "expires in" : "has expired since",
                                say_duration(left.count() > 0 ? left : -left)),
         .description = fmt::format("What check {} was shown{} is valid until {}; {} from {} before.",
                                    view.schedule->name, tls->leaf ? " (" + tls->leaf->subject + ")" : "",
                                    clock_time(expiry), critical ? kCritical : kWarning, format_duration(limit)),
         .path = page_of(view),
         .since = std::max(expiry - limit, Time{})});
}

void Assessor::objective(const ObjectiveView& view) {
  const config::Objective& objective = *view.evaluation.objective;
  // Its service's, or that of the checks it names.
  std::string service = objective.service;
  bool maintained = false;
  for (const CheckView& check : facts_.checks) {
    const auto& names = check.check != nullptr ? objective.checks : objective.journeys;
    if (std::ranges::find(names, check.schedule->name) == names.end()) continue;
    if (service.empty()) service = check.schedule->service;
    maintained = maintained || check.shown == reports::Shown::maintenance;
  }
  const bool quiet = maintained || uplink_down_;
  const auto decide = [&](const char* kind, std::string_view severity, const char* name, std::string summary,
                          std::string description) {
    std::string identity = kind + objective.name;
    if (quiet && !severity.empty()) return;
    assessment_.undecided.erase(identity);
    if (severity.empty()) return;
    wrong(std::move(identity), {.alertname = name,
                                .service = service,
                                .severity = severity,
                                .labels = {{"objective", objective.name}},
                                .summary = std::move(summary),
                                .description = std::move(description),
                                .path = "/objectives/" + percent_encode(objective.name),
                                .since = facts_.now});
  };

  std::vector<std::string> rates;
  for (std::size_t i = 0; i < view.burn_rates.size(); ++i) {
    if (view.burn_rates[i]) rates.push_back(fmt::format("{} {:.3g}", kBurnWindows[i].label, *view.burn_rates[i]));
  }
  if (const auto severity = burn_severity(view.burn_rates, firing_(kBurning + objective.name))) {
    decide(kBurning, *severity, "ObjectiveBurning",
           fmt::format("Objective {} burns its error budget too fast", objective.name),
           fmt::format("Target {}. Burn rates (1 spends exactly the budget): {}.", objective.target.text,
                       fmt::join(rates, ", ")));
  }
  const sla::Level level = view.evaluation.level;
  decide(kMissed,
         level == sla::Level::critical  ? kCritical
         : level == sla::Level::warning ? kWarning
                                        : std::string_view(),
         "ObjectiveMissed", fmt::format("Objective {} is missed so far", objective.name),
         fmt::format("Target {} over {}; so far {}{}.", objective.target.text, view.evaluation.period.label,
                     figure_of(view.evaluation),
                     objective.critical ? ", critical at " + objective.critical->text : std::string()));
}

void Assessor::own() {
  const OwnFacts& own = facts_.own;
  const auto raise = [&](const char* what, const char* name, std::string_view severity, std::string summary,
                         std::string description) {
    wrong(std::string("agent/") + what, {.alertname = name,
                                         .service = kOwnService,
                                         .severity = severity,
                                         .labels = {},
                                         .summary = std::move(summary),
                                         .description = std::move(description),
                                         .path = "/",
                                         .since = facts_.now});
  };
  if (!own.store_healthy || own.results_lost > 0) {
    raise("store", "NinesStoreFailing", kCritical, "Results of this agent are not stored",
          fmt::format("{}{} results were lost in the last five minutes.",
                      own.store_healthy ? "" : "The last batch could not be written. ", own.results_lost));
  }
  if (own.runs >= kLeastRuns && own.late * kLateShare > own.runs) {
    raise("schedule", "NinesScheduleLate", kWarning, "This agent cannot keep its schedule",
          fmt::format("{} of {} runs of the last five minutes began more than {} late.", own.late, own.runs,
                      format_duration(kLate)));
  }
  std::vector<std::string> cut;
  for (const CheckView& view : facts_.checks) {
    if (view.state == sla::State::unknown && view.last && is_agent_fault(view.last->result.row.reason)) {
      cut.push_back(fmt::format("{} ({})", view.schedule->name, reason_name(view.last->result.row.reason)));
    }
  }
  if (cut.empty()) return;
  constexpr std::size_t kNamed = 5;
  const std::size_t all = cut.size();
  cut.resize(std::min(all, kNamed));
  raise("probing", "NinesCannotProbe", kCritical, "This agent cannot probe: what it watches is unknown",
        fmt::format("{} checks and journeys have no results for the agent's own faults: {}{}.", all,
                    fmt::join(cut, ", "), all > kNamed ? ", …" : ""));
}

// True, false or not known, of a pair of windows that must both burn.
std::optional<bool> both(std::span<const std::optional<double>> rates, std::size_t a, std::size_t b, double limit) {
  const auto burns = [&](std::size_t i) -> std::optional<bool> {
    if (i >= rates.size() || !rates[i]) return std::nullopt;
    return *rates[i] > limit;
  };
  const auto one = burns(a);
  const auto other = burns(b);
  if (one == false || other == false) return false;
  if (!one || !other) return std::nullopt;
  return true;
}

std::optional<bool> either(std::optional<bool> a, std::optional<bool> b) {
  if (a == true || b == true) return true;
  if (!a || !b) return std::nullopt;
  return false;
}

}  // namespace

Assessment assess(const config::Config& config, const Facts& facts,
                  const std::function<std::string(const std::string&)>& firing) {
  return Assessor(config, facts, firing).run();
}

std::string external_url_of(const config::Config& config) {
  if (!config.alerting.external_url.empty()) return config.alerting.external_url;
  if (config.listen_port == 0) return {};
  std::string host = config.listen_host;
  if (host.empty() || host == "0.0.0.0" || host == "::") {
    std::array<char, 256> name{};
    host = gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
  }
  if (host.contains(':')) host = "[" + host + "]";
  return fmt::format("http://{}:{}", host, config.listen_port);
}

std::optional<std::string_view> burn_severity(std::span<const std::optional<double>> rates, std::string_view now) {
  enum : std::size_t { k5m, k30m, k1h, k2h, k6h, k1d, k3d };
  const auto critical = either(both(rates, k1h, k5m, 14.4), both(rates, k6h, k30m, 6));
  const auto warning = either(both(rates, k1d, k2h, 3), both(rates, k3d, k6h, 1));
  if (critical == true) return kCritical;
  if (!critical && now == kCritical) return std::nullopt;
  if (warning == true) return kWarning;
  if (!warning && !now.empty()) return std::nullopt;
  return critical.has_value() || warning.has_value() ? std::optional<std::string_view>("") : std::nullopt;
}

}  // namespace nines::agent
