#pragma once

// Short blocking work (reading a small file) on libuv's worker threads.

#include <functional>

#include "probes/async/loop.hpp"
#include "probes/async/task.hpp"

namespace nines::probes {

// Runs `work` on another thread and resumes on the loop when it has ended; cannot be stopped, so keep it short.
// `work` must not throw.
Task<void> off_loop(Loop& loop, std::move_only_function<void()> work);

}  // namespace nines::probes
