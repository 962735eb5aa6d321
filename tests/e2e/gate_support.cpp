#include "tests/e2e/gate_support.hpp"

#include <chrono>
#include <stdexcept>

#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/time.hpp"

namespace nines::e2e {

harness::Finished gate(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "gate");
  return run_nines(std::move(arguments));
}

std::string gate_config(const harness::TaskApp& app, const std::string& more, const std::string& interval) {
  return fmt::format(R"(
checks:
  - name: ready
    service: tasks
    http: {{}}
    target: '{}'
    version: .version
    components: '.databases | map_values(.available)'
    interval: {}
{})",
                     app.url("/health/readiness"), interval, more);
}

GateStore::GateStore(const harness::TaskApp& app, const std::string& more)
    : data((directory.path() / "data").string()),
      yaml(gate_config(app, "data_dir: " + data + "\n" + more)),
      config(directory.write("nines.yml", yaml).string()) {
  std::string lines;
  const Time now = system_clock().now();
  for (int i = 0; i < 120; ++i) {
    lines += fmt::format(
        R"({{"check":"ready","region":"default","time":"{}","success":true,"duration_ms":{:.3f},"status":200}})"
        "\n",
        format_time(now - std::chrono::seconds(10 * i)), 100 + i * 80.0 / 119);
  }
  const auto imported = run_nines({"import", "-c", config, directory.write("before.jsonl", lines).string()});
  if (imported.status != 0) throw std::runtime_error("nines import: " + imported.errors);
  as_ever(app);
}

void as_ever(const harness::TaskApp& app) {
  app.faults(R"({"latency_ms": 140})");
}

}  // namespace nines::e2e
