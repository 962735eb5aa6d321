#pragma once

// Decompression of what comes in pieces and may be hostile: the output is handed on in slices of at most 16 KiB, so a
// bomb is stopped where its taker stops it. RFC 1952 (gzip), RFC 1951 (deflate, raw as blackbox_exporter reads it),
// RFC 7932 (br).

#include <functional>
#include <memory>
#include <string_view>

namespace nines::probes {

// One body. Loop's thread, or any single one.
class Decoder {
 public:
  // Takes one slice; false: it wants no more.
  using Sink = std::function<bool(std::string_view)>;
  // more: go on. stopped: the sink wanted no more. broken: this is not the encoding.
  enum class State { more, stopped, broken };

  // Of "gzip", "deflate" or "br"; null for anything else: the body is as it comes.
  static std::unique_ptr<Decoder> make(std::string_view encoding);

  virtual ~Decoder() = default;
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  virtual State feed(std::string_view data, const Sink& sink) = 0;
  // Whether what was fed is the whole of it; nothing at all is not.
  virtual bool complete() const = 0;

 protected:
  Decoder() = default;
};

}  // namespace nines::probes
