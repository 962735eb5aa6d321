#include "store/pack.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

namespace nines::store {
namespace {

// A value and the bits before its own first lie in the 8 bytes from the one that holds that bit: 56 + 7 < 64.
constexpr unsigned kMaxWidth = 56;
constexpr std::uint8_t kHasExceptions = 0x80;
constexpr std::size_t kExceptionBytes = 4;  // about

std::uint64_t bits(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

std::uint64_t mask(unsigned width) {
  return (std::uint64_t{1} << width) - 1;
}

std::size_t packed_bytes(std::size_t count, unsigned width) {
  return (count * width + 7) / 8;
}

struct Frame {
  std::int64_t base = 0;
  unsigned width = 0;
};

// Where the most values lie in [base, base + 2^width).
struct Window {
  std::size_t first = 0;
  std::size_t count = 0;
};
Window fullest_window(std::span<const std::int64_t> sorted, unsigned width) {
  Window best;
  std::size_t end = 0;
  for (std::size_t begin = 0; begin < sorted.size() && best.count < sorted.size() - begin; ++begin) {
    while (end < sorted.size() && bits(sorted[end]) - bits(sorted[begin]) <= mask(width)) ++end;
    if (end - begin > best.count) best = {begin, end - begin};
  }
  return best;
}

// The frame that takes the fewest bytes, counting an exception as kExceptionBytes.
Frame choose_frame(std::span<const std::int64_t> values) {
  std::vector<std::int64_t> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  const auto range = bits(sorted.back()) - bits(sorted.front());
  const auto widest = std::min(kMaxWidth, static_cast<unsigned>(std::bit_width(range)));
  Frame best;
  std::size_t least = SIZE_MAX;
  for (unsigned width = 0; width <= widest && packed_bytes(values.size(), width) < least; ++width) {
    const auto window = fullest_window(sorted, width);
    const auto size = packed_bytes(values.size(), width) + kExceptionBytes * (values.size() - window.count);
    if (size >= least) continue;
    least = size;
    best = {sorted[window.first], width};
  }
  return best;
}

void put_bits(std::string& out, std::span<const std::int64_t> values, const Frame& frame) {
  if (frame.width == 0) return;
  std::uint64_t pending = 0;
  unsigned used = 0;
  for (const auto value : values) {
    pending |= ((bits(value) - bits(frame.base)) & mask(frame.width)) << used;
    for (used += frame.width; used >= 8; used -= 8, pending >>= 8) out.push_back(static_cast<char>(pending));
  }
  if (used > 0) out.push_back(static_cast<char>(pending));
}

// What a value has beside its low bits, signed: a value below the base has a negative one.
std::int64_t high_part(std::int64_t value, const Frame& frame) {
  return static_cast<std::int64_t>(bits(value) - bits(frame.base)) >> frame.width;
}

std::uint64_t load(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = std::byteswap(word);
  return word;
}

std::uint64_t load_end(std::string_view bytes) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(bytes.size(), 8); ++i) {
    word |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return word;
}

// `packed` holds packed_bytes() of them.
void take_bits(std::string_view packed, std::span<std::int64_t> values, const Frame& frame) {
  if (frame.width == 0) {
    std::ranges::fill(values, frame.base);
    return;
  }
  const auto base = bits(frame.base);
  const auto low = mask(frame.width);
  std::size_t bit = 0;
  std::size_t i = 0;
  for (; i < values.size() && bit / 8 + 8 <= packed.size(); ++i, bit += frame.width) {
    values[i] = static_cast<std::int64_t>(base + (load(packed.data() + bit / 8) >> bit % 8 & low));
  }
  for (; i < values.size(); ++i, bit += frame.width) {
    values[i] = static_cast<std::int64_t>(base + (load_end(packed.substr(bit / 8)) >> bit % 8 & low));
  }
}

bool take_exceptions(std::string_view& in, std::span<std::int64_t> values, const Frame& frame) {
  std::uint64_t count = 0;
  if (!take_varint(in, count) || count == 0 || count > values.size()) return false;
  std::uint64_t next = 0;
  for (; count > 0; --count) {
    std::uint64_t gap = 0;
    std::uint64_t high = 0;
    if (!take_varint(in, gap) || !take_varint(in, high)) return false;
    if (next >= values.size() || gap >= values.size() - next) return false;
    auto& value = values[next + gap];
    value = static_cast<std::int64_t>(bits(value) + (bits(unzigzag(high)) << frame.width));
    next += gap + 1;
  }
  return true;
}

}  // namespace

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

bool take_varint(std::string_view& in, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) return shift < 63 || byte <= 1;
  }
  return false;
}

void pack(std::span<const std::int64_t> values, std::string& out) {
  if (values.empty()) return;
  const bool constant = std::ranges::all_of(values, [&](std::int64_t value) { return value == values.front(); });
  const Frame frame = constant ? Frame{values.front(), 0} : choose_frame(values);
  std::string exceptions;
  std::size_t count = 0;
  std::size_t next = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto high = high_part(values[i], frame);
    if (high == 0) continue;
    put_varint(exceptions, i - next);
    put_varint(exceptions, zigzag(high));
    next = i + 1;
    ++count;
  }
  out.push_back(static_cast<char>(frame.width | (count > 0 ? kHasExceptions : 0)));
  put_varint(out, zigzag(frame.base));
  put_bits(out, values, frame);
  if (count == 0) return;
  put_varint(out, count);
  out += exceptions;
}

bool unpack(std::string_view& in, std::span<std::int64_t> values) {
  if (values.empty()) return true;
  if (in.empty()) return false;
  const auto head = static_cast<unsigned char>(in.front());
  in.remove_prefix(1);
  Frame frame{0, head & 0x7Fu};
  std::uint64_t base = 0;
  if (frame.width > kMaxWidth || !take_varint(in, base)) return false;
  frame.base = unzigzag(base);
  const auto size = packed_bytes(values.size(), frame.width);
  if (in.size() < size) return false;
  take_bits(in.substr(0, size), values, frame);
  in.remove_prefix(size);
  return (head & kHasExceptions) == 0 || take_exceptions(in, values, frame);
}

}  // namespace nines::store
