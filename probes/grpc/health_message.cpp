#include "probes/grpc/health_message.hpp"

#include <array>
#include <cstdint>

#include <fmt/format.h>

namespace nines::probes {

namespace {

constexpr std::size_t kFrameHead = 5;  // compressed or not, length

// Protocol buffers' wire types.
constexpr int kVarint = 0;
constexpr int kFixed64 = 1;
constexpr int kBytes = 2;
constexpr int kFixed32 = 5;

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>((value & 0x7f) | 0x80);
  out += static_cast<char>(value);
}

std::optional<std::uint64_t> take_varint(std::string_view& from) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (from.empty()) return std::nullopt;
    const auto byte = static_cast<std::uint8_t>(from.front());
    from.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return std::nullopt;
}

bool skip(std::string_view& from, std::uint64_t size) {
  if (size > from.size()) return false;
  from.remove_prefix(size);
  return true;
}

bool skip_field(std::string_view& from, int wire_type) {
  switch (wire_type) {
    case kVarint:
      return take_varint(from).has_value();
    case kFixed64:
      return skip(from, 8);
    case kFixed32:
      return skip(from, 4);
    case kBytes: {
      const auto size = take_varint(from);
      return size && skip(from, *size);
    }
    default:
      return false;
  }
}

std::string name_of(int number, const auto& names) {
  if (number >= 0 && static_cast<std::size_t>(number) < names.size()) return names[static_cast<std::size_t>(number)];
  return fmt::format("status {}", number);
}

}  // namespace

std::string health_request(std::string_view service) {
  std::string message;
  if (!service.empty()) {
    append_varint(message, (1U << 3) | kBytes);
    append_varint(message, service.size());
    message += service;
  }
  std::string framed(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) framed += static_cast<char>(message.size() >> shift & 0xff);
  return framed + message;
}

std::optional<int> health_status(std::string_view body) {
  if (body.size() < kFrameHead || body.front() != '\0') return std::nullopt;
  std::size_t length = 0;
  for (std::size_t i = 1; i < kFrameHead; ++i) length = length << 8 | static_cast<std::uint8_t>(body[i]);
  body.remove_prefix(kFrameHead);
  if (body.size() != length) return std::nullopt;
  int status = 0;  // an absent field has its default
  while (!body.empty()) {
    const auto tag = take_varint(body);
    if (!tag) return std::nullopt;
    const int wire_type = static_cast<int>(*tag & 7);
    if (*tag >> 3 == 1 && wire_type == kVarint) {
      const auto value = take_varint(body);
      if (!value) return std::nullopt;
      status = static_cast<int>(*value);
    } else if (!skip_field(body, wire_type)) {
      return std::nullopt;
    }
  }
  return status;
}

std::string health_status_name(int status) {
  constexpr std::array kNames = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};
  return name_of(status, kNames);
}

std::string grpc_status_name(int status) {
  constexpr std::array kNames = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  return name_of(status, kNames);
}

}  // namespace nines::probes
