#include "tests/agent/captured_cli.hpp"

#include <cstdio>
#include <iostream>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "agent/cli.hpp"
#include "tests/harness/scratch.hpp"

namespace nines::agent::tests {
namespace {

void flush_all() {
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
}

// A descriptor that writes to a file as long as this lives.
class Redirected {
 public:
  Redirected(int descriptor, const std::string& file) : descriptor_(descriptor), kept_(::dup(descriptor)) {
    const int target = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    REQUIRE(target >= 0);
    ::dup2(target, descriptor_);
    ::close(target);
  }
  ~Redirected() {
    flush_all();
    ::dup2(kept_, descriptor_);
    ::close(kept_);
  }
  Redirected(const Redirected&) = delete;

 private:
  int descriptor_;
  int kept_;
};

}  // namespace

CliRun nines(const std::vector<std::string>& arguments) {
  const harness::TempDir dir;
  const std::string out = dir.path() / "out";
  const std::string err = dir.path() / "err";
  std::vector<std::string> words{"nines"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  CliRun run;
  flush_all();
  {
    const Redirected stdout_to(STDOUT_FILENO, out);
    const Redirected stderr_to(STDERR_FILENO, err);
    run.exit = run_cli(static_cast<int>(argv.size()), argv.data());
  }
  run.out = harness::read_file(out);
  run.err = harness::read_file(err);
  return run;
}

}  // namespace nines::agent::tests
