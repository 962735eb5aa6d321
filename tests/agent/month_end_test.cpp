// The month that an agent closes by itself: when, what is written, and how it is sent, once.

#include "agent/month_end.hpp"

#include <algorithm>
#include <filesystem>

#include "agent/http/listener.hpp"
#include "tests/agent/month_store.hpp"
#include "tests/agent/support.hpp"
#include "tests/harness/exim.hpp"
#include "tests/support/manual_clock.hpp"

namespace nines::agent {

using namespace std::chrono_literals;
using Catch::Contains;
using tests::MonthStore;

namespace {

Time moment(const char* text) {
  return *parse_time(text);
}

// A store as the agent of `eu` has it, with hourly results up to a moment, and the clock at that moment.
class Closing {
 public:
  explicit Closing(const char* now, const std::string& more = {}, const char* failing_from = "2030-01-01T00:00:00Z")
      : clock(moment(now)) {
    configure(more);
    std::string lines;
    for (Time t = moment("2024-09-29T00:00:00Z"); t < clock.now(); t += 1h) {
      lines += MonthStore::line(t, t < moment(failing_from));
    }
    if (!lines.empty()) {
      const auto run = tests::nines({"import", dir.write("r.jsonl", lines), "--data-dir", data});
      REQUIRE(run.exit == 0);
    }
    auto opened = store::Store::open({.data_dir = data});
    REQUIRE(opened.has_value());
    store = std::move(*opened);
    closer.emplace(*store, clock);
  }

  void configure(const std::string& more) {
    config = tests::config_of("region: eu\nregions: [eu, us, asia]\ndata_dir: " + data +
                              "\nchecks: [{name: gateway, target: http://127.0.0.1:1/, interval: 1h, timeout: 10s}]\n"
                              "objectives: [{name: uptime, checks: [gateway], indicator: uptime, target: '99%', "
                              "window: month}]\n" +
                              more);
  }
  void look() {
    const auto frozen = closer->freeze_due(config);
    INFO((frozen ? std::string() : frozen.error().text()));
    REQUIRE(frozen.has_value());
    const auto sent = closer->deliver_due(*config);
    INFO((sent ? std::string() : sent.error().text()));
    REQUIRE(sent.has_value());
  }
  std::vector<store::FrozenMonth> frozen() const { return store->reader().frozen().value(); }
  std::vector<store::Delivery> deliveries() const { return store->reader().deliveries().value(); }
  std::string file(const std::string& name) const {
    return harness::read_file(std::filesystem::path(data) / "reports" / name);
  }

  harness::TempDir dir;
  std::string data = dir.path() / "data";
  test::ManualClock clock;
  std::shared_ptr<const config::Config> config;
  std::unique_ptr<store::Store> store;
  std::optional<MonthCloser> closer;
};

// A server that answers what it is told to and keeps what it got.
class Hook {
 public:
  Hook() : listener_(*Listener::bind("127.0.0.1", 0)) {
    listener_->post("/hook", [this](const HttpQuery& query) {
      bodies.push_back(query.body);
      keys.push_back(query.header("Idempotency-Key"));
      return HttpAnswer{.status = status, .body = "not now\n"};
    });
    listener_->serve();
  }
  std::string url() const { return listener_->url() + "/hook"; }

  int status = 200;  // one request at a time, and each is waited for
  std::vector<std::string> bodies;
  std::vector<std::string> keys;

 private:
  std::unique_ptr<Listener> listener_;
};

std::string acme(const std::string& more) {
  return "contracts: [{name: acme, customer: ACME GmbH, objectives: [uptime]" + more + "}]\n";
}

}  // namespace

TEST_CASE("a closed month is frozen once its end is settled, as this region alone saw it, and written as files") {
  Closing closing("2024-11-01T00:30:00Z");
  closing.look();
  REQUIRE(closing.frozen().size() == 1);
  const store::FrozenMonth month = closing.frozen()[0];
  CHECK(month.month == "2024-10");
  CHECK(month.region == "eu");
  CHECK(month.contract.empty());
  CHECK(closing.deliveries().empty());
  // Two of three regions are not asked: alone this one is enough.
  const Json report = Json::parse(closing.file("sla-2024-10.json"));
  CHECK(report["objectives"][0]["verdict"] == "met");
  CHECK(report["frozen"]["region"] == "eu");
  CHECK(closing.file("sla-2024-10.json") == month.report);
  CHECK_THAT(closing.file("sla-2024-10.md"), Contains("Frozen: 2024-10 of the region eu, revision 1"));
  CHECK_THAT(closing.file("sla-2024-10.html"),
             Contains("Frozen: 2024-10 of the region <bdi>eu</bdi>, revision 1") && Contains(month.fingerprint));
  CHECK_THAT(closing.file("sla-2024-10.csv"), Catch::StartsWith("objective,service,indicator,"));
  const auto rights = std::filesystem::status(std::filesystem::path(closing.data) / "reports" / "sla-2024-10.md");
  CHECK(rights.permissions() == (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));

  closing.clock.advance(3h);
  closing.look();
  closing.closer.emplace(*closing.store, closing.clock);  // as after a restart
  closing.look();
  CHECK(closing.frozen().size() == 1);
}

TEST_CASE("what an agent froze is verified from its store, as its region alone saw it") {
  Closing closing("2024-11-01T00:30:00Z");
  closing.look();
  const std::string file = std::filesystem::path(closing.data) / "reports" / "sla-2024-10.json";
  const std::string config = closing.dir.write(
      "nines.yml", "region: eu\nregions: [eu, us, asia]\ndata_dir: " + closing.data +
                       "\nchecks: [{name: gateway, target: http://127.0.0.1:1/, interval: 1h, timeout: 10s}]\n"
                       "objectives: [{name: uptime, checks: [gateway], indicator: uptime, target: '99%', "
                       "window: month}]\n");
  const auto run = tests::nines({"report", "-c", config, "--verify", file});
  CHECK(run.out == file + " holds: every figure of 1 objectives is the same\n");
  CHECK(run.exit == 0);
}

TEST_CASE("a month waits for a success or for enough failures after its end, or for a day") {
  struct Case {
    const char* what;
    const char* now;
    const char* failing_from;
    bool frozen;
  };
  const Case cases[] = {
      {"the month is running", "2024-10-31T23:30:00Z", "2030-01-01T00:00:00Z", false},
      {"nothing came since", "2024-11-01T00:00:00Z", "2030-01-01T00:00:00Z", false},
      {"a success", "2024-11-01T00:30:00Z", "2030-01-01T00:00:00Z", true},
      {"two failures", "2024-11-01T01:30:00Z", "2024-10-31T22:00:00Z", false},
      {"three", "2024-11-01T02:30:00Z", "2024-10-31T22:00:00Z", true},
  };
  for (const Case& one : cases) {
    Closing closing(one.now, {}, one.failing_from);
    closing.look();
    CAPTURE(one.what);
    const auto months = closing.frozen();
    CHECK(std::ranges::count(months, "2024-10", &store::FrozenMonth::month) == (one.frozen ? 1 : 0));
  }
  Closing silent("2024-11-01T00:00:00Z");
  silent.clock.advance(24h);
  silent.look();
  CHECK(silent.frozen().size() == 1);
}

TEST_CASE("a month in which nothing was measured is not frozen") {
  Closing closing("2024-09-28T00:00:00Z");
  closing.clock.set(moment("2024-11-05T00:00:00Z"));
  closing.look();
  CHECK(closing.frozen().empty());
  CHECK_FALSE(std::filesystem::exists(std::filesystem::path(closing.data) / "reports"));
}

TEST_CASE("each contract gets its own report by its webhook, and a failed one is tried again until it was taken") {
  Hook hook;
  hook.status = 503;
  Closing closing("2024-11-01T00:30:00Z", acme(", webhook: '" + hook.url() + "'"));
  closing.look();
  REQUIRE(closing.frozen().size() == 1);
  CHECK(closing.frozen()[0].contract == "acme");
  REQUIRE(hook.bodies.size() == 1);
  REQUIRE(closing.deliveries().size() == 1);
  CHECK(closing.deliveries()[0].tries == 1);
  CHECK_THAT(closing.deliveries()[0].trouble, Contains("answered 503: not now"));
  closing.look();
  CHECK(hook.bodies.size() == 1);

  closing.clock.advance(1min);
  closing.look();
  CHECK(hook.bodies.size() == 2);
  closing.clock.advance(1min);
  closing.look();
  CHECK(hook.bodies.size() == 2);
  hook.status = 200;
  closing.clock.advance(1min);
  closing.closer.emplace(*closing.store, closing.clock);  // as after a restart
  closing.look();
  REQUIRE(hook.bodies.size() == 3);
  CHECK(closing.deliveries()[0].ended == closing.clock.now());
  CHECK(closing.deliveries()[0].trouble.empty());
  closing.clock.advance(48h);
  closing.look();
  CHECK(hook.bodies.size() == 3);
  CHECK(hook.bodies[2] == closing.frozen()[0].report);
  CHECK(hook.keys[0] == hook.keys[2]);
  CHECK(hook.keys[0] == "sla-2024-10.acme.eu.r1");
  CHECK(closing.file("sla-2024-10-acme.json") == hook.bodies[0]);
}

TEST_CASE("a report that nobody takes for a week is given up, and one whose receiver is gone at once") {
  Hook hook;
  hook.status = 500;
  Closing closing("2024-11-01T00:30:00Z", acme(", webhook: '" + hook.url() + "'"));
  closing.look();
  closing.clock.advance(std::chrono::days(6));
  closing.look();
  CHECK_FALSE(closing.deliveries()[0].ended.has_value());
  closing.clock.advance(std::chrono::days(2));
  closing.look();
  CHECK(closing.deliveries()[0].ended.has_value());
  closing.clock.advance(std::chrono::days(2));
  closing.look();
  CHECK(hook.bodies.size() == 3);

  Closing gone("2024-11-01T00:30:00Z", acme(", webhook: '" + hook.url() + "'"));
  REQUIRE(gone.closer->freeze_due(gone.config).has_value());
  gone.configure(acme(""));
  gone.look();
  CHECK(gone.deliveries()[0].ended.has_value());
  CHECK_THAT(gone.deliveries()[0].trouble, Contains("does not say any more"));
  CHECK(hook.bodies.size() == 3);
}

TEST_CASE("the report goes by mail over STARTTLS, with its files attached, once") {
  const harness::Exim exim;
  Closing closing("2024-11-01T00:30:00Z", "smtp: {url: '" + exim.url() +
                                              "', from: sla@nines.test, tls_config: {ca_file: '" + exim.ca_file() +
                                              "'}}\n" + acme(", recipients: [sla@acme.example, cto@acme.example]"));
  closing.look();
  REQUIRE(closing.deliveries().size() == 1);
  CHECK(closing.deliveries()[0].trouble.empty());
  CHECK(closing.deliveries()[0].ended.has_value());
  harness::eventually([&] { return exim.messages() == 1; }, "the mail is delivered");
  const std::string mail = exim.mailbox();
  CHECK_THAT(mail, Contains("Subject: SLA report 2024-10 for ACME GmbH") && Contains("From: sla@nines.test") &&
                       Contains("To: sla@acme.example, cto@acme.example") &&
                       Contains("Message-ID: <sla-2024-10.acme.eu.r1@nines.test>") && Contains("with esmtps") &&
                       Contains("filename=\"sla-2024-10-acme.json\"") && Contains("filename=\"sla-2024-10-acme.md\"") &&
                       Contains("filename=\"sla-2024-10-acme.html\"") &&
                       Contains("filename=\"sla-2024-10-acme.csv\"") && Contains("multipart/alternative"));
  closing.clock.advance(48h);
  closing.look();
  CHECK(exim.messages() == 1);
}

TEST_CASE("a mail server whose certificate is not trusted is not handed the report") {
  const harness::Exim exim;
  // The password makes TLS a must.
  Closing closing("2024-11-01T00:30:00Z", "smtp: {url: '" + exim.url() +
                                              "', from: sla@nines.test, username: u, password: p4ssw0rd}\n" +
                                              acme(", recipients: [sla@acme.example]"));
  closing.look();
  CHECK(closing.deliveries()[0].tries == 1);
  CHECK_THAT(closing.deliveries()[0].trouble, Contains("did not take the mail: "));
  CHECK_FALSE(closing.deliveries()[0].ended.has_value());
  CHECK(exim.messages() == 0);
}

TEST_CASE("what is tried again waits twice as long each time, an hour at most") {
  const std::pair<int, Micros> cases[] = {{1, 1min}, {2, 2min}, {3, 4min}, {6, 32min}, {7, 1h}, {1000, 1h}};
  for (const auto& [tries, wait] : cases) CHECK(wait_before_try(tries) == wait);
}

TEST_CASE("a contract's name is part of its files' names, whatever is in it") {
  store::FrozenMonth month;
  month.month = "2024-10";
  CHECK(report_path("data", month) == "data/reports/sla-2024-10");
  month.contract = "acme-1_x";
  CHECK(report_path("data", month) == "data/reports/sla-2024-10-acme-1_x");
  month.contract = "../../etc/passwd";
  CHECK_THAT(report_path("data", month), Catch::StartsWith("data/reports/sla-2024-10-______etc_passwd-"));
}

}  // namespace nines::agent
