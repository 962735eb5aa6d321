#pragma once

// The stores and agents that a report is made from, and what becomes of those that cannot be reached.

#include <memory>
#include <string>
#include <vector>

#include "agent/history_source.hpp"
#include "agent/remote_source.hpp"
#include "config/config.hpp"
#include "reports/report.hpp"

namespace nines::agent {

// Owns them. One thread at a time.
class ReportSources {
 public:
  // A store that cannot be opened, or a URL that is none, is an error; an agent that does not answer is not.
  static Expected<ReportSources> open(const std::vector<std::string>& data_dirs, const std::vector<std::string>& agents,
                                      const config::Config& config);

  Sources all() const { return pointers_; }
  // An agent has failed since: it is left out from now on, and its region's time is unknown. False: none has, so that
  // an error was something else's.
  bool leave_out_failed();
  const std::vector<reports::Unreachable>& unreachable() const { return unreachable_; }

 private:
  struct Remote {
    std::unique_ptr<RemoteSource> source;
    std::size_t at;  // of pointers_
  };
  std::vector<std::unique_ptr<store::Reader>> readers_;
  std::vector<std::unique_ptr<HistorySource>> stores_;
  std::vector<Remote> remotes_;
  std::vector<HistorySource*> pointers_;
  std::vector<reports::Unreachable> unreachable_;
  std::vector<std::string> checks_;  // and journeys, of the configuration
  bool regions_listed_ = false;
};

// What `work(sources)` gives, again without each agent that failed meanwhile.
template <class Work>
auto with_reachable(ReportSources& sources, const Work& work) {
  while (true) {
    auto made = work(sources.all());
    if (made || !sources.leave_out_failed()) return made;
  }
}

}  // namespace nines::agent
