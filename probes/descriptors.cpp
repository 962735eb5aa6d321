#include "probes/descriptors.hpp"

#include <algorithm>

#include <sys/resource.h>

namespace nines::probes {

namespace {

constexpr std::size_t kMostKeptBack = 1'200;  // a thousand clients of the listener, and the rest

std::size_t raised_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1'024;
  if (limit.rlim_cur < limit.rlim_max) {
    const rlimit most{limit.rlim_max, limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &most) == 0) limit.rlim_cur = limit.rlim_max;
  }
  return static_cast<std::size_t>(limit.rlim_cur);
}

}  // namespace

std::size_t runs_within(std::size_t descriptors) {
  const std::size_t kept_back = std::min(kMostKeptBack, descriptors / 4);
  return std::max<std::size_t>(1, (descriptors - kept_back) / kDescriptorsPerRun);
}

std::size_t runs_at_once() {
  static const std::size_t runs = runs_within(raised_limit());
  return runs;
}

}  // namespace nines::probes
