// Journeys through applications that nobody here wrote: Debian's own, unpacked by tests/harness/fetch-tools.sh.

#include <filesystem>
#include <optional>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "tests/harness/alertmanager.hpp"
#include "tests/harness/http.hpp"
#include "tests/harness/process.hpp"
#include "tests/harness/scratch.hpp"
#include "tests/harness/tools.hpp"
#include "tests/journeys/bench.hpp"

namespace nines::journeys {
namespace {

using harness::Process;
using harness::ProcessOptions;
using harness::TempDir;

constexpr const char* kPassword = "correct horse battery";

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const auto at = text.find(what);
  INFO(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

std::string journey_text(const std::string& name) {
  return harness::read_file(std::filesystem::path(NINES_SOURCE_DIR) / "tests/journeys/applications" / name);
}

std::string url_of(int port, const std::string& path = {}) {
  return "http://127.0.0.1:" + std::to_string(port) + path;
}

void wait_for(const std::string& url) {
  harness::eventually([&] { return harness::get(url).status == 200; }, url + " answers");
}

// Of all silences.
std::vector<std::string> states_of(const harness::Alertmanager& alertmanager) {
  std::vector<std::string> out;
  for (const Json& silence : parse_json(harness::get(alertmanager.url("/api/v2/silences")).body).value()) {
    out.push_back(silence["status"]["state"].get<std::string>());
  }
  return out;
}

// With a repository of its own and a user `probe`.
class Fossil {
 public:
  Fossil() {
    options_.environment = {{"HOME", directory_.path().string()},
                            {"USER", "probe"},
                            // Beside the program, since its package is unpacked only.
                            {"LD_LIBRARY_PATH", (root() / "lib/x86_64-linux-gnu").string()}};
    run({"init", "--admin-user", "probe", repository()});
    run({"user", "password", "probe", kPassword, "-R", repository()});
    process_.emplace(
        std::vector<std::string>{program_, "server", "--localhost", "--port", std::to_string(port), repository()},
        options_);
    wait_for(url_of(port, "/login"));
  }
  // What SQL gives for the repository.
  std::string sql(const std::string& query) { return run({"sql", "-R", repository(), query}); }
  // "fossil-0123456789abcdef", after the project's code.
  std::string cookie() {
    const std::string code = sql("SELECT value FROM config WHERE name='project-code'");
    return "fossil-" + code.substr(code.find_first_not_of("'"), 16);
  }
  const int port = harness::free_port();

 private:
  std::filesystem::path root() const {
    return std::filesystem::path(program_).parent_path().parent_path().parent_path();
  }
  std::string repository() const { return (directory_.path() / "r.fossil").string(); }
  std::string run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), program_);
    const harness::Finished finished = harness::run(arguments, options_);
    INFO(finished.errors);
    REQUIRE(finished.status == 0);
    return finished.output;
  }

  const std::string program_ = harness::tool("fossil");
  TempDir directory_;
  ProcessOptions options_;
  std::optional<Process> process_;
};

class Hledger {
 public:
  Hledger() { wait_for(url_of(port, "/version")); }
  std::string journal() const { return harness::read_file(file_); }
  const int port = harness::free_port();

 private:
  TempDir directory_;
  std::filesystem::path file_ =
      directory_.write("books.journal", "2026-01-01 opening <é>\n    assets:cash   10\n    equity\n");
  Process process_{{harness::tool("hledger-web"), "--serve", "--host", "127.0.0.1", "--port", std::to_string(port),
                    "--base-url", url_of(port), "--capabilities", "view,add,manage", "-f", file_.string()},
                   {.environment = {{"LANG", "C.UTF-8"}}, .clean_environment = false, .directory = {}}};
};

}  // namespace

TEST_CASE("Alertmanager: a silence is made, read and expired, and none stays") {
  const harness::Alertmanager app;
  Bench bench;
  const std::string text = replaced(journey_text("alertmanager.yml"), "http://127.0.0.1:9093", app.url());
  const auto journey = load_journey(text);
  CHECK(bench.compile(journey).empty());
  const Run good = bench.run(journey);
  INFO(everything(good));
  CHECK(good.result.row.success());
  CHECK(good.cleanup_failures.empty());
  CHECK(good.result.row.measured != ResultRow::kNone);
  CHECK(step(good, "clean").skipped);
  CHECK(states_of(app) == std::vector<std::string>{"expired"});

  // It fails before it expires the silence itself: `finally` does.
  const auto failing = load_journey(replaced(text, "length == 1 and", "length == 2 and"));
  const Run bad = bench.run(failing);
  CHECK(bad.result.evidence.failed_step == "list");
  CHECK_THAT(bad.result.evidence.message,
             Catch::Contains("expected jq `length == 2 and .[0].id == $silence`, got false"));
  CHECK(step(bad, "clean").status == 200);
  CHECK(states_of(app) == std::vector<std::string>{"expired", "expired"});
}

TEST_CASE("Fossil: a ticket behind a login, with its CSRF token, its Referer and its id from the redirect") {
  Fossil app;
  Bench bench;
  const std::string text =
      replaced(replaced(journey_text("fossil.yml"), "http://127.0.0.1:8080", url_of(app.port)), "COOKIE", app.cookie());
  const auto journey = load_journey(text, {{"FOSSIL_PASSWORD", kPassword}});
  CHECK(bench.compile(journey).empty());
  const Run good = bench.run(journey);
  INFO(everything(good));
  CHECK(good.result.row.success());
  CHECK(good.cleanup_failures.empty());
  CHECK_THAT(app.sql("SELECT count(*), min(status) FROM ticket"), Catch::StartsWith("1,'Closed'"));

  SECTION("a wrong password does not pass for a login") {
    const Run bad = bench.run(load_journey(text, {{"FOSSIL_PASSWORD", "wrong"}}));
    CHECK(bad.result.evidence.failed_step == "login");
    CHECK_THAT(bad.result.evidence.message, Catch::Contains("expected status 302, got 401"));
  }
  SECTION("without the Referer no ticket is made, and the journey notices") {
    const Run bad = bench.run(load_journey(replaced(text, "headers: {Referer: '{{ form_url }}'}", "headers: {X: y}"),
                                           {{"FOSSIL_PASSWORD", kPassword}}));
    INFO(everything(bad));
    CHECK(bad.result.evidence.failed_step == "new");
    CHECK_THAT(bad.result.evidence.message, Catch::Contains("expected status 302, got 400") &&
                                                Catch::Contains("expected a header Location to match"));
    CHECK_FALSE(everything(bad).contains(kPassword));
  }
  CHECK_THAT(app.sql("SELECT count(*) FROM ticket"), Catch::StartsWith("1"));
}

TEST_CASE("hledger-web: a transaction is added by a form with a token, and the journal is put back") {
  const Hledger app;
  Bench bench;
  const std::string before = app.journal();
  const std::string text = replaced(journey_text("hledger.yml"), "http://127.0.0.1:5000", url_of(app.port));
  const auto journey = load_journey(text);
  CHECK(bench.compile(journey).empty());
  const Run good = bench.run(journey);
  INFO(everything(good));
  CHECK(good.result.row.success());
  CHECK(good.cleanup_failures.empty());
  CHECK(app.journal() == before);

  // Its answer to a wrong token is 200, with the form once more.
  const Run bad = bench.run(load_journey(replaced(text, "_token: '{{ token }}'", "_token: wrong")));
  INFO(everything(bad));
  CHECK(reason_name(bad.result.row.reason) == "http_status");
  CHECK(bad.result.evidence.failed_step == "add");
  CHECK_THAT(bad.result.evidence.message,
             Catch::Contains("expected status 303, got 200") &&
                 Catch::Contains("expected a header Location to match `/journal$`, got none"));
  CHECK(app.journal() == before);
}

}  // namespace nines::journeys
