#pragma once

#include <atomic>
#include <cstdint>

namespace nines::agent {

// nines_alerts_sent_total: each alert for each receiver that took, or did not take, the news that it fires or that it
// does no more. What is only said again is not counted. Any thread.
struct AlertCounts {
  std::atomic<std::uint64_t> success = 0;
  std::atomic<std::uint64_t> failure = 0;
};

}  // namespace nines::agent
