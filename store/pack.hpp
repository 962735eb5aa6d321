#pragma once

// Columns of integers as few bits: each value as its distance from a base, in as many bits as most values need, and the
// others by way of a list of exceptions. Internal to the store; docs/storage.md has the bytes. Pure; any 64-bit values
// come back as they were.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace nines::store {

// 7 bits a byte, the least significant first; the top bit says that another byte follows.
void put_varint(std::string& out, std::uint64_t value);
// Takes it off the front of `in`; false: not one, `in` is spent.
bool take_varint(std::string_view& in, std::uint64_t& value);

// Small numbers of either sign as small numbers: 0, -1, 1, -2 → 0, 1, 2, 3.
constexpr std::uint64_t zigzag(std::int64_t value) {
  return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1 ^ (0 - (value & 1)));
}

// Appends a column.
void pack(std::span<const std::int64_t> values, std::string& out);

// Takes a column of values.size() values off the front of `in`. False: it is not one; `values` and `in` hold anything.
// Reads nothing outside `in`, whatever is in it.
bool unpack(std::string_view& in, std::span<std::int64_t> values);

}  // namespace nines::store
