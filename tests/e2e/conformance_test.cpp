// The cases that describe blackbox_exporter, replayed against the agent. They are not part of this tree:
// NINES_CONFORMANCE names their folder (none: they are left out), and shared/conformance/blackbox beside the tree is
// looked for. Needs
// python3-yaml and openssl.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/e2e/support.hpp"
#include "tests/harness/tools.hpp"

using namespace nines::e2e;
using namespace nines::harness;
namespace fs = std::filesystem;

namespace {

// What this program refuses with a sentence instead (docs/configuration.md): HTTP/3 and CEL.
constexpr const char* kRefused[] = {"http-cel-", "http3-", "cel valid"};

fs::path cases() {
  if (const char* given = std::getenv("NINES_CONFORMANCE")) return given;
  return fs::path(NINES_SOURCE_DIR).parent_path() / "shared/conformance/blackbox";
}

bool is_refused(const std::string& failure) {
  for (const char* name : kRefused) {
    if (failure.starts_with(fmt::format("FAIL {}", name))) return true;
  }
  return false;
}

// The lines of failed cases that should have passed.
std::string failures(const std::string& output) {
  std::string failed;
  std::istringstream in(output);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("FAIL ") && !is_refused(line)) failed += line + "\n";
  }
  return failed;
}

// A copy of the cases that may be written to, with certificates that are valid from now on.
class Replay {
 public:
  explicit Replay(const fs::path& from) {
    const auto copy = fs::copy_options::recursive;
    fs::copy(from, folder(), copy);
    fs::copy(from.parent_path() / "tls", directory_.path() / "tls", copy);
    fs::remove_all(directory_.path() / "tls/out");
    for (const auto& entry : fs::recursive_directory_iterator(directory_.path())) {
      fs::permissions(entry, fs::perms::owner_write, fs::perm_options::add);
    }
    repair();
    const Finished made = run({"bash", (directory_.path() / "tls/make-certs.sh").string()});
    INFO(made.errors);
    REQUIRE(made.status == 0);
  }

  fs::path folder() const { return directory_.path() / "blackbox"; }

  Finished run_script(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"/usr/bin/python3", (folder() / "replay.py").string()});
    return run(arguments, {}, std::chrono::minutes(5));
  }

 private:
  // The script fails when it would tell of a failed case that names no source.
  void repair() const {
    const std::string script = read_file(folder() / "replay.py");
    const std::string mark = "c['source']";
    const auto at = script.find(mark);
    if (at == std::string::npos) return;
    std::ofstream(folder() / "replay.py") << std::string(script).replace(at, mark.size(), "c.get('source')or'-'");
  }

  TempDir directory_;
};

}  // namespace

TEST_CASE("the agent passes every case that describes blackbox_exporter") {
  const char* given = std::getenv("NINES_CONFORMANCE");
  const bool refused = given != nullptr && std::string_view(given) == "none";
  if (refused || (given == nullptr && !fs::exists(cases()))) {
    WARN("left out: " << (refused ? "NINES_CONFORMANCE is none" : "there is no folder " + cases().string()));
    return;
  }
  INFO("cases.yaml is wanted in " << cases() << "; NINES_CONFORMANCE names another folder, or is none");
  REQUIRE(fs::exists(cases() / "cases.yaml"));
  const Replay replay(cases());
  const std::string modules = (replay.folder() / "modules.yml").string();
  const Finished written = replay.run_script({"modules", modules});
  INFO(written.errors);
  REQUIRE(written.status == 0);

  const Agent agent(
      fmt::format("module_files: ['{}']\n"
                  "probe_endpoint: {{enabled: true}}\n"
                  "checks: [{{name: a, service: s, target: 'http://127.0.0.1:9/', interval: 1h}}]\n",
                  modules));
  const Finished probed = replay.run_script({"run", agent.url()});
  INFO(probed.output + probed.errors);
  CHECK_THAT(probed.output, Catch::Contains(" passed, "));
  CHECK(failures(probed.output).empty());

  const Finished loaded = replay.run_script({"configs", nines_binary() + " validate --modules {file}"});
  INFO(loaded.output + loaded.errors);
  CHECK_THAT(loaded.output, Catch::Contains(" passed, "));
  CHECK(failures(loaded.output).empty());
}
