#include "tests/harness/taskapp.hpp"

#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/harness/http.hpp"
#include "tests/harness/tools.hpp"

namespace nines::harness {
namespace {

nlohmann::json good(const Reply& reply) {
  if (reply.status != 200) {
    throw std::runtime_error(fmt::format("taskapp answered {} {}{}", reply.status, reply.error, reply.body));
  }
  return nlohmann::json::parse(reply.body);
}

}  // namespace

TaskApp::TaskApp(std::vector<std::string> options) : port_(free_port()), options_(std::move(options)) {
  start();
}

std::string TaskApp::url(const std::string& path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

void TaskApp::start() {
  std::vector<std::string> arguments{taskapp_binary(), "--listen", fmt::format("127.0.0.1:{}", port_)};
  arguments.insert(arguments.end(), options_.begin(), options_.end());
  process_ = std::make_unique<Process>(arguments);
  process_->wait_for_output("listening on " + url());
}

void TaskApp::stop() {
  process_->signal(SIGTERM);
  const auto status = process_->wait();
  if (status != 0) {
    throw std::runtime_error(fmt::format("taskapp ended with {}:\n{}", status.value_or(-1), process_->errors()));
  }
}

void TaskApp::faults(const std::string& json) const {
  good(post(url("/faults"), json));
}

void TaskApp::clear_faults() const {
  good(del(url("/faults")));
}

std::string TaskApp::requests() const {
  return good(get(url("/requests"))).dump();
}

long TaskApp::answered(const std::string& method, const std::string& path, int status) const {
  const auto requests = good(get(url("/requests")));
  for (const auto& row : requests["counts"]) {
    if (row["method"] == method && row["path"] == path && row["status_code"] == status) return row["count"];
  }
  return 0;
}

std::string TaskApp::token() const {
  const auto answer =
      good(post(url("/api/v1/auth/login"), R"({"email": "probe@example.com", "password": "correct horse"})"));
  return answer["access_token"];
}

std::size_t TaskApp::tasks() const {
  return good(get(url("/api/v1/tasks?all=true"), {{"Authorization", "Bearer " + token()}}))["tasks"].size();
}

}  // namespace nines::harness
