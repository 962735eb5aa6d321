#include "base/ids.hpp"

#include <set>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <re2/re2.h>

namespace nines {
namespace {

class FixedRandom final : public Random {
 public:
  explicit FixedRandom(std::uint64_t value) : value_(value) {}
  std::uint64_t next() override { return value_; }

 private:
  std::uint64_t value_;
};

TEST_CASE("a UUID says that it is of version 4 whatever the random bits") {
  for (int i = 0; i < 100; ++i) {
    const std::string uuid = make_uuid();
    CAPTURE(uuid);
    CHECK(RE2::FullMatch(uuid, "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  }
  FixedRandom zeros(0);
  FixedRandom ones(~std::uint64_t{0});
  FixedRandom digits(0x0123456789abcdef);
  CHECK(make_uuid(zeros) == "00000000-0000-4000-8000-000000000000");
  CHECK(make_uuid(ones) == "ffffffff-ffff-4fff-bfff-ffffffffffff");
  CHECK(make_uuid(digits) == "01234567-89ab-4def-8123-456789abcdef");
}

TEST_CASE("trace and span ids have their length and are never zero") {
  FixedRandom zeros(0);
  FixedRandom digits(0x0123456789abcdef);
  CHECK(make_trace_id(digits) == "0123456789abcdef0123456789abcdef");
  CHECK(make_span_id(digits) == "0123456789abcdef");
  CHECK(make_trace_id(zeros) == "00000000000000000000000000000001");
  CHECK(make_span_id(zeros) == "0000000000000001");
  CHECK(make_traceparent("TRACE", "SPAN") == "00-TRACE-SPAN-01");
}

TEST_CASE("ids of several threads are all different") {
  constexpr std::size_t kEach = 500;
  std::vector<std::vector<std::string>> made(4);
  {
    std::vector<std::jthread> threads;
    for (auto& ids : made) {
      threads.emplace_back([&ids] {
        for (std::size_t i = 0; i < kEach; ++i) ids.push_back(make_trace_id());
      });
    }
  }
  std::set<std::string> all;
  for (const auto& ids : made) all.insert(ids.begin(), ids.end());
  CHECK(all.size() == made.size() * kEach);
}

// A changed value here moves every check of every user to another phase and loop.
TEST_CASE("the stable hash never changes") {
  struct Case {
    std::string_view text;
    std::uint64_t hash;
  };
  const auto c = GENERATE(values<Case>({{"", 0xf52a15e9a9b5e89bULL},
                                        {"tasks-api", 0x188bbd850e3b5891ULL},
                                        {"create-task", 0xebe2a48f2bdb4cc2ULL},
                                        {"\xc3\xbc", 0x772d5ffdbcb8f81aULL}}));
  CAPTURE(c.text);
  CHECK(stable_hash(c.text) == c.hash);
}

TEST_CASE("names that differ in their last character are spread over the whole range") {
  std::vector<int> buckets(16);
  for (int i = 0; i < 1600; ++i) ++buckets[stable_hash("check-" + std::to_string(i)) >> 60U];
  for (const int count : buckets) CHECK((count > 60 && count < 140));
}

}  // namespace
}  // namespace nines
