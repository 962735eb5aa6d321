#pragma once

// An hour of a series as two strings of bytes, which docs/storage.md tells of byte by byte. Internal to the store.
// Pure.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/result.hpp"
#include "store/hour.hpp"

namespace nines::store {

// An hour with more results is not made a chunk: it could not be read in little memory.
inline constexpr std::size_t kMaxChunkRows = 1 << 20;

struct Chunk {
  HourSummary summary;
  std::string durations;
  std::string rest;
};

// The same where somebody else owns the bytes.
struct ChunkView {
  HourSummary summary;
  std::string_view durations;
  std::string_view rest;
};
inline ChunkView view(const Chunk& chunk) {
  return {chunk.summary, chunk.durations, chunk.rest};
}

// Rows of one hour in order of start, no two of the same: 1 to kMaxChunkRows. `series` enters the checksums, so that a
// chunk is not taken for one of another series.
Chunk encode_chunk(std::int64_t series, std::span<const ResultRow> rows);

// What encode_chunk() was given. Refuses, with words, bytes that are not of encode_chunk() for this series and summary;
// reads nothing outside them.
Expected<std::vector<ResultRow>> decode_chunk(std::int64_t series, const ChunkView& chunk);

// The first of the two strings alone, which is enough for latencies.
struct Durations {
  std::vector<Micros> durations;
  std::vector<Micros> measured;  // empty: no result has a measured time
  std::vector<std::int64_t> scratch;
};
// Into `out`, whose memory is used again.
Expected<void> decode_durations(std::int64_t series, const HourSummary& summary, std::string_view bytes,
                                Durations& out);

// decode_chunk() of what lies between the checksums, which are not looked at, nor is the summary but for its hour,
// count and first start.
Expected<std::vector<ResultRow>> decode_columns(const HourSummary& summary, std::string_view durations,
                                                std::string_view rest);

// The last four bytes of each string: CRC-32 (zlib's) of the series, the summary and the bytes before.
std::uint32_t chunk_checksum(std::int64_t series, const HourSummary& summary, std::string_view bytes);

}  // namespace nines::store
