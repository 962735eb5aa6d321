#pragma once

// Results as JSON Lines, the format of `nines import` and `nines export` (contract.md):
// {"check":"tasks-api","region":"us-east-1","time":"2026-10-01T00:00:00.000000Z","success":true,"duration_ms":12.345,"status":200}
// Optional: "reason", "phases_ms" {resolve,connect,tls,processing,transfer}, "measured_ms", "interval_ms",
// "attempts", "origin".

#include <istream>
#include <ostream>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/result.hpp"
#include "store/store.hpp"

namespace nines::store {

// One line. Faults name the member and what was expected. Unknown members are refused. Milliseconds with at most three
// fractional digits (microseconds), exact.
Expected<Result> parse_result_line(std::string_view line);

// The same line for the same result, byte for byte; no newline.
std::string format_result_line(const Result& result);

// Reads all of `in` into the store: all or nothing. A fault carries the file name and line number.
Expected<Store::Imported> import_jsonl(Store& store, std::istream& in, const std::string& name);

// Writes the period's results sorted by check, region, time. Returns how many.
Expected<std::uint64_t> export_jsonl(Reader& reader, const Period& period, std::ostream& out);

}  // namespace nines::store
