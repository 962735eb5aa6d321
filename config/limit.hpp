#pragma once

// Limits as people write them: '99.9%', '< 0.1%', '< 500ms', '>= 1s', '>= 3', '< 1MB'.

#include <string_view>

#include "base/decimal.hpp"
#include "base/error.hpp"
#include "config/checks.hpp"
#include "config/objectives.hpp"

namespace nines::config {

// '99.9%' is 0.999. From 0% to 100%.
Expected<Decimal> parse_percent(std::string_view text);
// A percentage with an operator before it; without one it means >=.
Expected<Limit> parse_ratio_limit(std::string_view text);
// A duration with an operator before it; the value is in microseconds.
Expected<Limit> parse_latency_limit(std::string_view text);
Expected<DurationLimit> parse_duration_limit(std::string_view text);
// A percentage, a duration or a number with an operator before it, of a query whose unit is not known yet.
struct QueryLimit {
  enum class Kind { percentage, duration, number };
  Kind kind = Kind::number;
  Limit limit;  // as the functions above have it; of a number: itself
};
Expected<QueryLimit> parse_query_limit(std::string_view text);
// A whole number with an operator before it; without one it means exactly so many.
Expected<CountLimit> parse_count_limit(std::string_view text);
// The same in bytes, with or without a unit: B, kB, MB, GB are powers of 1000, KiB, MiB, GiB of 1024.
Expected<CountLimit> parse_size_limit(std::string_view text);

}  // namespace nines::config
