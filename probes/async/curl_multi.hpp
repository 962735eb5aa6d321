#pragma once

// libcurl's multi interface on a loop. (libcurl's CURL* is void*; its header stays out of ours.)

#include <memory>
#include <optional>

#include "probes/async/loop.hpp"
#include "probes/async/stop.hpp"
#include "probes/async/task.hpp"

namespace nines::probes {

// One per loop, on the loop's thread; every transfer ends before it is destroyed.
class CurlMulti {
 public:
  explicit CurlMulti(Loop& loop);
  ~CurlMulti();
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  // Runs the transfer set up in `easy` (a CURL*). Gives its CURLcode, or nothing when `stop` ended it first. The handle
  // is the caller's again afterwards; its CURLOPT_PRIVATE is used here.
  Task<std::optional<int>> perform(void* easy, Stop stop);

  // From now on one idle connection is kept, and no two transfers share one (handles that forbid reuse never do).
  void keep_one();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace nines::probes
