#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/harness/http.hpp"
#include "tests/harness/nginx.hpp"
#include "tests/harness/prometheus.hpp"
#include "tests/harness/taskapp.hpp"
#include "tests/harness/tools.hpp"

using namespace nines::harness;
using std::chrono::milliseconds;

TEST_CASE("a program's status, streams, variables and directory are those of the program") {
  const TempDir directory;
  const ProcessOptions options{.environment = {{"WORD", "said"}},
                               .clean_environment = true,
                               .directory = directory.path(),
                               .death_signal = SIGTERM};
  const Finished finished = run({"/bin/sh", "-c", "echo $WORD ${HOME-unset}; pwd >&2; exit 3"}, options);
  CHECK(finished.status == 3);
  CHECK(finished.output == "said unset\n");
  CHECK(finished.errors == directory.path().string() + "\n");
}

TEST_CASE("a program that a signal ended has 128 and its number as status") {
  Process process({"sleep", "600"});
  CHECK(process.running());
  process.signal(SIGKILL);
  CHECK(process.wait() == 128 + SIGKILL);
  CHECK(!process.running());
}

TEST_CASE("a program ends with its object") {
  pid_t pid = 0;
  {
    Process process({"sleep", "600"});
    pid = process.pid();
  }
  CHECK(::kill(pid, 0) == -1);
}

TEST_CASE("a program does not outlive a test program that is killed") {
  int report[2];
  REQUIRE(::pipe(report) == 0);
  const pid_t crashing = ::fork();
  if (crashing == 0) {
    const Process process({"sleep", "600"});
    const pid_t pid = process.pid();
    const bool told = ::write(report[1], &pid, sizeof pid) == sizeof pid;
    ::raise(told ? SIGKILL : SIGABRT);
  }
  pid_t orphan = 0;
  REQUIRE(::read(report[0], &orphan, sizeof orphan) == sizeof orphan);
  ::close(report[0]);
  ::close(report[1]);
  ::waitpid(crashing, nullptr, 0);
  // An orphan that has ended may stay a zombie where nobody collects it.
  const auto state = [&] {
    const std::string stat = read_file("/proc/" + std::to_string(orphan) + "/stat");
    return stat.empty() ? 'X' : stat.at(stat.rfind(')') + 2);
  };
  eventually([&] { return state() == 'X' || state() == 'Z'; }, "the orphan has ended");
}

TEST_CASE("waiting in vain for a word tells what the program said instead") {
  Process process({"/bin/sh", "-c", "echo good morning; exit 5"});
  CHECK_THROWS_WITH(process.wait_for_output("good night"), Catch::Contains("never wrote \"good night\"") &&
                                                               Catch::Contains("ended with 5") &&
                                                               Catch::Contains("good morning"));
  CHECK_THROWS_WITH(Process({"/nonexistent/program"}), Catch::Contains("cannot start /nonexistent/program"));
  CHECK_THROWS_WITH(eventually([] { return false; }, "pigs fly", milliseconds(1)), Catch::Contains("pigs fly"));
  CHECK_THROWS_WITH(tool("no-such-server"), Catch::Contains("fetch-tools.sh"));
}

TEST_CASE("a free port refuses connections until a server takes it, and is taken by one only") {
  const int port = free_port();
  const std::string address = "127.0.0.1:" + std::to_string(port);
  CHECK(get("http://" + address + "/").status == 0);
  Process first({taskapp_binary(), "--listen", address});
  first.wait_for_output("listening on http://" + address);
  const Finished second = run({taskapp_binary(), "--listen", address});
  CHECK(second.status == 4);
  CHECK(second.errors == "taskapp: cannot listen on " + address + ": is the port in use?\n");
}

TEST_CASE("the task service keeps its port when it stops and starts, and forgets its tasks") {
  TaskApp app;
  const std::string url = app.url("/health");
  REQUIRE(get(url).status == 200);
  app.stop();
  CHECK(get(url).status == 0);
  app.start();
  CHECK(app.url("/health") == url);
  CHECK(get(url).status == 200);
  CHECK_THROWS_WITH(app.faults(R"({"sttus": 1})"), Catch::Contains("sttus: no such key"));
}

TEST_CASE("nginx stands in front of the task service") {
  const TaskApp app;
  const Nginx nginx("location / { proxy_pass " + app.url() + "; } location = /teapot { return 418 short; }");
  CHECK(get(nginx.url("/health")).status == 200);
  const Reply teapot = get(nginx.url("/teapot"));
  CHECK(teapot.status == 418);
  CHECK(teapot.body == "short");
  eventually([&] { return app.answered("GET", "/health", 200) >= 1; }, "the answer is in the journal");
  CHECK_THROWS_WITH(Nginx("no_such_directive on;"), Catch::Contains("no_such_directive"));
}

TEST_CASE("a real Prometheus scrapes the task service and answers queries") {
  const TaskApp app;
  for (int i = 0; i < 5; ++i) REQUIRE(get(app.url("/health")).status == 200);
  const Prometheus prometheus({{"tasks", app.url().substr(std::string("http://").size())}});
  eventually([&] { return prometheus.query(R"(http_requests_total{path="/health"})") == 5; },
             "the five requests are in Prometheus");
  CHECK(prometheus.query("up{job=\"tasks\"}") == 1);
  CHECK(prometheus.query("1 + 1") == 2);
  CHECK(!prometheus.query("nothing_of_this_name"));
  CHECK_THROWS_WITH(prometheus.query("http_request_duration_seconds_bucket"), Catch::Contains("expected one number"));
  CHECK_THROWS_WITH(prometheus.query("rate("), Catch::Contains("parse error"));
}
