#include "base/time.hpp"

#include <array>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

#include "base/text.hpp"

namespace nines {
namespace {

using std::chrono::sys_days;
using std::chrono::year_month_day;

__extension__ using Int128 = __int128;

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
constexpr std::int64_t kLongestDuration = 100 * 365 * kMicrosPerDay;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Reads from the front of a text; every function says whether it could.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  bool at_digit() const { return !rest_.empty() && is_digit(rest_.front()); }

  bool take(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Exactly `count` digits.
  bool number(std::size_t count, int& value) {
    const std::string_view text = digits(count);
    if (text.size() != count) return false;
    value = 0;
    for (const char c : text) value = value * 10 + (c - '0');
    return true;
  }

  std::string_view digits(std::size_t most = std::string_view::npos) {
    std::size_t count = 0;
    while (count < rest_.size() && count < most && is_digit(rest_[count])) ++count;
    return remove(count);
  }

  std::string_view until_digit() {
    std::size_t count = 0;
    while (count < rest_.size() && !is_digit(rest_[count])) ++count;
    return remove(count);
  }

 private:
  std::string_view remove(std::size_t count) {
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }

  std::string_view rest_;
};

std::string shown(std::string_view text) {
  return printable(ellipsize(text, 60));
}

std::unexpected<Error> bad_time(std::string_view text, std::string_view why) {
  return fail(fmt::format("\"{}\" is not a time{}{}: expected RFC 3339 such as 2026-10-01T00:00:00Z", shown(text),
                          why.empty() ? "" : ", ", why));
}

std::unexpected<Error> bad_duration(std::string_view text, std::string_view why) {
  return fail(fmt::format("\"{}\" is not a duration{}{}: expected one such as 30s, 1m30s or 250ms", shown(text),
                          why.empty() ? "" : ", ", why));
}

// "Z", "+02:00" or "-02:00".
std::optional<Micros> read_offset(Reader& in) {
  if (in.take('Z') || in.take('z')) return Micros{0};
  const bool west = in.take('-');
  if (!west && !in.take('+')) return std::nullopt;
  int hours = 0;
  int minutes = 0;
  if (!in.number(2, hours) || !in.take(':') || !in.number(2, minutes)) return std::nullopt;
  if (hours > 23 || minutes > 59) return std::nullopt;
  const Micros offset = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  return west ? -offset : offset;
}

struct Unit {
  std::string_view name;
  std::int64_t micros;
};

// Longest first: the order in which a duration names them.
constexpr auto kUnits = std::to_array<Unit>({{"y", 365 * kMicrosPerDay},
                                             {"w", 7 * kMicrosPerDay},
                                             {"d", kMicrosPerDay},
                                             {"h", 3600 * kMicrosPerSecond},
                                             {"m", 60 * kMicrosPerSecond},
                                             {"s", kMicrosPerSecond},
                                             {"ms", 1000},
                                             {"us", 1}});

const Unit* find_unit(std::string_view name) {
  if (name == "\u00b5s" || name == "\u03bcs") name = "us";  // the micro sign and the Greek mu
  for (const Unit& unit : kUnits) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

std::string_view without_trailing_zeros(std::string_view digits) {
  while (digits.ends_with('0')) digits.remove_suffix(1);
  return digits;
}

std::int64_t to_number(std::string_view digits) {
  std::int64_t value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

// micros / unit as a decimal without trailing zeros: "1.5".
std::string decimal_of(std::int64_t micros, std::int64_t unit) {
  std::string text = fmt::format("{}", micros / unit);
  if (micros % unit == 0) return text;
  const std::size_t width = unit == kMicrosPerSecond ? 6 : 3;
  const std::string fraction = fmt::format("{:0{}}", micros % unit, width);
  return text + "." + std::string(without_trailing_zeros(fraction));
}

}  // namespace

Expected<Time> parse_time(std::string_view text) {
  Reader in(text);
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!in.number(4, year) || !in.take('-') || !in.number(2, month) || !in.take('-') || !in.number(2, day)) {
    return bad_time(text, "");
  }
  if (!in.take('T') && !in.take('t')) return bad_time(text, "");
  if (!in.number(2, hour) || !in.take(':') || !in.number(2, minute) || !in.take(':') || !in.number(2, second)) {
    return bad_time(text, "");
  }
  std::string_view fraction;
  if (in.take('.')) {
    fraction = in.digits();
    if (fraction.empty()) return bad_time(text, "");
    if (fraction.size() > 6) return bad_time(text, "it is finer than a microsecond");
  }
  const std::optional<Micros> offset = read_offset(in);
  if (!offset) return bad_time(text, "the offset from UTC is missing or wrong");
  if (!in.done()) return bad_time(text, "something follows it");

  const year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return bad_time(text, "there is no such day");
  if (second == 60) return bad_time(text, "leap seconds are not known here");
  if (hour > 23 || minute > 59 || second > 59) return bad_time(text, "there is no such time of day");

  std::int64_t micros = to_number(fraction);
  for (std::size_t i = fraction.size(); i < 6; ++i) micros *= 10;
  const Time time = sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
                    std::chrono::seconds(second) + Micros(micros) - *offset;
  constexpr Time kEnd = sys_days(std::chrono::year(10'000) / 1 / 1);
  if (time < Time{} || time >= kEnd) return bad_time(text, "it is outside the years 1970 to 9999");
  return time;
}

std::string format_time(Time time, int digits) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const year_month_day date(day);
  const std::int64_t micros = (time - day).count();
  const std::int64_t second = micros / kMicrosPerSecond;
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), second / 3600,
                                 second / 60 % 60, second % 60);
  if (digits > 0) {
    const std::string fraction = fmt::format("{:06}", micros % kMicrosPerSecond);
    text += '.';
    text += std::string_view(fraction).substr(0, static_cast<std::size_t>(digits));
  }
  return text + "Z";
}

Expected<Micros> parse_duration(std::string_view text) {
  if (text == "0") return Micros{0};
  if (text.empty()) return bad_duration(text, "");
  Reader in(text);
  std::int64_t total = 0;
  const Unit* previous = nullptr;
  while (!in.done()) {
    const std::string_view whole = in.digits();
    std::string_view fraction;
    if (whole.empty()) return bad_duration(text, "");
    if (in.take('.')) {
      fraction = in.digits();
      if (fraction.empty()) return bad_duration(text, "");
    }
    const std::string_view name = in.until_digit();
    if (name.empty()) return bad_duration(text, "a unit is missing");
    if (name == "ns") return bad_duration(text, "it is finer than a microsecond");
    const Unit* unit = find_unit(name);
    if (unit == nullptr) return bad_duration(text, fmt::format("\"{}\" is no unit", shown(name)));
    if (previous != nullptr && unit <= previous) {
      return bad_duration(text, "each unit may appear once, the longest first");
    }
    previous = unit;

    // 18 digits fit an int64, and no unit has a finer exact fraction.
    fraction = without_trailing_zeros(fraction);
    if (whole.size() > 18) return bad_duration(text, "it is over 100 years");
    if (fraction.size() > 18) return bad_duration(text, "it is finer than a microsecond");
    Int128 scale = 1;
    for (std::size_t i = 0; i < fraction.size(); ++i) scale *= 10;
    const auto part = Int128{1} * to_number(fraction) * unit->micros;
    if (part % scale != 0) return bad_duration(text, "it is finer than a microsecond");
    const auto sum = Int128{1} * to_number(whole) * unit->micros + part / scale + total;
    if (sum > kLongestDuration) return bad_duration(text, "it is over 100 years");
    total = static_cast<std::int64_t>(sum);
  }
  return Micros(total);
}

std::string format_duration(Micros duration) {
  if (duration < Micros{0}) return "-" + format_duration(-duration);
  std::int64_t rest = duration.count();
  if (rest == 0) return "0s";
  if (rest < 1000) return fmt::format("{}us", rest);
  if (rest < kMicrosPerSecond) return decimal_of(rest, 1000) + "ms";
  std::string text;
  for (const std::string_view name : {"d", "h", "m"}) {
    const std::int64_t unit = find_unit(name)->micros;
    if (rest >= unit) text += fmt::format("{}{}", rest / unit, name);
    rest %= unit;
  }
  if (rest != 0) text += decimal_of(rest, kMicrosPerSecond) + "s";
  return text;
}

std::string say_duration(Micros duration) {
  if (duration < Micros{0}) return "-" + say_duration(-duration);
  constexpr auto kSaid = std::to_array<Unit>({{"d", kMicrosPerDay},
                                              {"h", 3600 * kMicrosPerSecond},
                                              {"min", 60 * kMicrosPerSecond},
                                              {"s", kMicrosPerSecond},
                                              {"ms", 1000}});
  for (std::size_t i = 0; i < kSaid.size(); ++i) {
    const bool last = i + 1 == kSaid.size();
    const Unit& unit = kSaid[i];
    const Unit& next = kSaid[last ? i : i + 1];
    // Rounding first: 59.9996 s are 1 min.
    const std::int64_t rounded = (duration.count() + next.micros / 2) / next.micros * next.micros;
    if (rounded < unit.micros) continue;
    std::string text = fmt::format("{} {}", rounded / unit.micros, unit.name);
    if (const std::int64_t rest = rounded % unit.micros; rest != 0) {
      text += fmt::format(" {} {}", rest / next.micros, next.name);
    }
    return text;
  }
  return "0 s";
}

std::string say_latency(Micros duration) {
  struct Band {
    std::int64_t step;
    std::int64_t below;
    std::int64_t unit;
    int digits;
    std::string_view name;
  };
  // Three figures, rounded before the band is chosen: 999.7 ms is 1.00 s.
  constexpr auto kBands = std::to_array<Band>({{10, 10'000, 1000, 2, "ms"},
                                               {100, 100'000, 1000, 1, "ms"},
                                               {1000, 1'000'000, 1000, 0, "ms"},
                                               {10'000, 10'000'000, kMicrosPerSecond, 2, "s"},
                                               {100'000, 100'000'000, kMicrosPerSecond, 1, "s"},
                                               {kMicrosPerSecond, INT64_MAX, kMicrosPerSecond, 0, "s"}});
  if (duration < Micros{0}) return "-" + say_latency(-duration);
  for (const Band& band : kBands) {
    const std::int64_t rounded = (duration.count() + band.step / 2) / band.step * band.step;
    if (rounded >= band.below) continue;
    return fmt::format("{:.{}f} {}", static_cast<double>(rounded) / static_cast<double>(band.unit), band.digits,
                       band.name);
  }
  return {};
}

double seconds(Micros duration) {
  return static_cast<double>(duration.count()) / 1e6;
}
double milliseconds(Micros duration) {
  return static_cast<double>(duration.count()) / 1e3;
}

}  // namespace nines
