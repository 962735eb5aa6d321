#pragma once

namespace nines::probes {

// The main function of the helper process that Jq starts. Every program that uses Jq must call it first thing in main()
// when argv[1] is kJqHelperArgument. Reads requests on standard input, writes answers on standard output, returns the
// exit status when its input ends.
int jq_helper_main();
inline constexpr const char* kJqHelperArgument = "__jq-helper";

}  // namespace nines::probes
