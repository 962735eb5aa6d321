#pragma once

// The command line: what people type, and what each option means.

namespace nines::agent {

// Parses and runs one command; returns the exit code.
int run_cli(int argc, char** argv);

}  // namespace nines::agent
