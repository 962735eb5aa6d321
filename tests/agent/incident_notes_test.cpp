// Notes and causes: what is entered, and to which incident it belongs when results come late.

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "agent/incidents/incidents.hpp"
#include "agent/incidents/notes.hpp"
#include "base/redact.hpp"
#include "store/book.hpp"
#include "tests/agent/support.hpp"

namespace nines::agent {
namespace {

using namespace std::chrono_literals;
using Catch::Contains;
using tests::at;

constexpr const char* kConfig = R"(
region: us-east-1
services: [{name: api, priority: P1}]
checks: [{name: gateway, service: api, target: 'http://127.0.0.1/', interval: 10s}]
)";

constexpr const char* kId = "api-20261001T000140Z";

// A result every ten seconds for ten minutes, but for those that come late; it fails from second 100 to 200.
struct Fixture {
  explicit Fixture(const std::vector<double>& late = {}) {
    for (double second = 0; second <= 600; second += 10) {
      if (std::ranges::find(late, second) == late.end()) add(second, second < 100 || second >= 200);
    }
    REQUIRE(store->flush());
  }
  void add(double second, bool success) {
    Result result;
    result.key = {"gateway", "us-east-1"};
    result.row.start = at(second);
    result.row.duration = 5ms;
    result.row.interval = 10s;
    if (!success) result.row.reason = result.row.first_reason = Reason::connect_refused;
    REQUIRE(store->submit(std::move(result)));
  }
  void comes(double second, bool success) {
    add(second, success);
    REQUIRE(store->flush());
  }
  Answered<Json> note(const std::string& text, bool cause = false, const std::string& id = kId) {
    return add_note({data}, *config, {id, cause, text, "ann"}, now += 1s);
  }
  std::vector<reports::Incident> all() {
    IncidentStores stores = std::move(IncidentStores::open({data}).value());
    auto found = find_incidents(stores, *config, {.period = {at(0), at(610)}, .as_of = at(610)});
    REQUIRE(found);
    return *found;
  }
  std::optional<reports::Incident> one(const std::string& id = kId) {
    IncidentStores stores = std::move(IncidentStores::open({data}).value());
    auto found = find_incident(stores, *config, id, at(610));
    REQUIRE(found);
    return *found;
  }

  harness::TempDir dir;
  std::string data = dir.path().string();
  std::shared_ptr<const config::Config> config = tests::config_of(kConfig);
  test::ManualClock clock{at(610)};
  Time now = at(700);
  std::unique_ptr<store::Store> store = std::move(store::Store::open({.data_dir = data, .clock = &clock}).value());
};

std::vector<std::string> texts(const reports::Incident& incident) {
  std::vector<std::string> all;
  for (const reports::IncidentNote& note : incident.notes) all.push_back(note.text);
  return all;
}

// Maintenance, entered after the fact.
void plan(const std::string& data_dir, double from, double to) {
  store::WindowEntry window;
  window.service = "api";
  window.once = {at(from), at(to)};
  window.reason = "upgrade";
  window.author = "ops";
  window.entered = at(640);
  auto book = store::Book::open(data_dir);
  REQUIRE(book);
  REQUIRE(book->add_window(window));
}

}  // namespace

TEST_CASE("notes stay in order with who and when, and of two causes the later holds") {
  Fixture f;
  const auto made = f.note("  paged  ");
  REQUIRE(made);
  CHECK(*made == Json{{"id", 1},
                      {"incident", kId},
                      {"kind", "note"},
                      {"text", "paged"},
                      {"author", "ann"},
                      {"time", "2026-10-01T00:11:41.000000Z"}});
  REQUIRE(f.note("it was DNS", true));
  REQUIRE(f.note("it was a certificate", true));
  const auto incident = f.one();
  REQUIRE(incident);
  CHECK(texts(*incident) == std::vector<std::string>{"paged", "it was DNS", "it was a certificate"});
  REQUIRE(incident->cause() != nullptr);
  CHECK(incident->cause()->text == "it was a certificate");
  CHECK(incident->cause()->author == "ann");
  CHECK(f.all().front().cause()->text == "it was a certificate");
  CHECK_THAT(reports::incidents_text(f.all()), Contains("connection refused; cause: it was a certificate"));
  CHECK(incident->timeline.back().text == "a cause is written by ann");
}

TEST_CASE("what is no note is refused, and nothing is kept") {
  Fixture f;
  struct Case {
    std::string text, author, id;
    int status;
    const char* why;
  };
  const Case cases[] = {
      {"", "ann", kId, 422, "`text` is not given"},
      {" ", "ann", kId, 422, "`text` is not given"},
      {"x", "", kId, 422, "`author` is not given"},
      {"a\nb", "ann", kId, 422, "`text` holds control characters"},
      {"a\x1b[2Jb", "ann", kId, 422, "`text` holds control characters"},
      {"\xff", "ann", kId, 422, "`text` holds control characters"},
      {"x", "a\tb", kId, 422, "`author` holds control characters"},
      {std::string(4001, 'x'), "ann", kId, 422, "`text` is longer than 4000 bytes"},
      {"x", std::string(501, 'x'), kId, 422, "`author` is longer than 500 bytes"},
      {"x", "ann", "api-20261001T000500Z", 404, "there is no incident \"api-20261001T000500Z\""},
      {"x", "ann", "", 404, "there is no incident \"\""},
      {"x", "ann", std::string(500, '-'), 404, "there is no incident \"---"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.text, one.author, one.id);
    const auto made = add_note({f.data}, *f.config, {one.id, false, one.text, one.author}, at(700));
    REQUIRE_FALSE(made);
    CHECK(made.error().status == one.status);
    CHECK_THAT(made.error().why, Contains(one.why));
  }
  CHECK(add_note({f.data}, *f.config, {kId, false, std::string(4000, 'x'), "ann"}, at(700)));
  CHECK(f.one()->notes.size() == 1);
}

TEST_CASE("an incident takes two hundred notes") {
  Fixture f;
  for (int i = 0; i < 200; ++i) REQUIRE(f.note("a note"));
  const auto refused = f.note("one more");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().status == 409);
  CHECK(f.one()->notes.size() == 200);
}

TEST_CASE("a note holds no secret and nobody's address") {
  Fixture f;
  const auto before = redactor();
  set_redactor(std::make_shared<Redactor>(std::vector{Secret("hunter22")}));
  const auto made =
      add_note({f.data}, *f.config, {kId, false, "hunter22 of bob@example.com", "ops@example.com hunter22"}, at(700));
  set_redactor(before);
  REQUIRE(made);
  CHECK((*made)["text"] == "<secret> of <email>");
  CHECK((*made)["author"] == "ops@example.com <secret>");
  CHECK(f.one()->notes.front().text == "<secret> of <email>");
}

TEST_CASE("a request is read as JSON, and unknown members are faults") {
  const auto request = read_note_request(R"({"incident":"a","kind":"cause","text":"t","author":"b"})");
  REQUIRE(request);
  CHECK(request->cause);
  CHECK(read_note_request(dump_json(to_json(*request)))->incident == "a");
  CHECK_FALSE(read_note_request(R"({"incident":"a","text":"t","author":"b"})")->cause);
  for (const auto& [body, why] :
       std::vector<std::pair<std::string, std::string>>{{"{", "is no JSON"},
                                                        {"[]", "no JSON object"},
                                                        {R"({"kind":"rumour"})", "expected \"note\" or \"cause\""},
                                                        {R"({"kind":1})", "expected \"note\" or \"cause\""},
                                                        {R"({"text":1})", "`text` is no text"},
                                                        {R"({"txt":"x"})", "unknown member `txt`"}}) {
    const auto read = read_note_request(body);
    CAPTURE(body);
    REQUIRE_FALSE(read);
    CHECK_THAT(read.error().message, Contains(why));
  }
}

TEST_CASE(
    "an earlier failure that comes late gives the incident another id; the old one still finds it and its notes") {
  Fixture f({90});
  REQUIRE(f.note("a note"));
  f.comes(90, false);
  REQUIRE(f.all().size() == 1);
  CHECK(f.all().front().id == "api-20261001T000130Z");
  REQUIRE(f.one());
  CHECK(f.one()->id == "api-20261001T000130Z");
  CHECK(texts(*f.one()) == std::vector<std::string>{"a note"});
  // What is written under the old id is of the same.
  REQUIRE(f.note("another"));
  CHECK(texts(*f.one("api-20261001T000130Z")) == std::vector<std::string>{"a note", "another"});
}

TEST_CASE("a success that comes late makes it begin later; notes and the old id go with it") {
  Fixture f({110});
  REQUIRE(f.note("a note"));
  f.comes(110, true);
  REQUIRE(f.all().size() == 1);
  CHECK(f.all().front().id == "api-20261001T000200Z");
  CHECK(f.all().front().notes.size() == 1);
  REQUIRE(f.one());
  CHECK(f.one()->id == "api-20261001T000200Z");
}

TEST_CASE("an outage that falls apart leaves its notes with every part") {
  Fixture f({150});
  REQUIRE(f.note("of the whole"));
  f.comes(150, true);
  const auto parts = f.all();
  REQUIRE(parts.size() == 2);
  for (const reports::Incident& part : parts) CHECK(texts(part) == std::vector<std::string>{"of the whole"});
  CHECK(f.one()->id == parts.front().id);
}

TEST_CASE("two incidents that become one have the notes of both") {
  Fixture f({150});
  f.comes(150, true);
  REQUIRE(f.all().size() == 2);
  REQUIRE(f.note("of the first"));
  REQUIRE(f.note("of the second", false, "api-20261001T000240Z"));
  // The time of the success between them is left out: up time no more.
  plan(f.data, 150, 160);
  REQUIRE(f.all().size() == 1);
  CHECK(texts(f.all().front()) == std::vector<std::string>{"of the first", "of the second"});
  CHECK(f.one("api-20261001T000240Z")->id == kId);
}

TEST_CASE("a window that is entered after the fact cuts an incident's beginning off, not its notes") {
  Fixture f;
  REQUIRE(f.note("a note"));
  plan(f.data, 90, 150);
  REQUIRE(f.all().size() == 1);
  CHECK(f.all().front().extent == Period{at(150), at(200)});
  REQUIRE(f.one());
  CHECK(texts(*f.one()) == std::vector<std::string>{"a note"});
  // All of it planned: no incident is left, and what was written stays in the store.
  plan(f.data, 90, 300);
  CHECK(f.all().empty());
  CHECK_FALSE(f.one());
}

TEST_CASE("a service and a journey of one name have ids of their own") {
  const auto config = tests::config_of(R"(
region: r
services: [{name: shop}, {name: 'a b'}, {name: a_b}]
checks:
  - {name: one, service: shop, target: 'http://127.0.0.1/'}
  - {name: two, service: 'a b', target: 'http://127.0.0.1/'}
  - {name: three, service: a_b, target: 'http://127.0.0.1/'}
journeys: [{name: shop, service: shop, base_url: 'http://127.0.0.1', steps: [{name: login, post: /login}]}]
)");
  std::vector<std::string> ids;
  for (const IncidentSubject& subject : incident_subjects(*config)) ids.push_back(incident_id(subject, at(0.5)));
  CHECK(ids == std::vector<std::string>{"shop-20261001T000000Z", "a_b-20261001T000000Z", "a_b_-20261001T000000Z",
                                        "shop_-20261001T000000Z"});
  for (const std::string& id : ids) CHECK(read_incident_id(id)->at == at(0));
}

}  // namespace nines::agent
