#include "tests/harness/tools.hpp"

#include <stdexcept>

#include <fmt/format.h>
#include <unistd.h>

namespace nines::harness {

std::string tool(const std::string& name) {
  for (const std::string root : {NINES_TOOLS_ROOT, ""}) {
    for (const char* folder : {"/usr/bin/", "/usr/sbin/", "/usr/local/bin/"}) {
      const std::string path = root + folder + name;
      if (::access(path.c_str(), X_OK) == 0) return path;
    }
  }
  throw std::runtime_error(fmt::format("{} is needed by this test: run tests/harness/fetch-tools.sh", name));
}

std::string nines_binary() {
#ifdef NINES_BINARY
  return NINES_BINARY;
#else
  throw std::runtime_error("this build has no program nines");
#endif
}

std::string taskapp_binary() {
  return NINES_TASKAPP;
}

}  // namespace nines::harness
