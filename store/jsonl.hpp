#pragma once

// Results as JSON Lines, the format of `nines import` and `nines export` (contract.md, docs/storage.md):
// {"check":"tasks-api","region":"us-east-1","time":"2026-10-01T00:00:00.000000Z","success":true,"duration_ms":12.345,"status":200}
// Optional: "status", "reason", "first_reason" (of the first of several attempts, where it differs), "phases_ms"
// {resolve,connect,tls,processing,transfer}, "measured_ms", "interval_ms", "attempts", "origin". Evidence is not in it.

#include <functional>
#include <istream>
#include <ostream>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/result.hpp"
#include "store/store.hpp"

namespace nines::store {

// One line, without its newline. Faults name the member and what was expected; unknown and repeated members are faults.
// Milliseconds have at most three fractional digits (microseconds), exact. A failure without a reason gets http_status
// for a status of 400 and more, else imported.
Expected<Result> parse_result_line(std::string_view line);

// The same line for the same result, byte for byte; no newline.
std::string format_result_line(const Result& result);

// Reads all of `in` into the store: all or nothing. A fault of a line carries `name` and the line's number; one of the
// store or the stream has no place.
//
//   std::ifstream file("results.jsonl");
//   auto imported = import_jsonl(*store, file, "results.jsonl");
//   if (!imported) fmt::print(stderr, "{}\n", imported.error().text());
//   // results.jsonl:17: `status` is 99: expected an HTTP status from 100 to 999
Expected<Store::Imported> import_jsonl(Store& store, std::istream& in, const std::string& name);

// Visits every line's result, into no store. Faults are told as import_jsonl() tells them.
Expected<void> read_jsonl(std::istream& in, const std::string& name, const std::function<void(const Result&)>& visitor);

// Writes the period's results sorted by check, region, time. Returns how many.
Expected<std::uint64_t> export_jsonl(Reader& reader, const Period& period, std::ostream& out);

}  // namespace nines::store
