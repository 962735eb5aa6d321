#include "agent/report_sources.hpp"

#include <utility>

namespace nines::agent {

Expected<ReportSources> ReportSources::open(const std::vector<std::string>& data_dirs,
                                            const std::vector<std::string>& agents, const config::Config& config) {
  ReportSources sources;
  sources.regions_listed_ = !config.regions.empty();
  for (const config::Schedule* schedule : config.schedules()) sources.checks_.push_back(schedule->name);
  for (const std::string& dir : data_dirs) {
    auto reader = store::open_reader(dir);
    if (!reader) return std::unexpected(reader.error());
    sources.readers_.push_back(std::make_unique<store::Reader>(std::move(*reader)));
    sources.stores_.push_back(std::make_unique<StoreSource>(*sources.readers_.back()));
    sources.pointers_.push_back(sources.stores_.back().get());
  }
  for (const std::string& url : agents) {
    auto remote = agent_at(url);
    if (!remote) return std::unexpected(Error{"--agent: " + remote.error().message, Position{}});
    sources.remotes_.push_back({std::make_unique<RemoteSource>(std::move(*remote)), sources.pointers_.size()});
    sources.pointers_.push_back(sources.remotes_.back().source.get());
  }
  return sources;
}

bool ReportSources::leave_out_failed() {
  bool any = false;
  for (Remote& remote : remotes_) {
    RemoteSource& source = *remote.source;
    if (!source.failure() || pointers_[remote.at] != &source) continue;
    any = true;
    unreachable_.push_back({source.url(), source.region(), source.failure()->message});
    // Where a list says which regions should report, what the others gave leaves this one's time unknown by itself.
    const std::string region = source.region().empty() ? source.url() : source.region();
    stores_.push_back(std::make_unique<MissingSource>(region, regions_listed_ ? std::vector<std::string>() : checks_));
    pointers_[remote.at] = stores_.back().get();
  }
  return any;
}

}  // namespace nines::agent
