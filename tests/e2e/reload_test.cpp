// The configuration is read again while the agent runs.

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/e2e/support.hpp"
#include "tests/harness/taskapp.hpp"

using namespace nines::e2e;
using namespace nines::harness;
using Catch::Contains;

namespace {

// The file of a running agent, changed.
void replace(const Agent& agent, const std::string& was, const std::string& is) {
  std::string text = read_file(agent.config());
  const auto at = text.find(was);
  REQUIRE(at != std::string::npos);
  std::ofstream(agent.config()) << text.replace(at, was.size(), is);
}

std::string two_checks(const TaskApp& app) {
  return fmt::format(R"(
defaults: {{interval: 100ms, timeout: 100ms, thresholds: {{warning: 2, critical: 3}}}}
modules: {{slow: {{prober: http, http: {{headers: {{Authorization: 'Bearer s3cr3t-t0ken'}}}}}}}}
probe_endpoint: {{enabled: true}}
checks:
  - {{name: old, service: tasks, target: '{0}/health'}}
  - {{name: broken, service: tasks, target: 'http://127.0.0.1:1/'}}
)",
                     app.url());
}

// A target that says nothing until it is told to.
class HeldTarget {
 public:
  class Request {
   public:
    explicit Request(int socket) : socket_(socket) {}
    Request(Request&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
    ~Request() {
      if (socket_ >= 0) ::close(socket_);
    }
    void answer() const {
      constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
      REQUIRE(::send(socket_, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL) == std::ssize(kAnswer));
    }

   private:
    int socket_;
  };

  HeldTarget() : port_(free_port()), socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int yes = 1;
    ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port_));
    REQUIRE(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(socket_, 8) == 0);
  }
  ~HeldTarget() { ::close(socket_); }
  HeldTarget(const HeldTarget&) = delete;

  std::string probe_path() const {
    return fmt::format("/probe?module=slow&target={}", url_encoded(fmt::format("http://127.0.0.1:{}/", port_)));
  }
  // The next probe, once its request is there.
  Request accept() const {
    pollfd readable{socket_, POLLIN, 0};
    REQUIRE(::poll(&readable, 1, 30'000) == 1);
    const int client = ::accept(socket_, nullptr, nullptr);
    readable = {client, POLLIN, 0};
    REQUIRE(::poll(&readable, 1, 30'000) == 1);
    return Request(client);
  }

 private:
  int port_;
  int socket_;
};

double state(const Agent& agent, const std::string& check, const std::string& name) {
  return agent.metric("nines_check_state", {"check=\"" + check + "\"", "state=\"" + name + "\""}).value_or(-1);
}

}  // namespace

TEST_CASE("a reload takes up what the file says now, and keeps what is known of its checks") {
  const TaskApp app;
  Agent agent(two_checks(app));
  const auto failures = [&] {
    return agent.metric("nines_check_consecutive_failures", {"check=\"broken\""}).value_or(0);
  };
  const auto results = [&] {
    return agent.metric("nines_check_results_total", {"check=\"broken\"", "result=\"failure\""}).value_or(0);
  };
  eventually([&] { return failures() > 30; }, "more failures than a count that begins again has soon");
  const double failed_before = failures();
  const double results_before = results();
  replace(agent, "name: old", "name: new");
  const bool by_signal = GENERATE(false, true);
  CAPTURE(by_signal);
  if (by_signal) {
    agent.process().signal(SIGHUP);
  } else {
    const Reply reply = post(agent.url("/-/reload"), "");
    CHECK(reply.status == 200);
  }
  eventually([&] { return !agent.told("configuration reloaded").empty(); }, "the agent tells of it");
  CHECK(failures() >= failed_before);
  CHECK(results() >= results_before);
  CHECK(agent.metric("service_downtime_seconds_total").value_or(0) > 2);
  CHECK(agent.metric("nines_config_last_reload_successful") == 1);
  CHECK(state(agent, "broken", "critical") == 1);
  eventually([&] { return state(agent, "new", "up") == 1; }, "the new check runs");
  CHECK(state(agent, "old", "up") == -1);
  agent.process().signal(SIGTERM);
  CHECK(agent.process().wait() == 0);
}

TEST_CASE("a file that cannot be taken up changes nothing, and every fault is told") {
  const TaskApp app;
  const auto [was, is, told] = GENERATE(table<std::string, std::string, std::string>({
      {"interval: 100ms", "interval: soon", "soon"},
      {"probe_endpoint:", "probe_endpoints:", "probe_endpoints"},
      {"service: tasks", "module: nothing, service: tasks", "nothing"},
      {"listen: 127.0.0.1:0", "listen: 127.0.0.1:1", "`listen` was 127.0.0.1:0"},
      {"listen: 127.0.0.1:0", "listen: 127.0.0.1:0\nregion: other", "`region` was default"},
      {"data_dir: ${DATA}", "data_dir: ${DATA}/other", "`data_dir` was "},
  }));
  CAPTURE(is);
  Agent agent(two_checks(app));
  agent.await_state("broken", "critical");
  replace(agent, was, is);
  const Reply reply = post(agent.url("/-/reload"), "");
  CHECK(reply.status == 500);
  CHECK_THAT(reply.body, Contains("failed to reload config:\n") && Contains(told));
  CHECK(agent.metric("nines_config_last_reload_successful") == 0);
  eventually([&] { return !agent.told("the configuration cannot be reloaded: the one before stays in force").empty(); },
             "the log tells of it");
  CHECK(state(agent, "broken", "critical") == 1);
  const auto runs = [&] { return agent.metric("nines_check_results_total", {"check=\"old\""}).value_or(0); };
  const double before = runs();
  eventually([&] { return runs() > before; }, "the checks go on");

  replace(agent, is, was);
  CHECK(post(agent.url("/-/reload"), "").status == 200);
  CHECK(agent.metric("nines_config_last_reload_successful") == 1);
}

TEST_CASE("a reload without its store changes nothing, and the checks go on") {
  const TaskApp app;
  Agent agent(two_checks(app));
  agent.await_state("broken", "critical");
  const std::string away = agent.data_dir() + "-away";
  std::filesystem::rename(agent.data_dir(), away);
  const Reply reply = post(agent.url("/-/reload"), "");
  CHECK(reply.status == 500);
  CHECK_THAT(reply.body, Contains("failed to reload config:\n"));
  CHECK(agent.metric("nines_config_last_reload_successful") == 0);
  const auto runs = [&] { return agent.metric("nines_check_results_total", {"check=\"broken\""}).value_or(0); };
  const double before = runs();
  eventually([&] { return runs() > before; }, "the checks go on");
  std::filesystem::rename(away, agent.data_dir());
  CHECK(post(agent.url("/-/reload"), "").status == 200);
  CHECK(agent.metric("nines_config_last_reload_successful") == 1);
}

TEST_CASE("probes of the two sessions before go on, those of older ones are cut") {
  const TaskApp app;
  const HeldTarget target;
  const Agent agent(two_checks(app));
  constexpr int kReloads = 3;
  std::vector<Reply> answers(kReloads);
  std::vector<std::thread> asking;
  std::vector<HeldTarget::Request> held;
  for (Reply& answer : answers) {
    asking.emplace_back([&] { answer = get(agent.url(target.probe_path())); });
    held.push_back(target.accept());
    CHECK(post(agent.url("/-/reload"), "").status == 200);
  }
  asking.front().join();
  held[1].answer();
  held[2].answer();
  for (std::size_t i = 1; i < asking.size(); ++i) asking[i].join();
  CHECK(answers[0].status == 503);
  CHECK(answers[1].status == 200);
  CHECK(answers[2].status == 200);
}

TEST_CASE("a probe that is going on during a reload is answered") {
  const TaskApp app;
  const HeldTarget target;
  const Agent agent(two_checks(app));
  Reply answer;
  std::thread asking([&] { answer = get(agent.url(target.probe_path())); });
  const HeldTarget::Request request = target.accept();
  CHECK(post(agent.url("/-/reload"), "").status == 200);
  request.answer();
  asking.join();
  CHECK(answer.status == 200);
  CHECK_THAT(answer.body, Contains("\nprobe_success 1\n"));
  // It is in the history, which outlives a reload.
  CHECK_THAT(get(agent.url("/")).body, Contains("Recent Probes") && Contains("/logs?id=0"));
  CHECK(get(agent.url("/logs?id=0")).status == 200);
}

TEST_CASE("the agent ends in time while probes are going on, also those of a session before") {
  const TaskApp app;
  const HeldTarget target;
  Agent agent(two_checks(app));
  std::vector<Reply> answers(2);
  std::vector<std::thread> asking;
  std::vector<HeldTarget::Request> held;
  for (Reply& answer : answers) {
    asking.emplace_back([&] { answer = get(agent.url(target.probe_path())); });
    held.push_back(target.accept());
    if (asking.size() == 1) CHECK(post(agent.url("/-/reload"), "").status == 200);
  }
  agent.process().signal(SIGTERM);
  CHECK(agent.process().wait(std::chrono::seconds(12)) == 0);
  for (std::thread& thread : asking) thread.join();
  for (const Reply& answer : answers) CHECK(answer.status == 503);
}

TEST_CASE("the configuration is shown without its secrets, and only POST reloads") {
  const TaskApp app;
  const Agent agent(two_checks(app));
  const Reply shown = get(agent.url("/config"));
  CHECK(shown.status == 200);
  CHECK_THAT(shown.headers.find("content-type")->second, Catch::StartsWith("text/plain"));
  CHECK_THAT(shown.body, Contains("name: broken") && !Contains("s3cr3t"));
  const Reply refused = get(agent.url("/-/reload"));
  CHECK(refused.status == 405);
  CHECK(refused.headers.find("allow")->second == "POST");
  CHECK_THAT(get(agent.url("/-/healthy")).body, Contains("Healthy"));
}
