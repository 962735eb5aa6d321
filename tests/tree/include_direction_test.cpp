#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/tree/include_rules.hpp"

using nines::tree::include_faults;

namespace {

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("every include of every room goes down the table of rooms") {
  const std::filesystem::path root = NINES_SOURCE_DIR;
  std::vector<std::string> faults;
  for (const auto room : nines::tree::rooms()) {
    int files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / room)) {
      const auto extension = entry.path().extension();
      if (extension != ".cpp" && extension != ".hpp") continue;
      ++files;
      const auto found = include_faults(entry.path().lexically_relative(root).generic_string(), contents(entry.path()));
      faults.insert(faults.end(), found.begin(), found.end());
    }
    INFO("room " << room);
    CHECK(files > 0);
  }
  CHECK(faults == std::vector<std::string>{});
}

TEST_CASE("an include that the table forbids is named with its file, line and reason") {
  struct Case {
    std::string path, text, fault;
  };
  const auto bad = GENERATE(values<Case>({
      {"base/time.hpp", "#include \"config/config.hpp\"\n", "base/time.hpp:1: base may not include config"},
      {"store/store.cpp", "\n\n#include \"sla/spans.hpp\"", "store/store.cpp:3: store may not include sla"},
      {"sla/spans.cpp", "  #  include \"store/store.hpp\"", "sla/spans.cpp:1: sla may not include store"},
      {"probes/http/http.cpp", "#include \"agent/agent.hpp\"", "probes/http/http.cpp:1: probes may not include agent"},
      {"reports/model.hpp", "#include \"probes/probe.hpp\"", "reports/model.hpp:1: reports may not include probes"},
      {"base/time.cpp", "#include \"time.hpp\"",
       "base/time.cpp:1: \"time.hpp\" is not written from the root with the name of a room"},
      {"agent/main.cpp", "#include \"tests/harness/http.hpp\"",
       "agent/main.cpp:1: \"tests/harness/http.hpp\" is not written from the root with the name of a room"},
      {"base/time.cpp", "#include <base/time.hpp>", "base/time.cpp:1: <base/time.hpp> is ours: write it in quotes"},
      {"agent/agent.cpp", "#include <uv.h>", "agent/agent.cpp:1: agent may not know the handles of <uv.h>"},
      {"probes/tcp.cpp", "#include <curl/multi.h>",
       "probes/tcp.cpp:1: probes may not know the handles of <curl/multi.h>"},
      {"reports/model.cpp", "#include <sqlite3.h>",
       "reports/model.cpp:1: reports may not know the handles of <sqlite3.h>"},
      {"agent/cli.cpp", "#include <httplib.h>", "agent/cli.cpp:1: agent may not know the handles of <httplib.h>"},
      {"config/load.hpp", "#include <yaml-cpp/yaml.h>",
       "config/load.hpp:1: <yaml-cpp/yaml.h> is too heavy for a header"},
  }));
  CHECK(include_faults(bad.path, bad.text) == std::vector{bad.fault});
}

TEST_CASE("every forbidden include of a file is named") {
  const std::string text =
      "#pragma once\n#include <vector>\n#include \"agent/a.hpp\"\nint x;\n#include \"store/b.hpp\"\n";
  CHECK(include_faults("sla/x.hpp", text) ==
        std::vector<std::string>{"sla/x.hpp:3: sla may not include agent", "sla/x.hpp:5: sla may not include store"});
}

TEST_CASE("an include that the table allows is no fault") {
  struct Case {
    std::string path, text;
  };
  const auto good = GENERATE(values<Case>({
      {"base/time.cpp", "#include \"base/time.hpp\"\n#include <chrono>\n"},
      {"probes/async/loop.hpp", "#include <uv.h>\n"},
      {"probes/http/http.cpp", "#include <curl/curl.h>\n"},
      {"store/store.cpp", "#include <sqlite3.h>\n#include \"base/result.hpp\"\n"},
      {"config/load.cpp", "#include <yaml-cpp/yaml.h>\n"},
      {"agent/http/server.hpp", "#include <httplib.h>\n"},
      {"agent/agent.cpp", "#include \"store/store.hpp\"\n#include \"reports/model.hpp\"\n"},
      {"base/json.hpp", "#include <nlohmann/json_fwd.hpp>\n// #include \"agent/agent.hpp\"\n"},
  }));
  CHECK(include_faults(good.path, good.text).empty());
}
