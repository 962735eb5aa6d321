#include "agent/commands/check_output.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "tests/agent/support.hpp"

namespace nines::agent {

using namespace std::chrono_literals;
using Catch::Contains;
using Catch::EndsWith;

namespace {

constexpr const char* kAwkward = "expected \"<ok>\" & 'yes',\ngot \x01\x1b[31m";

config::Schedule schedule_of(const std::string& name) {
  config::Schedule schedule;
  schedule.name = name;
  schedule.service = "api";
  return schedule;
}

const config::Schedule kCheck = schedule_of("gateway");
const config::Schedule kFailing = schedule_of("broken & <odd>");
const config::Schedule kJourney = schedule_of("create-task");

RunReport passed() {
  RunReport report = tests::success_of(kCheck, tests::at(0.25));
  report.result.row.duration = 12'345us;
  report.result.row.phases = {.resolve = 0us, .connect = 340us, .tls = 0us, .processing = 11'800us, .transfer = 200us};
  report.probe.address = "127.0.0.1:8080";
  report.version = "1.2.3";
  report.components = {{"mongodb", true}, {"redis", false}};
  return report;
}

RunReport failed() {
  RunReport report = tests::failure_of(kFailing, tests::at(1));
  report.result.row.duration = 1500ms;
  report.result.row.status = 503;
  report.result.row.reason = Reason::http_status;
  report.result.row.attempts = 2;
  report.result.evidence.message = kAwkward;
  return report;
}

journeys::StepResult step(const std::string& name, Reason reason, Micros duration) {
  journeys::StepResult made;
  made.name = name;
  made.outcome = {reason, reason == Reason::none ? "" : "step \"" + name + "\": it went wrong"};
  made.status = reason == Reason::none ? 200 : 500;
  made.duration = duration;
  made.measured = true;
  return made;
}

RunReport journey() {
  RunReport report = tests::failure_of(kJourney, tests::at(2));
  report.result.row.duration = 350ms;
  report.result.row.status = 500;
  report.result.row.reason = Reason::http_status;
  report.result.evidence.failed_step = "create";
  report.result.evidence.message = "step \"create\": it went wrong";
  report.steps = {step("login", Reason::none, 100ms), step("create", Reason::http_status, 250ms),
                  step("delete", Reason::none, 0ms), step("logout", Reason::http_status, 20ms)};
  report.steps[2].finally = report.steps[3].finally = true;
  report.steps[2].skipped = true;
  report.steps[2].status = 0;
  report.cleanup_failures = {report.steps[3].outcome};
  return report;
}

// Says what is wrong with a text as XML 1.0 of elements and attributes; empty when nothing is.
class XmlReader {
 public:
  explicit XmlReader(std::string_view text) : text_(text) {}

  std::string fault() {
    for (const unsigned char c : text_) {
      if (c < 0x20 && c != '\n' && c != '\t' && c != '\r') return "a control character";
    }
    if (!take("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")) return "no declaration";
    while (fault_.empty() && !text_.empty()) next();
    if (fault_.empty() && !open_.empty()) fault_ = open_.back() + " is not closed";
    return fault_;
  }

 private:
  bool take(std::string_view what) {
    if (!text_.starts_with(what)) return false;
    text_.remove_prefix(what.size());
    return true;
  }
  std::string_view until(std::string_view any) {
    const auto end = std::min(text_.find_first_of(any), text_.size());
    const auto found = text_.substr(0, end);
    text_.remove_prefix(end);
    return found;
  }
  void references(std::string_view text) {
    while (true) {
      const auto at = text.find('&');
      if (at == std::string_view::npos) return;
      text.remove_prefix(at + 1);
      const auto name = text.substr(0, text.find(';'));
      if (!name.starts_with('#') && name != "amp" && name != "lt" && name != "gt" && name != "quot" && name != "apos")
        fault_ = "a bare &";
    }
  }
  void next() {
    if (take("</")) {
      const std::string name(until(">"));
      if (!take(">") || open_.empty() || open_.back() != name) fault_ = "</" + name + "> closes nothing";
      if (!open_.empty()) open_.pop_back();
    } else if (take("<")) {
      element();
    } else {
      references(until("<"));
    }
  }
  void element() {
    const std::string name(until(" />"));
    std::vector<std::string> names;
    while (take(" ")) {
      names.emplace_back(until("="));
      if (std::count(names.begin(), names.end(), names.back()) > 1) fault_ = names.back() + " twice";
      if (!take("=\"")) fault_ = "an attribute without value in " + name;
      const auto value = until("\"");
      if (value.contains('<')) fault_ = "< in an attribute of " + name;
      references(value);
      take("\"");
    }
    if (take("/>")) return;
    if (!take(">")) fault_ = "no end of " + name;
    open_.push_back(name);
  }

  std::string_view text_;
  std::string fault_;
  std::vector<std::string> open_;
};

}  // namespace

TEST_CASE("text: a line a check with its phases, a line a step, the reason under what failed") {
  RunReport bad = failed();
  bad.result.evidence.message = "expected status 200, got 503";
  CHECK(check_text({passed(), bad, journey()}, false) ==
        "● gateway         passed   200   12.3 ms  connect 0.34 ms · processing 11.8 ms · transfer 0.20 ms\n"
        "■ broken & <odd>  failed   503    1.50 s\n"
        "    expected status 200, got 503\n"
        "■ create-task     failed   500    350 ms\n"
        "    step \"create\": it went wrong\n"
        "  ● login         passed   200    100 ms\n"
        "  ■ create        failed   500    250 ms\n"
        "  – delete        skipped    -   0.00 ms\n"
        "  ■ logout        failed   500   20.0 ms\n"
        "    step \"logout\": it went wrong\n");
}

TEST_CASE("text: one check alone, and one that failed, tells of its connection") {
  RunReport one = passed();
  one.probe.ip_family = 4;
  one.probe.reused = true;
  one.probe.tls.emplace();
  one.probe.tls->version = "TLS 1.3";
  one.probe.tls->earliest_expiry = tests::at(0);
  CHECK_THAT(
      check_text({one}, false),
      EndsWith("\n    IPv4 127.0.0.1:8080 · TLS 1.3, certificates until 2026-10-01T00:00:00Z · connection reused\n"));
  CHECK_FALSE(check_text({one, one}, false).contains("IPv4"));

  RunReport bad = failed();
  bad.probe.tried = {{"[2001:db8::1]:443", "no route to host"}, {"192.0.2.1:443", "connection refused"}};
  CHECK_THAT(check_text({one, bad}, false),
             EndsWith("    tried [2001:db8::1]:443: no route to host\n    tried 192.0.2.1:443: connection refused\n"));
}

TEST_CASE("json: the connection, the addresses tried and the certificate") {
  RunReport one = passed();
  one.probe.ip_family = 6;
  one.probe.reused = true;
  one.probe.tried = {{"[2001:db8::1]:443", "no route to host"}, {"127.0.0.1:8080", ""}};
  one.probe.tls = probes::TlsFacts{.version = "TLS 1.3",
                                   .cipher = "TLS_AES_128_GCM_SHA256",
                                   .alpn = "h2",
                                   .leaf = {{"ab", "CN=a", "CN=ca", {"a.example"}, "0b"}},
                                   .earliest_expiry = tests::at(0),
                                   .last_chain_expiry = {},
                                   .verdict = {Reason::tls_expired, "it is over"}};
  const Json result = Json::parse(check_json({one})).at("results").at(0);
  CHECK(result.at("ip_family") == 6);
  CHECK(result.at("reused") == true);
  CHECK(result.at("tried") == Json::parse(R"([{"address": "[2001:db8::1]:443", "error": "no route to host"},
                                              {"address": "127.0.0.1:8080", "error": ""}])"));
  CHECK(result.at("tls") == Json::parse(R"({
    "version": "TLS 1.3", "cipher": "TLS_AES_128_GCM_SHA256", "alpn": "h2", "verified": false, "reason": "tls_expired",
    "earliest_expiry": "2026-10-01T00:00:00Z", "certificate": {"subject": "CN=a", "issuer": "CN=ca",
    "dns_names": ["a.example"], "serial": "0b", "fingerprint_sha256": "ab"}})"));
}

TEST_CASE("text: colour is painted on the symbol alone, and only when asked for") {
  CHECK_THAT(check_text({passed()}, true), Catch::StartsWith("\x1b[32m●\x1b[0m gateway  passed"));
  CHECK_THAT(check_text({journey()}, true), Catch::StartsWith("\x1b[31m■\x1b[0m create-task  failed"));
  CHECK_THAT(check_text({passed(), journey()}, false), !Contains("\x1b"));
}

TEST_CASE("text: what a message holds cannot paint or move the terminal's cursor") {
  CHECK_THAT(check_text({failed()}, false), !Contains("\x1b") && !Contains("\x01"));
}

TEST_CASE("json: every field of a passing check") {
  CHECK(Json::parse(check_json({passed()})) == Json::parse(R"({"results": [{
    "check": "gateway", "service": "api", "region": "test", "time": "2026-10-01T00:00:00.250000Z", "success": true,
    "reason": "none", "message": "", "status": 200, "duration_ms": 12.345,
    "phases_ms": {"resolve": 0.0, "connect": 0.34, "tls": 0.0, "processing": 11.8, "transfer": 0.2},
    "attempts": 1, "address": "127.0.0.1:8080", "version": "1.2.3", "components": {"mongodb": true, "redis": false}
  }]})"));
}

TEST_CASE("json: awkward messages come back as they were; journeys have their steps") {
  const Json document = Json::parse(check_json({failed(), journey()}));
  const Json& bad = document["results"][0];
  CHECK(bad["message"] == kAwkward);
  CHECK(bad["reason"] == "http_status");
  CHECK(bad["attempts"] == 2);
  CHECK_FALSE(bad.contains("steps"));
  const Json& run = document["results"][1];
  CHECK(run["failed_step"] == "create");
  CHECK_FALSE(run.contains("measured_ms"));
  REQUIRE(run["steps"].size() == 4);
  CHECK(run["steps"][1]["reason"] == "http_status");
  CHECK(run["steps"][1]["success"] == false);
  CHECK(run["steps"][2]["skipped"] == true);
  CHECK(run["steps"][2]["finally"] == true);
  CHECK(run["steps"][3]["finally"] == true);
}

TEST_CASE("json: nothing run is an empty list") {
  CHECK(Json::parse(check_json({})) == Json::parse(R"({"results": []})"));
  CHECK(check_text({}, true).empty());
}

TEST_CASE("on a terminal a journey is a waterfall, its bars where in the run the steps were") {
  RunReport run = journey();
  run.steps[1].start = 100ms;
  run.steps[3].start = 380ms;
  CHECK(check_text({run}, false, 80) ==
        "■ create-task  failed   500    350 ms\n"
        "    step \"create\": it went wrong\n"
        "  ● login      passed   200    100 ms  █████████▊\n"
        "  ■ create     failed   500    250 ms           █████████████████████████▏\n"
        "  – delete     skipped    -   0.00 ms\n"
        "  ■ logout     failed   500   20.0 ms                                       ██\n"
        "    step \"logout\": it went wrong\n");
  CHECK(check_text({run}, false, 40) == check_text({run}, false));
  CHECK(check_text({passed()}, false, 80) == check_text({passed()}, false));
}

TEST_CASE("junit: a suite for each check, a case for each step, failed cleanup beside them") {
  RunReport bad = failed();
  CHECK(check_junit({passed(), bad, journey()}) ==
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuites name=\"nines\">\n"
        "  <testsuite name=\"gateway\" tests=\"1\" failures=\"0\" skipped=\"0\" time=\"0.012345\" "
        "timestamp=\"2026-10-01T00:00:00Z\">\n"
        "    <testcase classname=\"gateway\" name=\"gateway\" time=\"0.012345\"/>\n"
        "  </testsuite>\n"
        "  <testsuite name=\"broken &amp; &lt;odd&gt;\" tests=\"1\" failures=\"1\" skipped=\"0\" time=\"1.500000\" "
        "timestamp=\"2026-10-01T00:00:01Z\">\n"
        "    <testcase classname=\"broken &amp; &lt;odd&gt;\" name=\"broken &amp; &lt;odd&gt;\" time=\"1.500000\">"
        "<failure type=\"http_status\" message=\"expected &quot;&lt;ok&gt;&quot; &amp; 'yes',&#10;got   [31m\"/>"
        "</testcase>\n"
        "  </testsuite>\n"
        "  <testsuite name=\"create-task\" tests=\"2\" failures=\"1\" skipped=\"0\" time=\"0.350000\" "
        "timestamp=\"2026-10-01T00:00:02Z\">\n"
        "    <testcase classname=\"create-task\" name=\"login\" time=\"0.100000\"/>\n"
        "    <testcase classname=\"create-task\" name=\"create\" time=\"0.250000\">"
        "<failure type=\"http_status\" message=\"step &quot;create&quot;: it went wrong\"/></testcase>\n"
        "    <system-err>cleanup failed: step &quot;logout&quot;: it went wrong</system-err>\n"
        "  </testsuite>\n"
        "</testsuites>\n");
}

TEST_CASE("junit: the document is well-formed whatever names and messages hold") {
  const config::Schedule odd = schedule_of("a\"b'c<d>&e\n\x02\x7f é");
  RunReport report = tests::failure_of(odd, tests::at(0));
  for (const std::string& message : {std::string(kAwkward), std::string("]]>&amp;<!--"), std::string(40, '&')}) {
    report.result.evidence.message = message;
    CHECK(XmlReader(check_junit({report, passed(), journey()})).fault() == "");
  }
  // The reader finds what is wrong.
  CHECK(XmlReader("<?xml version=\"1.0\" encoding=\"UTF-8\"?><a b=\"&x;\"/>").fault() == "a bare &");
  CHECK(XmlReader("<?xml version=\"1.0\" encoding=\"UTF-8\"?><a><b></a>").fault() == "</a> closes nothing");
}

}  // namespace nines::agent
