#include "probes/http/decoder.hpp"

#include <array>
#include <cstdint>

#include <brotli/decode.h>
#include <zlib.h>

namespace nines::probes {

namespace {

constexpr std::size_t kSlice = 16 * 1024;

class Inflater final : public Decoder {
 public:
  // `window_bits` as zlib has them: negative for raw deflate, 16 more for gzip.
  explicit Inflater(int window_bits) : members_(window_bits > 15) {
    ready_ = inflateInit2(&stream_, window_bits) == Z_OK;
  }
  ~Inflater() override {
    if (ready_) inflateEnd(&stream_);
  }

  State feed(std::string_view data, const Sink& sink) override {
    if (!ready_) return State::broken;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
    stream_.avail_in = static_cast<uInt>(data.size());
    std::array<char, kSlice> out;
    while (true) {
      if (ended_) {
        // What follows a gzip member is another one; what follows raw deflate is nobody's.
        if (stream_.avail_in == 0 || !members_) return State::more;
        if (inflateReset(&stream_) != Z_OK) return State::broken;
        ended_ = false;
      }
      stream_.next_out = reinterpret_cast<Bytef*>(out.data());
      stream_.avail_out = kSlice;
      const int result = inflate(&stream_, Z_NO_FLUSH);
      const std::size_t made = kSlice - stream_.avail_out;
      if (made > 0 && !sink({out.data(), made})) return State::stopped;
      ended_ = result == Z_STREAM_END;
      if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return State::broken;
      if (!ended_ && stream_.avail_in == 0 && stream_.avail_out > 0) return State::more;
    }
  }

  bool complete() const override { return ended_; }

 private:
  z_stream stream_{};
  bool members_;
  bool ready_ = false;
  bool ended_ = false;
};

class Brotli final : public Decoder {
 public:
  ~Brotli() override { BrotliDecoderDestroyInstance(state_); }

  State feed(std::string_view data, const Sink& sink) override {
    if (state_ == nullptr || (complete() && !data.empty())) return State::broken;
    auto* in = reinterpret_cast<const std::uint8_t*>(data.data());
    std::size_t left = data.size();
    std::array<char, kSlice> out;
    while (true) {
      auto* next = reinterpret_cast<std::uint8_t*>(out.data());
      std::size_t room = kSlice;
      const auto result = BrotliDecoderDecompressStream(state_, &left, &in, &room, &next, nullptr);
      const std::size_t made = kSlice - room;
      if (made > 0 && !sink({out.data(), made})) return State::stopped;
      if (result == BROTLI_DECODER_RESULT_ERROR) return State::broken;
      if (result == BROTLI_DECODER_RESULT_SUCCESS) return left == 0 ? State::more : State::broken;
      if (result == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT) return State::more;
    }
  }

  bool complete() const override { return BrotliDecoderIsFinished(state_) == BROTLI_TRUE; }

 private:
  BrotliDecoderState* state_ = BrotliDecoderCreateInstance(nullptr, nullptr, nullptr);
};

}  // namespace

std::unique_ptr<Decoder> Decoder::make(std::string_view encoding) {
  if (encoding == "gzip") return std::make_unique<Inflater>(15 + 16);
  if (encoding == "deflate") return std::make_unique<Inflater>(-15);
  if (encoding == "br") return std::make_unique<Brotli>();
  return nullptr;
}

}  // namespace nines::probes
