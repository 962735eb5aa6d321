#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "config/module.hpp"
#include "probes/expand.hpp"
#include "probes/metrics.hpp"
#include "probes/target_policy.hpp"
#include "tests/harness/scratch.hpp"
#include "tests/probes/running.hpp"
#include "tests/probes/scripted_server.hpp"

using namespace std::chrono_literals;

namespace nines::probes::test {
namespace {

using Catch::Contains;
using Catch::StartsWith;
using Script = std::vector<config::QueryResponse>;

config::Regex regex(const std::string& pattern) {
  return config::compile_regex(pattern).value();
}

config::QueryResponse expects(const std::string& pattern, const std::string& send = "") {
  config::QueryResponse out;
  out.expect = regex(pattern);
  out.send = send;
  return out;
}
config::QueryResponse expects_bytes(const std::string& bytes) {
  config::QueryResponse out;
  out.expect_bytes = bytes;
  return out;
}
config::QueryResponse sends(const std::string& text) {
  config::QueryResponse out;
  out.send = text;
  return out;
}

config::Module tcp_module(Script script = {}) {
  config::Module out;
  out.prober = config::Prober::tcp;
  out.tcp.query_response = std::move(script);
  return out;
}
config::Module unix_module(Script script = {}) {
  config::Module out;
  out.prober = config::Prober::unix_socket;
  out.unix_socket.query_response = std::move(script);
  return out;
}

std::string address_of(const ScriptedServer& server) {
  return "127.0.0.1:" + std::to_string(server.port());
}

const StreamFacts& stream_facts(const ProbeResult& result) {
  return std::get<StreamFacts>(result.facts);
}

TEST_CASE("templates are expanded as Go's Regexp.Expand does") {
  const config::Regex pattern = regex("(?P<first>a+)-(b+)(c+)?");
  const std::string text = "xx aa-bbb yy";
  const auto match = find_match(pattern, text);
  REQUIRE(match);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"${1}", "aa"},        {"$1", "aa"},         {"$2 $1", "bbb aa"}, {"$0", "aa-bbb"}, {"$first!", "aa!"},
      {"${first}s", "aas"},  {"$1x", ""},          {"${1}x", "aax"},    {"$3", ""},       {"$9", ""},
      {"$$1", "$1"},         {"a$", "a$"},         {"${1", "${1"},      {"$ 1", "$ 1"},   {"${}", "${}"},
      {"$01", ""},           {"$nobody", ""},      {"plain", "plain"},  {"$-$1", "$-aa"}, {"$1$2", "aabbb"},
      {"${1}${2}", "aabbb"}, {"$first$2", "aabbb"}};
  for (const auto& [given, wanted] : cases) {
    INFO(given);
    CHECK(expand(given, pattern, *match) == wanted);
  }
  CHECK_FALSE(find_match(pattern, "nothing"));
}

TEST_CASE("a conversation goes line by line, and what it matched is sent and labelled") {
  Engine engine;
  Recorder recorder;
  ScriptedServer server([&](Peer& peer) {
    peer.send("hello\r\nSSH-2.0-Open");
    peer.send("SSH_6.9p1 Debian-2\r\nleft over\n");
    recorder.keep(peer.read_some());
  });
  config::QueryResponse banner = expects("^SSH-2.0-([^ -]+)(?: (.*))?$", "CONFIRM ${1}");
  banner.labels = {{"ssh_version", "${1}"}, {"ssh_comments", "${2}"}};
  const config::Module module = tcp_module({banner});
  const ProbeResult result = run_probe(engine, module, address_of(server));
  CHECK(told(result.outcome) == "none: ");
  CHECK(stream_facts(result).expect_labels == std::vector<std::pair<std::string, std::string>>{
                                                  {"ssh_version", "OpenSSH_6.9p1"}, {"ssh_comments", "Debian-2"}});
  CHECK(result.body == "SSH-2.0-OpenSSH_6.9p1 Debian-2");
  CHECK(result.ip_family == 4);
  CHECK(result.address == address_of(server));
  harness::eventually([&] { return recorder.requests().size() == 1; }, "the server has read the answer");
  CHECK(recorder.requests().front() == "CONFIRM OpenSSH_6.9p1\n");
}

TEST_CASE("each way a conversation fails has its reason, its flag and the last line as evidence") {
  Engine engine;
  struct Case {
    const char* name;
    ScriptedServer::Script server;
    Script script;
    Reason reason;
    bool by_regex;
    bool by_bytes;
    const char* words;
    const char* body;
  };
  const auto says = [](std::string text) { return [text = std::move(text)](Peer& peer) { peer.send(text); }; };
  const auto says_and_waits = [](std::string text) {
    return [text = std::move(text)](Peer& peer) {
      peer.send(text);
      peer.wait_for_close();
    };
  };
  const std::vector<Case> cases = {
      {"no line matches",
       says("one\ntwo\r\n"),
       {expects("^three")},
       Reason::response_mismatch,
       true,
       false,
       "the connection was closed, the last line was `two`; expected a line that matches `^three`",
       "two"},
      {"nothing is said",
       says(""),
       {expects("x")},
       Reason::response_mismatch,
       true,
       false,
       "the connection was closed; expected",
       ""},
      {"the last line has no end", says("one\nlast"), {expects("^last$")}, Reason::none, false, false, "", "last"},
      {"an empty line is one", says("one\n\ntwo\n"), {expects("^$")}, Reason::none, false, false, "", ""},
      {"silence",
       says_and_waits("one\n"),
       {expects("two")},
       Reason::response_timeout,
       false,
       false,
       "nothing more within 300ms, the last line was `one`; expected",
       "one"},
      {"an endless line",
       says_and_waits(std::string(70000, 'x')),
       {expects("y")},
       Reason::response_mismatch,
       false,
       false,
       "a line of more than 65536 bytes",
       ""},
      {"a long line",
       says(std::string(65000, 'x') + "\n"),
       {expects("^x{1000}")},
       Reason::none,
       false,
       false,
       "",
       nullptr},
      {"the right bytes",
       says_and_waits("not-a-line, and more"),
       {expects_bytes("not-a-line")},
       Reason::none,
       false,
       false,
       "",
       "not-a-line"},
      {"other bytes",
       says("something-else"),
       {expects_bytes("not-a-line")},
       Reason::response_mismatch,
       false,
       true,
       "`something-` came; expected the bytes `not-a-line`",
       "something-"},
      {"too few bytes",
       says("not"),
       {expects_bytes("not-a-line")},
       Reason::response_mismatch,
       false,
       true,
       "the connection was closed after `not`",
       "not"},
      {"bytes after a line",
       says("220 hi\nrest"),
       {expects("^220"), expects_bytes("rest")},
       Reason::none,
       false,
       false,
       "",
       "rest"},
      {"a reset",
       [](Peer& peer) {
         peer.read_some();
         peer.reset();
       },
       {sends("x"), expects("y")},
       Reason::response_closed,
       false,
       false,
       "the connection was cut (connection reset)",
       ""},
  };
  for (const Case& c : cases) {
    INFO(c.name);
    ScriptedServer server(c.server);
    const config::Module module = tcp_module(c.script);
    const auto timeout = c.reason == Reason::response_timeout ? 300ms : 30s;
    const ProbeResult result = run_probe(engine, module, address_of(server), timeout);
    INFO(told(result.outcome));
    CHECK(reason_name(result.outcome.reason) == reason_name(c.reason));
    CHECK(result.failed_due_to_regex == c.by_regex);
    CHECK(stream_facts(result).failed_due_to_bytes == c.by_bytes);
    CHECK_THAT(result.outcome.message, Contains(c.words));
    if (c.body != nullptr) CHECK(result.body == c.body);
    for (const Sample& sample : probe_samples(result, module)) {
      if (sample.name == "probe_failed_due_to_regex") CHECK(sample.value == (c.by_regex ? 1 : 0));
      if (sample.name == "probe_failed_due_to_bytes") CHECK(sample.value == (c.by_bytes ? 1 : 0));
    }
  }
}

TEST_CASE("a line that is not taken is told by its turn: it may be a password") {
  Engine engine;
  std::atomic<bool> done = false;
  ScriptedServer server([&](Peer& peer) {
    peer.send("password?\n");
    harness::eventually([&] { return done.load(); }, "the probe has ended");
  });
  const config::Module module = tcp_module({expects("password"), sends("s3cret" + std::string(64 << 20, 'x'))});
  const ProbeResult result = run_probe(engine, module, address_of(server), 300ms);
  done = true;
  CHECK(told(result.outcome) == "response_timeout: conversation with " + address_of(server) +
                                    ": nothing more within 300ms; expected it to take the line of turn 2");
}

TEST_CASE("lines without end are given up at the deadline, however fast they come") {
  Engine engine;
  ScriptedServer server([](Peer& peer) {
    const std::string lines(60000, '\n');
    while (!peer.gone()) peer.send(lines);
  });
  const ProbeResult result = run_probe(engine, tcp_module({expects("never")}), address_of(server), 300ms);
  CHECK_THAT(told(result.outcome), StartsWith("response_timeout: "));
  CHECK(result.duration < 2s);
}

TEST_CASE("a target that names no port, and a port where nobody listens, fail with their reasons") {
  Engine engine;
  for (const char* target : {"127.0.0.1", ":0", "", "127.0.0.1:x", "127.0.0.1:99999", "[::1]"}) {
    INFO(target);
    const ProbeResult result = run_probe(engine, tcp_module(), target);
    CHECK(told(result.outcome) == "connect_failure: `" + std::string(target) + "` is no target; expected host:port");
  }
  const std::string closed = "127.0.0.1:" + std::to_string(harness::free_port());
  CHECK_THAT(told(run_probe(engine, tcp_module(), closed).outcome), StartsWith("connect_refused: "));
}

// A listening Unix socket that says hello to each and hangs up; `patient`: not before the other side has.
class UnixServer {
 public:
  explicit UnixServer(const std::string& path, bool patient = false)
      : listener_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const bool abstract = path.starts_with('@');
    if (abstract) address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1));
    REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(listen(listener_, 8) == 0);
    thread_ = std::thread([this, patient] {
      while (true) {
        const int fd = accept(listener_, nullptr, nullptr);
        if (fd < 0) return;
        (void)!::write(fd, "hello\n", 6);
        char byte = 0;
        while (patient && ::read(fd, &byte, 1) > 0) {
        }
        ::close(fd);
      }
    });
  }
  ~UnixServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

 private:
  int listener_;
  std::thread thread_;
};

TEST_CASE("a Unix socket is spoken with, by path, by URL and in the abstract space") {
  Engine engine;
  const harness::TempDir directory;
  const std::string path = (directory.path() / "socket").string();
  const std::string abstract = "@nines-test-" + std::to_string(getpid());
  const UnixServer by_path(path);
  const UnixServer by_name(abstract);
  for (const std::string& target : {path, "unix://" + path, abstract}) {
    INFO(target);
    const ProbeResult result = run_probe(engine, unix_module({expects("^hello$")}), target);
    CHECK(told(result.outcome) == "none: ");
    CHECK(result.body == "hello");
    CHECK(result.ip_family == 0);
  }
  const ProbeResult wrong = run_probe(engine, unix_module({expects("bye")}), path);
  CHECK_THAT(told(wrong.outcome), StartsWith("response_mismatch: conversation with " + path));
  CHECK(wrong.failed_due_to_regex);
  std::filesystem::remove(path);
}

TEST_CASE("a Unix socket that cannot be connected to says why") {
  Engine engine;
  const harness::TempDir directory;
  const std::string missing = (directory.path() / "missing").string();
  CHECK(told(run_probe(engine, unix_module(), missing).outcome) ==
        "connect_failure: connect to " + missing +
            ": there is no such socket; expected a socket that takes connections");
  const std::string dead = (directory.path() / "dead").string();
  {
    const UnixServer gone(dead);
  }
  CHECK(told(run_probe(engine, unix_module(), dead).outcome) ==
        "connect_refused: connect to " + dead + ": nobody listens on it; expected a socket that takes connections");
  CHECK_THAT(told(run_probe(engine, unix_module(), std::string(200, 'x')).outcome),
             StartsWith("connect_failure: ") && Contains("expected a path of at most 107 bytes"));
  CHECK_THAT(told(run_probe(engine, unix_module(), "").outcome), StartsWith("connect_failure: "));

  config::Module tls = unix_module();
  tls.unix_socket.tls = true;
  const std::string live = (directory.path() / "live").string();
  const UnixServer server(live, true);
  CHECK_THAT(told(run_probe(engine, tls, live).outcome), StartsWith("agent_error: a socket has no name"));
  tls.unix_socket.tls_config.insecure_skip_verify = true;
  CHECK_THAT(told(run_probe(engine, tls, live).outcome), StartsWith("tls_unexpected: TLS: the answer was not TLS"));
}

TEST_CASE("the guard is asked before a Unix socket is touched") {
  Engine engine;
  const harness::TempDir directory;
  const std::string path = (directory.path() / "socket").string();
  const UnixServer server(path);
  config::AddressRule rule;
  rule.pattern = directory.path().string() + "/*";
  const TargetPolicy denies({}, {rule});
  const ProbeResult result =
      run_probe(engine, {.module = std::make_shared<config::Module>(unix_module()), .target = path, .policy = &denies});
  CHECK_THAT(told(result.outcome), StartsWith("address_denied: "));
}

}  // namespace
}  // namespace nines::probes::test
