#include "tests/e2e/support.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "tests/harness/tools.hpp"

namespace nines::e2e {

harness::Finished run_nines(std::vector<std::string> arguments, const harness::ProcessOptions& options) {
  arguments.insert(arguments.begin(), harness::nines_binary());
  return harness::run(arguments, options, std::chrono::minutes(2));
}

std::vector<Json> json_lines(const std::string& text) {
  std::vector<Json> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
  return lines;
}

Agent::Agent(const std::string& configuration, std::map<std::string, std::string> environment)
    : data_dir_((directory_.path() / "data").string()) {
  environment.emplace("DATA", data_dir_);
  options_.environment = std::move(environment);
  std::string text = configuration;
  if (!text.contains("listen:")) text = "listen: 127.0.0.1:0\n" + text;
  if (!text.contains("data_dir:")) text = "data_dir: ${DATA}\n" + text;
  config_ = directory_.write("nines.yml", text).string();
  start();
}

void Agent::start() {
  process_ = std::make_unique<harness::Process>(
      std::vector<std::string>{harness::nines_binary(), "agent", "-c", config_, "--log-level", "debug"}, options_);
  process_->wait_for_errors(R"("agent started")", std::chrono::minutes(1));
  harness::eventually([&] { return !told("agent started").empty(); }, "the line that says so is whole");
  const std::string url = told("agent started").front().at("listen");
  address_ = url.substr(url.find("://") + 3);
}

std::vector<Json> Agent::log() const {
  const std::string text = process_->errors();
  return json_lines(text.substr(0, text.rfind('\n') + 1));
}

std::vector<Json> Agent::told(const std::string& message) const {
  std::vector<Json> found;
  for (const Json& line : log()) {
    if (line.at("message") == message) found.push_back(line.at("details"));
  }
  return found;
}

void Agent::await_state(const std::string& check, const std::string& state) const {
  harness::eventually(
      [&] {
        std::string last;
        for (const Json& change : told("state changed")) {
          if (change.at("check") == check) last = change.at("to");
        }
        return last == state;
      },
      check + " is " + state, std::chrono::minutes(1));
}

std::optional<double> Agent::metric(const std::string& name, const std::vector<std::string>& labels) const {
  const harness::Reply page = harness::get(url("/metrics"));
  if (page.status != 200) throw std::runtime_error("/metrics: " + page.error + page.body);
  std::optional<double> sum;
  std::istringstream in(page.body);
  for (std::string line; std::getline(in, line);) {
    const std::size_t end = line.find_first_of("{ ");
    if (line.substr(0, end) != name) continue;
    if (!std::ranges::all_of(labels, [&](const std::string& label) { return line.contains(label); })) continue;
    sum = sum.value_or(0) + std::stod(line.substr(line.rfind(' ') + 1));
  }
  return sum;
}

harness::Finished Agent::run(const std::string& command, std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), {command, "-c", config_});
  return run_nines(std::move(arguments), options_);
}

std::vector<Json> Agent::exported(const std::string& check) const {
  const harness::Finished finished = run("export");
  if (finished.status != 0) throw std::runtime_error("nines export: " + finished.errors);
  std::vector<Json> lines = json_lines(finished.output);
  if (!check.empty()) std::erase_if(lines, [&](const Json& line) { return line.at("check") != check; });
  return lines;
}

long answered(const Json& journal, const std::string& path, int first_status, int last_status) {
  long sum = 0;
  for (const Json& row : journal.at("counts")) {
    const int status = row.at("status_code");
    const bool wanted = row.at("path").get<std::string>().starts_with(path);
    if (wanted && status >= first_status && status <= last_status) sum += row.at("count").get<long>();
  }
  return sum;
}

}  // namespace nines::e2e
