#include "agent/alerts/book.hpp"

#include <catch2/catch.hpp>

#include "tests/agent/support.hpp"

namespace nines::agent {
namespace {

using tests::at;
using Ids = std::vector<std::int64_t>;

const std::vector<std::string> kReceivers{"a", "b"};

Condition condition(const std::string& identity, const std::string& severity, double since = 0,
                    const std::string& step = {}) {
  return {.identity = identity,
          .labels = {{"alertname", "CheckFailing"}, {"check", identity}, {"failed_step", step}, {"severity", severity}},
          .annotations = {{"summary", severity}},
          .url = "http://127.0.0.1/",
          .since = at(since)};
}

Assessment wrong(std::vector<Condition> conditions) {
  return {.wrong = std::move(conditions), .undecided = {}};
}

}  // namespace

TEST_CASE("an alert fires while its condition holds, and is resolved when it does no more") {
  Book book;
  CHECK(book.update(at(10), wrong({condition("x", "warning", 3)}), kReceivers) == Ids{1});
  CHECK(book.find(1)->firing());
  CHECK(book.find(1)->starts == at(3));
  CHECK(book.firing("x") == "warning");
  CHECK(book.update(at(20), wrong({condition("x", "warning", 3)}), kReceivers).empty());
  CHECK(book.update(at(30), wrong({}), kReceivers) == Ids{1});
  CHECK(book.find(1)->ends == at(30));
  CHECK(book.firing("x").empty());
  CHECK(book.update(at(40), wrong({condition("x", "warning", 35)}), kReceivers) == Ids{2});
}

TEST_CASE("a warning that becomes critical is resolved and another alert fires, both at the same moment") {
  Book book;
  book.update(at(10), wrong({condition("x", "warning", 10)}), kReceivers);
  CHECK(book.update(at(20), wrong({condition("x", "critical", 19)}), kReceivers) == Ids{1, 2});
  CHECK(book.find(1)->ends == at(20));
  CHECK(book.find(2)->firing());
  CHECK(book.find(2)->starts == at(19));
  CHECK(book.firing("x") == "critical");
}

TEST_CASE("what is undecided raises nothing and resolves nothing") {
  Book book;
  book.update(at(10), wrong({condition("x", "warning")}), kReceivers);
  CHECK(book.update(at(20), {.wrong = {}, .undecided = {"x", "y"}}, kReceivers).empty());
  CHECK(book.firing("x") == "warning");
  CHECK(book.firing("y").empty());
}

TEST_CASE("another failing step is the same alert, with what is known of it now") {
  Book book;
  book.update(at(10), wrong({condition("x", "warning", 0, "login")}), kReceivers);
  Condition next = condition("x", "warning", 0, "create");
  next.annotations = {{"summary", "now create"}};
  CHECK(book.update(at(20), wrong({next}), kReceivers).empty());
  CHECK(value_of(book.find(1)->labels, "failed_step") == "login");
  CHECK(value_of(book.find(1)->annotations, "summary") == "now create");
}

TEST_CASE("an alert is to be told to those who are there when it begins, and is kept until they have it") {
  Book book;
  book.update(at(0), wrong({condition("x", "warning")}), kReceivers);
  CHECK(book.find(1)->told.size() == 2);
  book.update(at(10), wrong({}), kReceivers);
  CHECK(book.tell(1, "a", {at(11), at(12)}));
  CHECK_FALSE(book.tell(1, "a", {at(11), at(12)}));
  book.forget(at(100), kReceivers);
  REQUIRE(book.find(1) != nullptr);
  book.forget(at(10), std::vector<std::string>{"a"});  // not before that
  REQUIRE(book.find(1) != nullptr);
  CHECK(book.tell(1, "b", {{}, at(13)}));
  book.forget(at(100), kReceivers);
  CHECK(book.find(1) == nullptr);
  CHECK_FALSE(book.tell(1, "b", {{}, at(14)}));
}

TEST_CASE("a receiver that is gone, or that came later, keeps no alert that is over") {
  Book book;
  book.update(at(0), wrong({condition("x", "warning")}), std::vector<std::string>{"gone"});
  book.update(at(10), wrong({}), kReceivers);
  book.forget(at(100), kReceivers);
  CHECK(book.find(1) == nullptr);
}

TEST_CASE("a book that is taken up again goes on with the same alerts and gives no id twice") {
  Book before;
  before.update(at(0), wrong({condition("x", "warning"), condition("y", "critical")}), kReceivers);
  before.update(at(5), wrong({condition("x", "warning")}), kReceivers);
  Book book;
  std::vector<Alert> alerts;
  for (const auto& [id, alert] : before.alerts()) alerts.push_back(alert);
  book.restore(alerts);
  CHECK(book.firing("x") == "warning");
  CHECK(book.firing("y").empty());
  CHECK(book.update(at(10), wrong({condition("x", "warning", 7)}), kReceivers).empty());
  CHECK(book.find(1)->starts == at(0));
  book.forget(at(100), std::vector<std::string>{});
  CHECK(book.update(at(20), wrong({condition("x", "warning"), condition("z", "warning")}), kReceivers) == Ids{3});
}

}  // namespace nines::agent
