#include "probes/jq.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "probes/async/event.hpp"
#include "probes/async/scope.hpp"
#include "probes/async/stop.hpp"
#include "probes/jq/message.hpp"
#include "probes/jq/process.hpp"
#include "probes/jq/programs.hpp"

namespace nines::probes {
namespace {

using Variables = std::vector<std::pair<std::string, Json>>;
using Answer = std::expected<Jq::Values, Jq::Failure>;

// A Jq on a loop of its own.
class Bench {
 public:
  ~Bench() { engine_.loop().run(jq_.close()); }

  Answer run(std::string program, std::string input, Variables variables = {}) {
    return engine_.loop().run(jq_.run(std::move(program), std::move(input), std::move(variables), {}));
  }
  std::string text(std::string program, std::string input, Variables variables = {}) {
    const Answer answer = run(std::move(program), std::move(input), std::move(variables));
    return answer ? dump_json(Json(*answer)) : (answer.error().agent ? "agent: " : "error: ") + answer.error().message;
  }
  std::string compiled(std::string program, std::vector<std::string> names = {}) {
    const auto answer = engine_.loop().run(jq_.compile(std::move(program), std::move(names), {}));
    return answer ? "fine" : answer.error().message;
  }
  Jq& jq() { return jq_; }
  Loop& loop() { return engine_.loop(); }

 private:
  Engine engine_;
  Jq jq_{engine_};
};

// Processes whose parent is this one, zombies included.
std::vector<pid_t> children() {
  std::vector<pid_t> found;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream list(task.path() / "children");
    for (pid_t pid = 0; list >> pid;) found.push_back(pid);
  }
  return found;
}

std::string file(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("a jq program's values come back with their types") {
  Bench bench;
  struct Row {
    const char* program;
    const char* input;
    const char* values;
  };
  const Row row = GENERATE(values<Row>({
      {".", "1", "[1]"},
      {".id", R"({"id":"a"})", R"(["a"])"},
      {".[]", R"([1,"x",null,true,{"a":[]}])", R"([1,"x",null,true,{"a":[]}])"},
      {"empty", "{}", "[]"},
      {".status == \"ready\"", R"({"status":"ready"})", "[true]"},
      {".databases | map_values(.available)", R"({"databases":{"b":{"available":true},"a":{"available":false}}})",
       R"([{"a":false,"b":true}])"},
      {".id | length > 0 # a comment", R"({"id":"x"})", "[true]"},
      {".env.input", R"({"env":{"input":1.5}})", "[1.5]"},
      {"def twice: . * 2; .n | twice", R"({"n":4503599627370496})", "[9007199254740992]"},
      {".name", "{\"name\":\"\xc3\xa9\\u0000\"}", "[\"\xc3\xa9\\u0000\"]"},
      {"debug_me", "{}", "error: debug_me/0 is not defined"},
  }));
  CHECK(bench.text(row.program, row.input) == row.values);
}

TEST_CASE("variables are bound at run time, whatever they hold") {
  Bench bench;
  const std::string rule = ".title == $title and ($n | type) == \"number\"";
  const std::string hostile = "a \"b\" \\(env) | $n";
  CHECK(bench.text(rule, dump_json(Json{{"title", hostile}}), {{"title", hostile}, {"n", 3}}) == "[true]");
  CHECK(bench.text(rule, R"({"title":"a"})", {{"title", "b"}, {"n", 3}}) == "[false]");
  CHECK(bench.text("$in + $v", "{}", {{"in", 1}, {"v", 2}}) == "[3]");
  CHECK(bench.text("$title", "{}") == "error: $title is not defined");
  CHECK(bench.text(".a", R"({"a":1})", {{"not-a-name", 1}, {"end", 2}}) == "[1]");
}

TEST_CASE("what is wrong with a program or its input is one sentence") {
  Bench bench;
  struct Row {
    const char* program;
    const char* input;
    const char* error;
  };
  const Row row = GENERATE(values<Row>({
      {".a.b", R"({"a":3})", "error: Cannot index number with string \"b\""},
      {"error(\"no\")", "{}", "error: no"},
      {"error({a:1})", "{}", R"(error: {"a":1})"},
      {".a |", "{}", "error: syntax error, unexpected ')'"},
      {".a }", "{}", "error: syntax error, unexpected INVALID_CHARACTER"},
      {"foo(.a)", "{}", "error: foo/1 is not defined"},
      {".", "", "error: the body is not JSON: Expected JSON value"},
      {".", "<html>hello", "error: the body is not JSON: Invalid numeric literal at line 1, column 11"},
      {".", R"({"a":1)", "error: the body is not JSON: Unfinished JSON term at line 1, column 6"},
      {".", "1 2", "error: the body is not JSON: Unexpected extra JSON values"},
      {"range(1001)", "{}", "error: the program gave more than 1,000 values"},
      {"[range(400000)]", "{}", "error: the program gave more than 1 MB"},
  }));
  CHECK(bench.text(row.program, row.input) == row.error);
}

TEST_CASE("compile tells faults without running anything") {
  Bench bench;
  CHECK(bench.compiled(".title == $title", {"title"}) == "fine");
  CHECK(bench.compiled(".title == $title", {}) == "$title is not defined");
  CHECK(bench.compiled("def f: f; f") == "fine");
  CHECK(bench.compiled("{{") == "syntax error, unexpected '{'");
}

TEST_CASE("the helper refuses words that reach outside of the program") {
  Bench bench;
  for (const char* program : {"import \"a\" as a; .", "include \"a\"; .", "input", "[inputs]", "env", "$ENV",
                              "\"\\(env)\"", "{(env|keys[0]):1}", "debug", "stderr", "halt", "\"x\" | halt_error",
                              "get_search_list", "\"a\" | modulemeta"}) {
    CAPTURE(program);
    CHECK_THAT(bench.text(program, "{}"), Catch::EndsWith(" is not allowed in a jq program"));
  }
  CHECK(bench.text(".", "{}") == "[{}]");
}

TEST_CASE("a program without end is stopped and the next request answered") {
  Bench bench;
  for (const char* program : {"def f: f; f", "[range(1e12)] | length", "last(repeat(1))"}) {
    CAPTURE(program);
    const Answer answer = bench.run(program, "{}");
    REQUIRE_FALSE(answer);
    CHECK(answer.error().agent);
    CHECK(bench.text(".a", R"({"a":1})") == "[1]");
  }
}

TEST_CASE("a program that took too long is refused when it is asked for again, and no other") {
  Bench bench;
  CHECK_THAT(bench.text("def f: f; f", "{}"), Catch::Contains("did not end within"));
  CHECK(bench.text(".a", R"({"a":1})") == "[1]");
  const auto running = children();
  CHECK(bench.text("def f: f; f", "1") == "agent: the jq program took more than a second when it was last run");
  CHECK(bench.text(".a", R"({"a":2})") == "[2]");
  CHECK(children() == running);
  CHECK(bench.compiled("def f: f; f") == "fine");
}

TEST_CASE("a program that ends its process is told and the next request answered") {
  Bench bench;
  // Doubles a string 60 times; and nests deeper than any stack.
  for (const char* program :
       {"reduce range(60) as $i (\"0123456789abcdef\"; . + .)", "reduce range(400000) as $i (0; [.]) | tojson"}) {
    CAPTURE(program);
    const Answer answer = bench.run(program, "{}");
    REQUIRE_FALSE(answer);
    CHECK(bench.text(".a", R"({"a":1})") == "[1]");
  }
}

TEST_CASE("a large body passes and one too large is refused before the helper") {
  Bench bench;
  const std::string list = "[" + std::string(5'000'000, ' ') + "1]";
  CHECK(bench.text("length", list) == "[1]");
  const Answer answer =
      bench.run("length", std::string(8'000'000, ' ') + std::string(8'000'000, ' ') + std::string(1'000'000, ' '));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().agent);
}

TEST_CASE("a thousand requests at once are answered each with its own value") {
  Bench bench;
  int right = 0;
  bench.loop().run([](Bench* on, int* out) -> Task<void> {
    Scope scope(on->loop());
    for (int i = 0; i < 1000; ++i) {
      scope.spawn([](Bench* with, int number, int* count) -> Task<void> {
        const Answer answer = co_await with->jq().run(". + $n", "1", {{"n", number}}, {});
        if (answer && answer->size() == 1 && answer->at(0) == number + 1) ++*count;
      }(on, i, out));
    }
    co_await scope.join();
  }(&bench, &right));
  CHECK(right == 1000);
  CHECK(children().size() == 1);
}

TEST_CASE("a stopped request does not wait for its program and its answer goes nowhere") {
  Bench bench;
  StopSource source;
  source.request_stop();
  const Answer answer = bench.loop().run(bench.jq().run("def f: f; f", "{}", {}, source.stop()));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().agent);
  CHECK(answer.error().message == "the run ended before jq answered");
  CHECK(bench.text(".", "7") == "[7]");
}

TEST_CASE("the helper has no environment but its mark, three descriptors and no terminal's signals") {
  ::setenv("NINES_TEST_SECRET", "hunter22", 1);
  Bench bench;
  REQUIRE(bench.text(".", "1") == "[1]");
  const auto running = children();
  REQUIRE(running.size() == 1);
  const std::string proc = "/proc/" + std::to_string(running[0]);
  CHECK(file(proc + "/environ") == std::string("NINES_JQ_HELPER=1\0", 18));
  CHECK(::getpgid(running[0]) == running[0]);
  const auto descriptors = std::filesystem::directory_iterator(proc + "/fd");
  CHECK(std::distance(begin(descriptors), end(descriptors)) == 3);
}

TEST_CASE("a program that was started as a helper and does not act as one starts none itself") {
  ::setenv("NINES_JQ_HELPER", "1", 1);
  {
    Bench bench;
    const Answer answer = bench.run(".", "1");
    REQUIRE_FALSE(answer);
    CHECK(answer.error().agent);
    CHECK(answer.error().message ==
          "the jq helper cannot start: this program is a jq helper itself and its main() does not act as one");
    CHECK(children().empty());
  }
  ::unsetenv("NINES_JQ_HELPER");
}

TEST_CASE("a helper killed from outside is replaced") {
  Bench bench;
  REQUIRE(bench.text(".", "1") == "[1]");
  const auto first = children();
  REQUIRE(first.size() == 1);
  ::kill(first[0], SIGKILL);
  CHECK_THAT(bench.text(".", "2"), Catch::Equals("[2]") || Catch::StartsWith("agent: "));
  CHECK(bench.text(".", "3") == "[3]");
  REQUIRE(children().size() == 1);
  CHECK(children()[0] != first[0]);
}

TEST_CASE("after close there is no helper and no zombie") {
  {
    Bench bench;
    REQUIRE(bench.text(".", "1") == "[1]");
    REQUIRE(children().size() == 1);
  }
  CHECK(children().empty());
}

TEST_CASE("close ends a program that is running") {
  Bench bench;
  Answer answer;
  bench.loop().run([](Bench* on, Answer* out) -> Task<void> {
    Scope scope(on->loop());
    scope.spawn([](Bench* with, Answer* to) -> Task<void> {
      *to = co_await with->jq().run("def f: f; f", "{}", {}, {});
    }(on, out));
    co_await sleep(on->loop(), std::chrono::milliseconds(50), {});
    co_await on->jq().close();
    co_await scope.join();
  }(&bench, &answer));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().message == "jq was closed before it answered");
  CHECK(children().empty());
}

TEST_CASE("close answers what still waits, and what comes after") {
  Bench bench;
  std::vector<Answer> answers(3);
  bench.loop().run([](Bench* on, std::vector<Answer>* out) -> Task<void> {
    Scope scope(on->loop());
    for (Answer& answer : *out) {
      scope.spawn([](Bench* with, Answer* to) -> Task<void> {
        *to = co_await with->jq().run("def f: f; f", "{}", {}, {});
      }(on, &answer));
    }
    co_await sleep(on->loop(), std::chrono::milliseconds(50), {});
    co_await on->jq().close();
    co_await scope.join();
  }(&bench, &answers));
  answers.push_back(bench.run(".", "1"));
  for (const Answer& answer : answers) {
    REQUIRE_FALSE(answer);
    CHECK(answer.error().agent);
    CHECK(answer.error().message == "jq was closed before it answered");
  }
}

TEST_CASE("a frame that does not add up ends the helper") {
  int pipe_ends[2];
  REQUIRE(::pipe(pipe_ends) == 0);
  const jq::Descriptor wake(pipe_ends[0]);
  const jq::Descriptor keep(pipe_ends[1]);
  const jq::Message bad = GENERATE(jq::Message{'X', {}}, jq::Message{'R', {"."}}, jq::Message{'R', {".", "1", "name"}},
                                   jq::Message{'C', {}}, jq::Message{'R', std::vector<std::string>(1001)});
  auto process = jq::Process::start(wake.get());
  REQUIRE(process);
  const auto answer = (*process)->ask(bad, std::chrono::seconds(20));
  REQUIRE_FALSE(answer);
  CHECK(answer.error() == jq::Process::Lost::died);
  CHECK_FALSE((*process)->idle());
}

TEST_CASE("messages are read back as written and nothing else is") {
  const jq::Message message{'R', {"", "a", std::string(70'000, 'x'), std::string("\0\n", 2)}};
  const std::string frame = jq::encode(message);
  REQUIRE(jq::payload_length(frame) == frame.size() - 4);
  CHECK(jq::decode(std::string_view(frame).substr(4)) == message);
  CHECK_FALSE(jq::decode(""));
  CHECK_FALSE(jq::decode(std::string_view("R\1\0", 3)));
  CHECK_FALSE(jq::decode(std::string_view("R\2\0\0\0a", 6)));
  CHECK_FALSE(jq::payload_length(std::string(4, '\0')));
  CHECK_FALSE(jq::payload_length(std::string(4, '\xff')));
}

TEST_CASE("the helper keeps only as many programs as its limit, the latest used") {
  jq::Programs programs(2);
  REQUIRE(programs.run(".", "1", {}));
  REQUIRE(programs.run(". + $a", "1", {{"a", "1"}}) == "[2]");
  REQUIRE(programs.run(".", "2", {}) == "[2]");
  REQUIRE(programs.compile(".b", {}));
  CHECK(programs.size() == 2);
  CHECK_FALSE(programs.compile(".b |", {}));
  CHECK(programs.size() == 2);
  CHECK(programs.run(". + $a", "1", {{"a", "2"}}) == "[3]");
}

TEST_CASE("a program works again after it failed") {
  jq::Programs programs;
  CHECK_FALSE(programs.run(".a.b", R"({"a":1})", {}));
  CHECK(programs.run(".a.b", R"({"a":{"b":[1]}})", {}) == "[[1]]");
}

}  // namespace nines::probes
