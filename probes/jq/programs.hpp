#pragma once

// libjq, as the helper process uses it. Only there (and in tests): a program run here cannot be stopped.

#include <cstddef>
#include <expected>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace nines::probes::jq {

// What a program may give: more is an error, not cut.
inline constexpr std::size_t kMaxValues = 1'000;
inline constexpr std::size_t kMaxValuesBytes = 1'000'000;

// Compiled programs, one per distinct text and variable names; the least recently used goes when there are too many.
// Not thread-safe. Errors are one sentence without a final full stop.
class Programs {
 public:
  using Variables = std::vector<std::pair<std::string, std::string>>;  // name without $, value as JSON text

  explicit Programs(std::size_t limit = 500);
  ~Programs();
  Programs(const Programs&) = delete;
  Programs& operator=(const Programs&) = delete;

  std::expected<void, std::string> compile(const std::string& program, const std::vector<std::string>& names);
  // The values as the text of one JSON array.
  std::expected<std::string, std::string> run(const std::string& program, std::string_view input,
                                              const Variables& variables);
  std::size_t size() const { return states_.size(); }

 private:
  struct State;
  std::expected<State*, std::string> find(const std::string& program, const std::vector<std::string>& names);

  std::size_t limit_;
  std::list<State> states_;  // most recently used first
  std::unordered_map<std::string, std::list<State>::iterator> by_text_;
};

}  // namespace nines::probes::jq
