#include "probes/websocket/frames.hpp"

#include <array>
#include <cstdint>

#include <fmt/format.h>
#include <openssl/rand.h>

#include "base/text.hpp"

namespace nines::probes {

namespace {

using Received = WebsocketFrames::Received;
using End = Received::End;

constexpr std::uint8_t kFin = 0x80;
constexpr std::uint8_t kReserved = 0x70;
constexpr std::uint8_t kOpcode = 0x0f;
constexpr std::uint8_t kMasked = 0x80;
constexpr std::uint8_t kControl = 0x08;
constexpr std::size_t kMaxControl = 125;

Received malformed(std::string fault) {
  return {.end = End::malformed, .fault = std::move(fault)};
}

Received broken(Transferred transfer) {
  if (transfer.end == Transferred::End::closed) return {.end = End::closed, .text = "the connection was closed"};
  return {.end = End::broken, .transfer = std::move(transfer)};
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t out = 0;
  for (const char byte : bytes) out = out << 8 | static_cast<std::uint8_t>(byte);
  return out;
}

// RFC 6455, 5.5.1 and 7.4: a code and a reason, both of which may be missing.
std::string close_text(std::string_view payload) {
  if (payload.size() < 2) return "the server closed the WebSocket";
  std::string out = fmt::format("the server closed the WebSocket with {}", big_endian(payload.substr(0, 2)));
  if (payload.size() > 2) out += fmt::format(" ({})", printable(payload.substr(2)));
  return out;
}

}  // namespace

// NOLINTNEXTLINE(*-reference-coroutine-parameters): of receive()'s frame
Task<Received> WebsocketFrames::read_frame(Frame& frame, std::size_t limit, Stop stop) {
  std::string head;
  Transferred got = co_await reader_.exactly(2, head, stop);
  if (got.end != Transferred::End::done) co_return broken(std::move(got));
  const auto first = static_cast<std::uint8_t>(head[0]);
  const auto second = static_cast<std::uint8_t>(head[1]);
  if ((first & kReserved) != 0) co_return malformed("a frame with reserved bits came");
  if ((second & kMasked) != 0) co_return malformed("a masked frame came");
  std::uint64_t size = second;
  if (size >= 126) {
    got = co_await reader_.exactly(size == 126 ? 2 : 8, head, stop);
    if (got.end != Transferred::End::done) co_return broken(std::move(got));
    size = big_endian(head);
  }
  frame.last = (first & kFin) != 0;
  frame.opcode = static_cast<Opcode>(first & kOpcode);
  const bool control = (first & kControl) != 0;
  if (control && (size > kMaxControl || !frame.last)) co_return malformed("a control frame too long or in parts came");
  if (!control && size > limit)
    co_return malformed(fmt::format("a message of more than {} bytes came", kMaxWebsocketMessage));
  got = co_await reader_.exactly(static_cast<std::size_t>(size), frame.payload, stop);
  if (got.end != Transferred::End::done) co_return broken(std::move(got));
  co_return Received{};
}

Task<Received> WebsocketFrames::receive(Stop stop) {
  Received out;
  bool begun = false;
  while (true) {
    Frame frame;
    Received read = co_await read_frame(frame, kMaxWebsocketMessage - out.text.size(), stop);
    if (read.end != End::message) co_return read;
    switch (frame.opcode) {
      case Opcode::ping: {
        Transferred sent = co_await send(Opcode::pong, std::move(frame.payload), stop);
        if (sent.end != Transferred::End::done) co_return broken(std::move(sent));
        continue;
      }
      case Opcode::pong:
        continue;
      case Opcode::close:
        co_await send(Opcode::close, frame.payload.substr(0, 2), stop);
        co_return Received{.end = End::closed, .text = close_text(frame.payload)};
      case Opcode::text:
      case Opcode::binary:
        if (begun) co_return malformed("a message began within another");
        begun = true;
        break;
      case Opcode::continuation:
        if (!begun) co_return malformed("a message went on that had not begun");
        break;
      default:
        co_return malformed(fmt::format("a frame of the unknown kind {} came", static_cast<int>(frame.opcode)));
    }
    out.text += frame.payload;
    if (frame.last) co_return out;
  }
}

Task<Transferred> WebsocketFrames::send_text(std::string text, Stop stop) {
  return send(Opcode::text, std::move(text), stop);
}

Task<Transferred> WebsocketFrames::close(Stop stop) {
  return send(Opcode::close, "\x03\xe8", stop);  // 1000, normal closure
}

// RFC 6455, 5.3: what a client sends is masked.
Task<Transferred> WebsocketFrames::send(Opcode opcode, std::string payload, Stop stop) {
  std::string frame;
  frame += static_cast<char>(kFin | static_cast<std::uint8_t>(opcode));
  const std::size_t size = payload.size();
  const auto put = [&](int bytes) {
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) frame += static_cast<char>(size >> shift);
  };
  if (size < 126) {
    frame += static_cast<char>(kMasked | size);
  } else if (size <= UINT16_MAX) {
    frame += static_cast<char>(kMasked | 126);
    put(2);
  } else {
    frame += static_cast<char>(kMasked | 127);
    put(8);
  }
  std::array<unsigned char, 4> mask{};
  RAND_bytes(mask.data(), static_cast<int>(mask.size()));
  frame.append(mask.begin(), mask.end());
  for (std::size_t i = 0; i < size; ++i) frame += static_cast<char>(payload[i] ^ mask[i % mask.size()]);
  co_return co_await stream_.write(frame, stop);
}

}  // namespace nines::probes
