#include <algorithm>
#include <array>
#include <bitset>
#include <charconv>
#include <limits>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/json.hpp"
#include "base/text.hpp"
#include "store/jsonl.hpp"

namespace nines::store {
namespace {

enum Member {
  kCheck,
  kRegion,
  kTime,
  kSuccess,
  kDuration,
  kStatus,
  kReason,
  kFirstReason,
  kPhases,
  kMeasured,
  kInterval,
  kAttempts,
  kOrigin,
  kMemberCount
};

struct MemberRow {
  std::string_view name;
  std::string_view expected;
};
constexpr std::array<MemberRow, kMemberCount> kMembers = {{
    {"check", "the name of a check or journey"},
    {"region", "the name of a region"},
    {"time", "RFC 3339 such as 2026-10-01T00:00:00Z"},
    {"success", "true or false"},
    {"duration_ms", "milliseconds such as 12.345"},
    {"status", "an HTTP status from 100 to 999"},
    {"reason", "the name of a reason such as connect_refused"},
    {"first_reason", "the name of a reason such as connect_refused"},
    {"phases_ms", "an object of milliseconds"},
    {"measured_ms", "milliseconds such as 12.345"},
    {"interval_ms", "milliseconds, more than 0"},
    {"attempts", "a number from 1 to 255"},
    {"origin", "scheduled, gate or manual"},
}};
constexpr Member kRequired[] = {kCheck, kRegion, kTime, kSuccess, kDuration};
constexpr std::size_t kMaxWholeDigits = 12;  // 10^12 ms are 31 years

template <class Table, class Name>
int index_of(const Table& table, std::string_view name, Name name_of) {
  const auto found = std::ranges::find(table, name, name_of);
  return found == std::end(table) ? -1 : static_cast<int>(found - std::begin(table));
}

const std::vector<std::string_view>& reason_names() {
  static const auto names = [] {
    std::vector<std::string_view> all;
    for (int number = 1; number <= std::numeric_limits<std::uint8_t>::max(); ++number) {
      const auto name = reason_name(static_cast<Reason>(number));
      if (parse_reason(name) == static_cast<Reason>(number)) all.push_back(name);
    }
    return all;
  }();
  return names;
}

std::string quoted(std::string_view text) {
  return "\"" + printable(ellipsize(text, 60)) + "\"";
}
std::string ticked(std::string_view text) {
  return "`" + printable(ellipsize(text, 60)) + "`";
}

std::optional<std::int64_t> digits(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// A JSON number's own text, never its double.
Expected<Micros> parse_milliseconds(std::string_view text) {
  if (text.starts_with('-')) return fail("negative");
  const auto point = text.find('.');
  const auto whole = text.substr(0, point);
  auto fraction = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  if (text.find_first_of("eE") != std::string_view::npos) return fail("written with an exponent");
  fraction = fraction.substr(0, fraction.find_last_not_of('0') + 1);
  if (fraction.size() > 3) return fail("finer than a microsecond");
  if (whole.size() > kMaxWholeDigits) return fail("too large");
  auto micros = digits(whole).value_or(0) * 1000;
  std::int64_t unit = 100;
  for (const char digit : fraction) {
    micros += (digit - '0') * unit;
    unit /= 10;
  }
  return Micros{micros};
}

// Takes one line's events; stops at the first fault.
class LineHandler : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return wrong("null"); }
  bool binary(binary_t&) override { return wrong("binary"); }
  bool start_array(std::size_t) override { return wrong("an array"); }
  bool end_array() override { return true; }
  bool boolean(bool value) override;
  bool number_integer(number_integer_t value) override { return number(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return number(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& text) override { return number(text); }
  bool string(string_t& value) override;
  bool key(string_t& name) override;
  bool start_object(std::size_t) override;
  bool end_object() override;
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    syntax_fault_ = true;
    return false;
  }

  bool syntax_fault() const { return syntax_fault_; }
  Expected<Result> finish();

 private:
  enum class Place { outside, line, phases };

  bool fault(std::string message) {
    message_ = std::move(message);
    return false;
  }
  std::string_view name() const { return kMembers[static_cast<std::size_t>(member_)].name; }
  std::string_view expected() const { return kMembers[static_cast<std::size_t>(member_)].expected; }
  bool wrong(std::string_view what);
  bool bad_value(const std::string& shown, std::string_view why);
  bool number(std::string_view text);
  bool milliseconds(std::string_view text, const std::string& of, Micros& into);
  bool whole_number(std::string_view text, std::int64_t least, std::int64_t most, std::int64_t& into);
  bool reason(std::string_view text, Reason& into);
  bool origin(std::string_view text);
  bool key_of_line(const std::string& name);
  bool key_of_phases(const std::string& name);
  bool agree();

  Place place_ = Place::outside;
  Member member_ = kCheck;
  std::size_t phase_ = 0;
  std::bitset<kMemberCount> seen_;
  std::bitset<std::size(kPhaseNames)> seen_phases_;
  bool success_ = false;
  bool syntax_fault_ = false;
  std::string message_;
  Result result_;
};

bool LineHandler::wrong(std::string_view what) {
  const std::string is(what);
  if (place_ == Place::outside) return fault("the line is " + is + ": expected a JSON object");
  if (place_ == Place::phases) {
    return fault("`phases_ms." + std::string(kPhaseNames[phase_]) + "` is " + is + ": expected milliseconds");
  }
  return fault(ticked(name()) + " is " + is + ": expected " + std::string(expected()));
}

bool LineHandler::bad_value(const std::string& shown, std::string_view why) {
  return fault(ticked(name()) + " is " + shown + (why.empty() ? "" : ", " + std::string(why)) + ": expected " +
               std::string(expected()));
}

bool LineHandler::boolean(bool value) {
  if (place_ != Place::line || member_ != kSuccess) return wrong(value ? "true" : "false");
  success_ = value;
  return true;
}

bool LineHandler::milliseconds(std::string_view text, const std::string& of, Micros& into) {
  const auto value = parse_milliseconds(text);
  if (!value) {
    return fault("`" + of + "` is " + ellipsize(text, 60) + ", " + value.error().message +
                 ": expected milliseconds with at most three fractional digits");
  }
  into = *value;
  return true;
}

bool LineHandler::whole_number(std::string_view text, std::int64_t least, std::int64_t most, std::int64_t& into) {
  const auto value = digits(text);
  if (!value || *value < least || *value > most) return bad_value(ellipsize(text, 60), "");
  into = *value;
  return true;
}

bool LineHandler::number(std::string_view text) {
  auto& row = result_.row;
  if (place_ == Place::phases) {
    const auto phase = std::string(kPhaseNames[phase_]);
    return milliseconds(text, "phases_ms." + phase, row.phases.*kPhaseFields[phase_]);
  }
  if (place_ == Place::outside) return wrong("a number");
  std::int64_t value = 0;
  switch (member_) {
    case kDuration:
      return milliseconds(text, "duration_ms", row.duration);
    case kMeasured:
      return milliseconds(text, "measured_ms", row.measured);
    case kInterval:
      if (!milliseconds(text, "interval_ms", row.interval)) return false;
      return row.interval.count() > 0 || bad_value(std::string(text), "");
    case kStatus:
      if (!whole_number(text, 100, 999, value)) return false;
      row.status = static_cast<std::int16_t>(value);
      return true;
    case kAttempts:
      if (!whole_number(text, 1, 255, value)) return false;
      row.attempts = static_cast<std::uint8_t>(value);
      return true;
    default:
      return wrong("a number");
  }
}

bool LineHandler::reason(std::string_view text, Reason& into) {
  const auto known = parse_reason(text);
  if (known && *known != Reason::none) {
    into = *known;
    return true;
  }
  const auto near = nearest(text, reason_names());
  if (near.empty()) return bad_value(quoted(text), "");
  return fault(ticked(name()) + " is " + quoted(text) + ": did you mean " + near + "?");
}

bool LineHandler::origin(std::string_view text) {
  for (const auto origin : {Origin::scheduled, Origin::gate, Origin::manual}) {
    if (text != origin_name(origin)) continue;
    result_.row.origin = origin;
    return true;
  }
  return bad_value(quoted(text), "");
}

bool LineHandler::string(string_t& value) {
  if (place_ != Place::line) return wrong("a string");
  switch (member_) {
    case kCheck:
    case kRegion:
      if (value.empty()) return bad_value("empty", "");
      (member_ == kCheck ? result_.key.check : result_.key.region) = std::move(value);
      return true;
    case kTime: {
      const auto time = parse_time(value);
      if (!time) return fault("`time`: " + time.error().message);
      result_.row.start = *time;
      return true;
    }
    case kReason:
      return reason(value, result_.row.reason);
    case kFirstReason:
      return reason(value, result_.row.first_reason);
    case kOrigin:
      return origin(value);
    default:
      return wrong("a string");
  }
}

bool LineHandler::start_object(std::size_t) {
  if (place_ == Place::outside) {
    place_ = Place::line;
    return true;
  }
  if (place_ == Place::phases || member_ != kPhases) return wrong("an object");
  place_ = Place::phases;
  return true;
}

bool LineHandler::end_object() {
  place_ = place_ == Place::phases ? Place::line : Place::outside;
  return true;
}

bool LineHandler::key(string_t& name) {
  return place_ == Place::phases ? key_of_phases(name) : key_of_line(name);
}

bool LineHandler::key_of_line(const std::string& name) {
  const int index = index_of(kMembers, name, &MemberRow::name);
  if (index < 0) {
    std::array<std::string_view, kMemberCount> names;
    std::ranges::transform(kMembers, names.begin(), &MemberRow::name);
    const auto near = nearest(name, names);
    return fault(ticked(name) + " is not known" + (near.empty() ? "" : ": did you mean `" + near + "`?"));
  }
  member_ = static_cast<Member>(index);
  if (seen_.test(static_cast<std::size_t>(index))) return fault(ticked(name) + " is given twice");
  seen_.set(static_cast<std::size_t>(index));
  return true;
}

bool LineHandler::key_of_phases(const std::string& name) {
  const int index = index_of(kPhaseNames, name, std::identity());
  if (index < 0) {
    return fault(ticked("phases_ms." + name) + " is not known: expected resolve, connect, tls, processing or transfer");
  }
  phase_ = static_cast<std::size_t>(index);
  if (seen_phases_.test(phase_)) return fault(ticked("phases_ms." + name) + " is given twice");
  seen_phases_.set(phase_);
  return true;
}

// What the members say together. A run is repeated only after a failure, so that a success at the second attempt had
// a reason to be repeated.
bool LineHandler::agree() {
  auto& row = result_.row;
  for (const auto required : kRequired) {
    member_ = required;
    if (!seen_.test(required)) return fault(ticked(name()) + " is missing: expected " + std::string(expected()));
  }
  if (success_ && seen_.test(kReason)) return fault("`success` is true, but `reason` tells why it failed");
  if (!success_ && !seen_.test(kReason)) row.reason = row.status >= 400 ? Reason::http_status : Reason::imported;
  if (!seen_.test(kFirstReason)) {
    row.first_reason = success_ && row.attempts > 1 ? Reason::imported : row.reason;
  } else if (row.attempts == 1 && row.first_reason != row.reason) {
    return fault("`first_reason` is not the reason of the one attempt: expected `attempts` of 2 or more");
  }
  return true;
}

Expected<Result> LineHandler::finish() {
  if (!message_.empty() || !agree()) return fail(std::move(message_));
  return std::move(result_);
}

}  // namespace

Expected<Result> parse_result_line(std::string_view line) {
  if (trim(line).empty()) return fail("the line is empty: expected a JSON object");
  LineHandler handler;
  nlohmann::json::sax_parse(line.begin(), line.end(), &handler);
  if (!handler.syntax_fault()) return handler.finish();
  auto parsed = parse_json(line);
  return parsed ? fail("not JSON") : std::unexpected(parsed.error());
}

}  // namespace nines::store
