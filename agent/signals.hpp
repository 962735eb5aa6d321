#pragma once

// Signals are blocked in every thread and taken by the one that waits for them.

#include <initializer_list>

#include <signal.h>

namespace nines::agent {

// Before the first thread starts.
inline sigset_t block_signals(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return set;
}

}  // namespace nines::agent
