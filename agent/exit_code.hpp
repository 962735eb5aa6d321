#pragma once

// The exit codes of every command (docs/commands.md).

#include <initializer_list>

namespace nines::agent {

enum class Exit : int {
  passed = 0,
  failed = 1,        // what was measured failed
  usage = 2,         // usage, configuration or an imported line is wrong
  inconclusive = 3,  // not enough data
  broken = 4,        // the program itself could not work
};

// Of several, the first in the order 2, 4, 1, 3, 0.
constexpr Exit worse(Exit a, Exit b) {
  for (const Exit exit : {Exit::usage, Exit::broken, Exit::failed, Exit::inconclusive}) {
    if (a == exit || b == exit) return exit;
  }
  return Exit::passed;
}

}  // namespace nines::agent
