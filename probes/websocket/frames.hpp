#pragma once

// WebSocket messages on a stream that was upgraded (RFC 6455, 5).

#include <string>
#include <string_view>

#include "base/outcome.hpp"
#include "probes/async/line_reader.hpp"
#include "probes/async/stream.hpp"

namespace nines::probes {

inline constexpr std::size_t kMaxWebsocketMessage = 1 << 20;

// The client's end. Answers pings, joins fragments. Does not own what it reads from and writes to; loop's thread.
class WebsocketFrames {
 public:
  WebsocketFrames(Stream& stream, LineReader& reader) : stream_(stream), reader_(reader) {}

  // How waiting for a message ended: one came, the server closed, it broke the protocol (`fault` says how), or the
  // connection failed or was stopped (`transfer`).
  struct Received {
    enum class End { message, closed, malformed, broken };
    End end = End::message;
    std::string text{};
    std::string fault{};
    Transferred transfer{};
  };
  // The next text or binary message.
  Task<Received> receive(Stop stop);

  Task<Transferred> send_text(std::string text, Stop stop);
  // Says goodbye, and does not wait for the answer (RFC 6455, 7.1.2).
  Task<Transferred> close(Stop stop);

 private:
  enum class Opcode { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };
  struct Frame {
    bool last = false;
    Opcode opcode = Opcode::continuation;
    std::string payload;
  };
  // The end `message` means that `frame` was read.
  Task<Received> read_frame(Frame& frame, std::size_t limit, Stop stop);
  Task<Transferred> send(Opcode opcode, std::string payload, Stop stop);

  Stream& stream_;
  LineReader& reader_;
};

}  // namespace nines::probes
