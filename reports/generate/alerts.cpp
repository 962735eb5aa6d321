#include "reports/generate/alerts.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace nines::reports::generate {
namespace {

std::string place(const Named& named) {
  return named.region.empty() ? std::string() : " in " + named.region;
}

}  // namespace

Pairs failing_annotations(const Named& named, std::string_view severity, const std::string& failures,
                          const std::string& reason, const std::string& seen) {
  return {{"summary", fmt::format("{} of {} fails{}: {}", named.check, named.service, place(named), severity)},
          {"description",
           fmt::format("{} has failed {} times in a row{}{}{}.", named.check, failures, place(named), reason, seen)}};
}

std::string seen_by(const std::string& down, std::size_t regions) {
  return fmt::format("; {} of {} regions see it down", down, regions);
}

Pairs quorum_annotations(const Named& named, const std::string& down, const std::string& known) {
  return {{"summary", fmt::format("{} of {} is down in most regions", named.check, named.service)},
          {"description", fmt::format("{} of the {} regions that know see {} down.", down, known, named.check)}};
}

Pairs burn_annotations(const Named& named, const BurnPair& pair, const std::string& target, const std::string& window,
                       const std::string& rate, const std::string& left) {
  return {{"summary",
           fmt::format("{} burns its error budget {} times as fast as allowed{}", named.objective, rate, place(named))},
          {"description",
           fmt::format("Over {} and over {} more than {} times what {} ({} over {}) allows; {}.", pair.long_window,
                       pair.short_window, pair.factor, named.objective, target, window, left)}};
}

Pairs absent_annotations(const Named& named) {
  return {
      {"summary", fmt::format("no agent reports{}", place(named))},
      {"description",
       fmt::format("Prometheus has no series of the agent{} any more: what happens there is unknown.", place(named))}};
}

Pairs with_runbook(Pairs annotations, const std::string& url) {
  if (!url.empty()) annotations.emplace_back("runbook_url", url);
  return annotations;
}

Pairs alert_labels(const std::string& severity, const std::string& priority, const config::Service& service) {
  Pairs labels{{"severity", severity}, {"priority", priority}};
  if (!service.name.empty()) labels.emplace_back("service", service.name);
  for (const auto& [name, value] : service.labels) {
    const bool own = name == "severity" || name == "priority" || name == "alertname" || name == "alertstate";
    if (!own) labels.emplace_back(name, value);
  }
  return labels;
}

}  // namespace nines::reports::generate
