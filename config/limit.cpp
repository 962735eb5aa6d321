#include "config/limit.hpp"

#include <charconv>
#include <optional>
#include <utility>

#include "base/text.hpp"

namespace nines::config {
namespace {

struct Parts {
  std::optional<Comparison> op;
  std::string_view value;
};

Parts split_limit(std::string_view text) {
  constexpr std::pair<std::string_view, Comparison> kOperators[] = {
      {"<=", Comparison::less_equal},
      {">=", Comparison::greater_equal},
      {"<", Comparison::less},
      {">", Comparison::greater},
  };
  text = trim(text);
  for (const auto& [sign, op] : kOperators) {
    if (text.starts_with(sign)) return {op, trim(text.substr(sign.size()))};
  }
  return {std::nullopt, text};
}

std::string shown(std::string_view text) {
  return "\"" + ellipsize(printable(text), 80) + "\"";
}

CountLimit::Op count_op(std::optional<Comparison> op) {
  if (!op) return CountLimit::Op::equal;
  switch (*op) {
    case Comparison::less:
      return CountLimit::Op::less;
    case Comparison::less_equal:
      return CountLimit::Op::less_equal;
    case Comparison::greater:
      return CountLimit::Op::greater;
    case Comparison::greater_equal:
      break;
  }
  return CountLimit::Op::greater_equal;
}

// `number` times the unit, when it is a whole number of at most 18 digits in all.
std::optional<std::int64_t> whole(std::string_view number, std::int64_t unit) {
  constexpr std::int64_t kMost = 999'999'999'999'999'999;
  std::int64_t value = 0;
  const char* const end = number.data() + number.size();
  const auto [stop, error] = std::from_chars(number.data(), end, value);
  if (error != std::errc() || stop != end || value < 0 || value > kMost / unit) return std::nullopt;
  return value * unit;
}

// By each operator that both kinds of limit have.
template <class Op, class T>
bool compared(Op op, T measured, T value) {
  if (op == Op::less) return measured < value;
  if (op == Op::less_equal) return measured <= value;
  if (op == Op::greater) return measured > value;
  return measured >= value;
}

}  // namespace

Expected<Decimal> parse_percent(std::string_view text) {
  const std::string_view trimmed = trim(text);
  if (trimmed.ends_with('%')) {
    const auto percent = Decimal::parse(trim(trimmed.substr(0, trimmed.size() - 1)));
    if (percent && *percent >= Decimal(0, 0) && *percent <= Decimal(100, 0)) return percent->shifted(-2);
  }
  return fail(shown(text) + " is no percentage: expected one from 0% to 100% such as 99.9%");
}

Expected<Limit> parse_ratio_limit(std::string_view text) {
  const Parts parts = split_limit(text);
  const auto value = parse_percent(parts.value);
  if (!value) return fail(shown(text) + " is no limit: expected one such as '99.9%' or '< 0.1%'");
  return Limit{parts.op.value_or(Comparison::greater_equal), *value, std::string(trim(text))};
}

Expected<Limit> parse_latency_limit(std::string_view text) {
  const Parts parts = split_limit(text);
  const auto value = parse_duration(parts.value);
  if (!parts.op || !value || *value == Micros::zero()) {
    return fail(shown(text) + " is no limit: expected one such as '< 500ms' or '> 1s'");
  }
  return Limit{*parts.op, Decimal(value->count(), 0), std::string(trim(text))};
}

Expected<QueryLimit> parse_query_limit(std::string_view text) {
  const Parts parts = split_limit(text);
  const auto limit = [&](QueryLimit::Kind kind, const Decimal& value) {
    return QueryLimit{kind, {*parts.op, value, std::string(trim(text))}};
  };
  if (parts.op) {
    if (const auto share = parse_percent(parts.value)) return limit(QueryLimit::Kind::percentage, *share);
    if (const auto number = Decimal::parse(parts.value)) return limit(QueryLimit::Kind::number, *number);
    if (const auto span = parse_duration(parts.value)) {
      return limit(QueryLimit::Kind::duration, Decimal(span->count(), 0));
    }
  }
  return fail(shown(text) + " is no limit: expected one such as '> 80%', '< 100ms' or '< 12.5'");
}

Expected<DurationLimit> parse_duration_limit(std::string_view text) {
  constexpr std::pair<Comparison, DurationLimit::Op> kOperators[] = {
      {Comparison::less, DurationLimit::Op::less},
      {Comparison::less_equal, DurationLimit::Op::less_equal},
      {Comparison::greater, DurationLimit::Op::greater},
      {Comparison::greater_equal, DurationLimit::Op::greater_equal},
  };
  auto limit = parse_latency_limit(text);
  if (!limit) return std::unexpected(limit.error());
  DurationLimit result;
  for (const auto& [from, to] : kOperators) {
    if (from == limit->op) result.op = to;
  }
  result.value = Micros(limit->value.numerator());
  result.text = std::move(limit->text);
  return result;
}

Expected<CountLimit> parse_count_limit(std::string_view text) {
  const Parts parts = split_limit(text);
  const auto value = whole(parts.value, 1);
  if (!value) return fail(shown(text) + " is no limit: expected one such as 3 or '>= 1'");
  return CountLimit{count_op(parts.op), *value, std::string(trim(text))};
}

Expected<CountLimit> parse_size_limit(std::string_view text) {
  constexpr std::pair<std::string_view, std::int64_t> kUnits[] = {
      {"KiB", 1 << 10}, {"MiB", 1 << 20},  {"GiB", 1 << 30},      {"kB", 1'000},
      {"KB", 1'000},    {"MB", 1'000'000}, {"GB", 1'000'000'000}, {"B", 1}};
  const Parts parts = split_limit(text);
  std::string_view number = parts.value;
  std::int64_t unit = 1;
  for (const auto& [name, bytes] : kUnits) {
    if (!number.ends_with(name)) continue;
    number = trim(number.substr(0, number.size() - name.size()));
    unit = bytes;
    break;
  }
  const auto value = whole(number, unit);
  if (!value) return fail(shown(text) + " is no limit: expected one such as '< 1MB' or '> 0'");
  return CountLimit{count_op(parts.op), *value, std::string(trim(text))};
}

bool CountLimit::holds(std::int64_t measured) const {
  return op == Op::equal ? measured == value : compared(op, measured, value);
}

bool DurationLimit::holds(Micros measured) const {
  return compared(op, measured, value);
}

}  // namespace nines::config
