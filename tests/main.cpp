#define CATCH_CONFIG_RUNNER
#include <string_view>

#include <catch2/catch.hpp>

#include "probes/jq_helper.hpp"

// The jq helper process is the running program started again, here the test.
int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == nines::probes::kJqHelperArgument) return nines::probes::jq_helper_main();
  return Catch::Session().run(argc, argv);
}
