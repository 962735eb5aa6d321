#include "agent/probe_metrics.hpp"

#include <map>

#include "agent/family.hpp"
#include "probes/metrics.hpp"

namespace nines::agent {

std::vector<prometheus::MetricFamily> probe_metrics(const config::Config& config, std::span<const CheckView> views) {
  std::vector<FamilyBuilder> families;
  families.emplace_back("probe_success", "Whether the last run succeeded.");
  families.emplace_back("probe_duration_seconds", "Duration of the last run.");
  std::map<std::string_view, std::size_t> places;
  for (const CheckView& view : views) {
    if (!view.last) continue;
    const prometheus::Labels labels = check_labels(config, *view.schedule);
    families[0].add(labels, view.last->result.row.success() ? 1 : 0);
    families[1].add(labels, seconds(view.last->result.row.duration));
    if (view.check == nullptr) continue;
    for (probes::Sample& sample : probes::probe_samples(view.last->probe, *view.check->module)) {
      const auto [place, fresh] = places.try_emplace(sample.name, families.size());
      if (fresh) families.emplace_back(std::string(sample.name), std::string(sample.help));
      families[place->second].add(labels, std::move(sample.labels), sample.value);
    }
  }
  std::vector<prometheus::MetricFamily> done;
  done.reserve(families.size());
  for (FamilyBuilder& family : families) done.push_back(std::move(family).take());
  return done;
}

}  // namespace nines::agent
