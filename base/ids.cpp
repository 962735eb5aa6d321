#include "base/ids.hpp"

#include <array>
#include <cerrno>
#include <span>
#include <system_error>

#include <fmt/format.h>
#include <sys/random.h>

namespace nines {
namespace {

void fill_from_kernel(std::span<std::uint64_t> words) {
  auto bytes = std::as_writable_bytes(words);
  while (!bytes.empty()) {
    const ssize_t got = ::getrandom(bytes.data(), bytes.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw std::system_error(errno, std::generic_category(), "getrandom");
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
}

class SystemRandom final : public Random {
 public:
  std::uint64_t next() override {
    thread_local std::array<std::uint64_t, 32> buffer;
    thread_local std::size_t used = buffer.size();
    if (used == buffer.size()) {
      fill_from_kernel(buffer);
      used = 0;
    }
    return buffer[used++];
  }
};

}  // namespace

Random& system_random() {
  static SystemRandom random;
  return random;
}

std::string make_uuid(Random& random) {
  const std::uint64_t high = (random.next() & ~0xf000ULL) | 0x4000ULL;         // version 4
  const std::uint64_t low = (random.next() & ~(3ULL << 62U)) | (2ULL << 62U);  // variant 10
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32U, high >> 16U & 0xffffU, high & 0xffffU,
                     low >> 48U, low & 0xffff'ffff'ffffULL);
}

std::string make_trace_id(Random& random) {
  const std::uint64_t high = random.next();
  const std::uint64_t low = random.next();
  return fmt::format("{:016x}{:016x}", high, high == 0 && low == 0 ? 1 : low);
}

std::string make_span_id(Random& random) {
  const std::uint64_t id = random.next();
  return fmt::format("{:016x}", id == 0 ? 1 : id);
}

std::string make_traceparent(std::string_view trace_id, std::string_view span_id, bool sampled) {
  return fmt::format("00-{}-{}-{}", trace_id, span_id, sampled ? "01" : "00");
}

std::uint64_t stable_hash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3ULL;
  }
  // FNV's high bits hardly move for short texts that differ at their end; a phase is taken from them.
  hash = (hash ^ (hash >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  hash = (hash ^ (hash >> 27U)) * 0x94d049bb133111ebULL;
  return hash ^ (hash >> 31U);
}

}  // namespace nines
