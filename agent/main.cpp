#include <exception>
#include <string_view>

#include "agent/cli.hpp"
#include "agent/commands/common.hpp"
#include "agent/exit_code.hpp"
#include "probes/jq_helper.hpp"

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == nines::probes::kJqHelperArgument) return nines::probes::jq_helper_main();
  try {
    return nines::agent::run_cli(argc, argv);
  } catch (const std::exception& failure) {
    nines::agent::tell(failure.what());
    return static_cast<int>(nines::agent::Exit::broken);
  }
}
