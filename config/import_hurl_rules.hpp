#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/import_draft.hpp"
#include "config/import_hurl.hpp"

namespace nines::config {

// Hurl's queries, filters and predicates as captures and rules of a step. One thread.
class HurlRules {
 public:
  explicit HurlRules(DraftScope& scope) : scope_(scope) {}

  // `jsonpath "$.id"` as {jq: .id}; nothing when we have no such thing.
  std::optional<Json> capture(std::string_view line);
  // Adds `jsonpath "$.id" == 7` to `expect`; false when we have no such thing.
  bool assertion(std::string_view line, Json& expect);

 private:
  struct Query {
    std::string kind;      // status, header, jsonpath, …
    std::string argument;  // of header, jsonpath, …
    bool many = false;     // of a jsonpath
    std::string program;   // of a jsonpath
    std::string pattern;   // of the filter regex
    bool count = false;    // of the filter count
    std::size_t used = 0;  // tokens
  };
  struct Predicate {
    bool negated = false;
    std::string name;
    std::optional<HurlToken> value;
  };

  static std::optional<Query> read_query(const std::vector<HurlToken>& tokens);
  static bool read_filters(const std::vector<HurlToken>& tokens, Query& query);
  static std::optional<Predicate> read_predicate(const std::vector<HurlToken>& tokens, std::size_t from);

  bool expect_json(const Query& query, const Predicate& predicate, Json& expect);
  bool expect_header(const Query& query, const Predicate& predicate, Json& expect);
  bool expect_xpath(const Query& query, const Predicate& predicate, Json& expect);
  bool expect_body(const Predicate& predicate, Json& expect);
  bool expect_url(const Predicate& predicate, Json& expect);
  static bool expect_limit(const Query& query, const Predicate& predicate, Json& expect);
  static bool expect_status(const Predicate& predicate, Json& expect);
  // A token as a jq value: "x", 7, $name.
  std::optional<std::string> jq_value(const HurlToken& token);
  static std::optional<std::string> pattern_of(const Predicate& predicate);

  DraftScope& scope_;
};

}  // namespace nines::config
