#include "agent/exit_code.hpp"

#include <catch2/catch.hpp>

namespace nines::agent {

TEST_CASE("of two exit codes the first in the order 2, 4, 1, 3, 0 stands, whichever came first") {
  // Row and column are the codes 0 to 4.
  constexpr int kTable[5][5] = {
      {0, 1, 2, 3, 4}, {1, 1, 2, 1, 4}, {2, 2, 2, 2, 2}, {3, 1, 2, 3, 4}, {4, 4, 2, 4, 4},
  };
  for (int a = 0; a < 5; ++a) {
    for (int b = 0; b < 5; ++b) {
      CAPTURE(a, b);
      CHECK(static_cast<int>(worse(static_cast<Exit>(a), static_cast<Exit>(b))) == kTable[a][b]);
    }
  }
}

}  // namespace nines::agent
