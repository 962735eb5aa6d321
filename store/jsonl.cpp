#include "store/jsonl.hpp"

#include <algorithm>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/json.hpp"

namespace nines::store {
namespace {

constexpr std::size_t kMaxLineBytes = 1'000'000;

bool needs_escape(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte >= 0x7f || c == '"' || c == '\\';
}

void append_string(std::string& line, std::string_view text) {
  if (std::ranges::any_of(text, needs_escape)) {
    line += dump_json(Json(text));
    return;
  }
  line += '"';
  line += text;
  line += '"';
}

// 12345 µs are 12.345, 12000 are 12.
void append_milliseconds(std::string& line, Micros value) {
  line += std::to_string(value.count() / 1000);
  const auto rest = value.count() % 1000;
  if (rest == 0) return;
  std::string fraction = std::to_string(1000 + rest);
  fraction[0] = '.';
  fraction.erase(fraction.find_last_not_of('0') + 1);
  line += fraction;
}

void append_phases(std::string& line, const Phases& phases) {
  line += ",\"phases_ms\":{";
  for (std::size_t i = 0; i < std::size(kPhaseNames); ++i) {
    line += i == 0 ? "\"" : ",\"";
    line += kPhaseNames[i];
    line += "\":";
    append_milliseconds(line, phases.*kPhaseFields[i]);
  }
  line += '}';
}

void append_name(std::string& line, std::string_view member, std::string_view name) {
  line += ",\"";
  line += member;
  line += "\":\"";
  line += name;
  line += '"';
}

// Hands out the lines of a stream as results, with the place of the first fault.
class LineSource {
 public:
  LineSource(std::istream& in, std::string name) : in_(in), name_(std::move(name)), buffer_(kMaxLineBytes + 2) {}

  Expected<std::optional<Result>> next() {
    in_.getline(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    auto size = static_cast<std::size_t>(in_.gcount());
    if (in_.bad()) return fail(name_ + " cannot be read");
    if (in_.eof() && size == 0) return std::nullopt;
    ++line_;
    if (in_.fail()) return at_line(Error{"the line is longer than 1 MB: expected one result"});
    if (!in_.eof()) --size;  // the newline was counted
    std::string_view line(buffer_.data(), size);
    if (line.ends_with('\r')) line.remove_suffix(1);
    auto result = parse_result_line(line);
    if (!result) return at_line(std::move(result.error()));
    return std::move(*result);
  }

 private:
  std::unexpected<Error> at_line(Error error) const {
    error.at = Position{name_, line_, 0};
    return std::unexpected(std::move(error));
  }

  std::istream& in_;
  std::string name_;
  std::vector<char> buffer_;
  int line_ = 0;
};

}  // namespace

std::string format_result_line(const Result& result) {
  const auto& row = result.row;
  std::string line;
  line.reserve(256);
  line += "{\"check\":";
  append_string(line, result.key.check);
  line += ",\"region\":";
  append_string(line, result.key.region);
  append_name(line, "time", format_time(row.start));
  line += row.success() ? ",\"success\":true" : ",\"success\":false";
  line += ",\"duration_ms\":";
  append_milliseconds(line, row.duration);
  if (row.status != 0) line += ",\"status\":" + std::to_string(row.status);
  if (!row.success()) append_name(line, "reason", reason_name(row.reason));
  if (row.first_reason != row.reason && row.attempts > 1) {
    append_name(line, "first_reason", reason_name(row.first_reason));
  }
  if (row.phases != Phases{}) append_phases(line, row.phases);
  if (row.measured != ResultRow::kNone) {
    line += ",\"measured_ms\":";
    append_milliseconds(line, row.measured);
  }
  if (row.interval.count() != 0) {
    line += ",\"interval_ms\":";
    append_milliseconds(line, row.interval);
  }
  if (row.attempts != 1) line += ",\"attempts\":" + std::to_string(row.attempts);
  if (row.origin != Origin::scheduled) append_name(line, "origin", origin_name(row.origin));
  line += '}';
  return line;
}

Expected<Store::Imported> import_jsonl(Store& store, std::istream& in, const std::string& name) {
  LineSource lines(in, name);
  auto imported = store.import([&] { return lines.next(); });
  if (!imported && imported.error().at && imported.error().at->file.empty()) imported.error().at->file = name;
  return imported;
}

Expected<void> read_jsonl(std::istream& in, const std::string& name,
                          const std::function<void(const Result&)>& visitor) {
  LineSource lines(in, name);
  while (true) {
    const auto result = lines.next();
    if (!result) return std::unexpected(result.error());
    if (!*result) return {};
    visitor(**result);
  }
}

Expected<std::uint64_t> export_jsonl(Reader& reader, const Period& period, std::ostream& out) {
  std::uint64_t count = 0;
  const auto write = [&](const Result& result) {
    std::string line = format_result_line(result);
    line += '\n';
    out.write(line.data(), static_cast<std::streamsize>(line.size()));
    count += out.good() ? 1 : 0;
    return out.good();
  };
  if (auto done = reader.visit(period, write); !done) return std::unexpected(done.error());
  out.flush();
  if (!out.good()) return fail("the results cannot be written out");
  return count;
}

}  // namespace nines::store
