#include "probes/jq/message.hpp"

namespace nines::probes::jq {
namespace {

void put_length(std::string& out, std::size_t length) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>((length >> shift) & 0xff);
}

std::size_t get_length(std::string_view bytes) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < kFrameHead; ++i)
    length |= static_cast<std::size_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return length;
}

}  // namespace

std::string encode(const Message& message) {
  std::size_t length = 1;
  for (const std::string& field : message.fields) length += kFrameHead + field.size();
  std::string out;
  out.reserve(kFrameHead + length);
  put_length(out, length);
  out += message.kind;
  for (const std::string& field : message.fields) {
    put_length(out, field.size());
    out += field;
  }
  return out;
}

std::optional<std::size_t> payload_length(std::string_view head) {
  const std::size_t length = get_length(head);
  if (length == 0 || length > kMaxPayload) return std::nullopt;
  return length;
}

std::optional<Message> decode(std::string_view payload) {
  if (payload.empty()) return std::nullopt;
  Message message{payload.front(), {}};
  payload.remove_prefix(1);
  while (!payload.empty()) {
    if (payload.size() < kFrameHead || message.fields.size() == kMaxFields) return std::nullopt;
    const std::size_t length = get_length(payload);
    payload.remove_prefix(kFrameHead);
    if (length > payload.size()) return std::nullopt;
    message.fields.emplace_back(payload.substr(0, length));
    payload.remove_prefix(length);
  }
  return message;
}

}  // namespace nines::probes::jq
