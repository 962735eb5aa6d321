#include "tests/harness/prometheus.hpp"

#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/harness/http.hpp"
#include "tests/harness/tools.hpp"

namespace nines::harness {
namespace {

std::string config(const std::vector<Prometheus::Target>& targets, std::chrono::milliseconds interval,
                   const Prometheus::Rules& rules) {
  std::string text = fmt::format(
      "global: {{scrape_interval: {0}ms, scrape_timeout: {0}ms, evaluation_interval: {0}ms}}\n", interval.count());
  if (!rules.rule_files.empty()) text += fmt::format("rule_files: ['{}']\n", fmt::join(rules.rule_files, "', '"));
  if (!rules.alertmanager.empty()) {
    text +=
        fmt::format("alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{}']}}]}}]}}\n", rules.alertmanager);
  }
  text += "scrape_configs:\n";
  for (const auto& target : targets) {
    text += fmt::format("  - {{job_name: '{}', static_configs: [{{targets: ['{}']}}]}}\n", target.job, target.address);
  }
  return text;
}

}  // namespace

Prometheus::Prometheus(const std::vector<Target>& targets, std::chrono::milliseconds scrape_interval,
                       const Rules& rules)
    : port_(free_port()) {
  const auto file = directory_.write("prometheus.yml", config(targets, scrape_interval, rules));
  // Killed with the test program: at SIGTERM it would first write its data out.
  process_ = std::make_unique<Process>(
      std::vector<std::string>{tool("prometheus"), "--config.file=" + file.string(),
                               "--storage.tsdb.path=" + (directory_.path() / "data").string(),
                               fmt::format("--web.listen-address=127.0.0.1:{}", port_), "--log.level=warn"},
      ProcessOptions{
          .environment = {}, .clean_environment = false, .directory = directory_.path(), .death_signal = SIGKILL});
  eventually(
      [&] {
        if (!process_->running()) throw std::runtime_error("prometheus ended:\n" + process_->errors());
        return get(url("/-/ready")).status == 200;
      },
      "Prometheus is ready");
}

std::string Prometheus::url(const std::string& path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

std::string Prometheus::query_json(const std::string& promql) const {
  const Reply reply = get(url("/api/v1/query?query=" + url_encoded(promql)));
  if (reply.status != 200) {
    throw std::runtime_error(
        fmt::format("{}: Prometheus answered {} {}{}", promql, reply.status, reply.error, reply.body));
  }
  return reply.body;
}

std::optional<double> Prometheus::query(const std::string& promql) const {
  const auto data = nlohmann::json::parse(query_json(promql)).at("data");
  const auto number = [](const nlohmann::json& sample) { return std::stod(sample.at(1).get<std::string>()); };
  const auto& result = data.at("result");
  if (data.at("resultType") == "scalar") return number(result);
  if (result.empty()) return std::nullopt;
  if (data.at("resultType") != "vector" || result.size() != 1) {
    throw std::runtime_error(fmt::format("{}: expected one number, got {}", promql, result.dump()));
  }
  return number(result.at(0).at("value"));
}

std::string promtool_check(const std::string& page) {
  const TempDir directory;
  const auto file = directory.write("metrics", page);
  // promtool reads the page from its standard input only.
  const auto checked = run({"/bin/sh", "-c", "exec \"$0\" check metrics < \"$1\"", tool("promtool"), file.string()});
  if (checked.status == 0) return {};
  return fmt::format("promtool ended with {}\n{}{}", checked.status, checked.output, checked.errors);
}

}  // namespace nines::harness
