// One scheduled HTTP probe, all included (probe, health, metrics, store), beside the bare libcurl loop.

#include <memory>
#include <string_view>

#include <fmt/format.h>

#include "agent/monitor.hpp"
#include "agent/runner.hpp"
#include "bench/bare_curl.hpp"
#include "bench/rounds.hpp"
#include "config/load.hpp"
#include "probes/async/scope.hpp"
#include "probes/jq_helper.hpp"
#include "tests/harness/nginx.hpp"
#include "tests/harness/scratch.hpp"

namespace nines::bench {
namespace {

constexpr int kRounds = 7;
constexpr int kProbes = 4000;
constexpr int kAtOnce = 50;

struct Ours {
  std::shared_ptr<const config::Config> config;
  agent::Monitor* monitor;
  int left = kProbes;
  int good = 0;
};

probes::Task<void> probe_again(probes::Engine* engine, probes::Jq* jq, Ours* ours) {
  while (ours->left > 0) {
    --ours->left;
    const config::Check& check = ours->config->checks.front();
    ours->monitor->started(check.schedule, {});
    agent::RunReport report = co_await agent::run_check(*engine, *jq, ours->config, &check, {});
    if (report.result.row.success()) ++ours->good;
    ours->monitor->finished(std::move(report));
  }
}

probes::Task<void> probe_all(probes::Engine* engine, Ours* ours) {
  probes::Jq jq(*engine);
  probes::Scope scope(engine->loop());
  for (int i = 0; i < kAtOnce; ++i) scope.spawn(probe_again(engine, &jq, ours));
  co_await scope.join();
  co_await jq.close();
}

int run() {
  const harness::Nginx nginx(
      "location / { default_type application/json; return 200 "
      "'{\"status\":\"ready\",\"timestamp\":\"2026-10-01T00:00:00Z\",\"service\":\"tasks\",\"version\":\"1.4.2\","
      "\"databases\":{}}'; }");
  const harness::TempDir directory;
  auto made = config::for_target(nginx.url("/"));
  if (!made) return 1;
  const auto config = std::make_shared<const config::Config>(std::move(*made));
  auto store = store::Store::open({.data_dir = (directory.path() / "data").string()});
  if (!store) return 1;
  agent::Metrics metrics(*config);
  agent::Monitor monitor(*config, metrics, **store, system_clock());
  probes::Engine engine;

  int good = 0;
  const auto ours = [&] {
    Ours work{config, &monitor};
    engine.loop().run(probe_all(&engine, &work));
    (*store)->flush();
    good += work.good;
  };
  const auto bare = [&] { good += bare_curl(nginx.url("/"), kProbes, kAtOnce); };
  const Compared compared = compare(kRounds, kProbes, ours, bare);
  fmt::print("one HTTP probe, all included: {:.0f} us CPU; bare libcurl loop: {:.0f} us; ratio {:.2f} (goal: 1.35)\n",
             compared.ours, compared.yardstick, compared.ratio);
  const int wanted = 2 * kRounds * kProbes;
  if (good != wanted) fmt::print("only {} of {} were answered\n", good, wanted);
  return good == wanted ? 0 : 1;
}

}  // namespace
}  // namespace nines::bench

int main(int argc, char** argv) {
  // Jq runs this program again as its helper.
  if (argc > 1 && std::string_view(argv[1]) == nines::probes::kJqHelperArgument) return nines::probes::jq_helper_main();
  return nines::bench::run();
}
