#include "probes/http/decoder.hpp"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/probes/packing.hpp"

namespace nines::probes::test {
namespace {

std::string filled(std::size_t size) {
  std::string text;
  text.resize(size, 'x');
  return text;
}

struct Decoded {
  std::string text;
  Decoder::State state = Decoder::State::more;
  bool complete = false;
  std::size_t largest = 0;  // slice
};

Decoded decode(const std::string& encoding, const std::string& data, std::size_t piece, std::size_t limit = 1 << 30) {
  const auto decoder = Decoder::make(encoding);
  REQUIRE(decoder != nullptr);
  Decoded out;
  for (std::size_t at = 0; at < data.size() && out.state == Decoder::State::more; at += piece) {
    out.state = decoder->feed(std::string_view(data).substr(at, piece), [&](std::string_view slice) {
      out.text += slice;
      out.largest = std::max(out.largest, slice.size());
      return out.text.size() <= limit;
    });
  }
  out.complete = decoder->complete();
  return out;
}

std::string pack(const std::string& encoding, const std::string& text) {
  return encoding == "gzip" ? gzip(text) : encoding == "deflate" ? deflate_raw(text) : brotli_of(text);
}

const std::vector<std::string> kEncodings = {"gzip", "deflate", "br"};

TEST_CASE("what was compressed comes out again, in whatever pieces it came") {
  std::string long_text;
  for (int i = 0; i < 20'000; ++i) long_text += std::to_string(i * i) + ",";
  for (const std::string& encoding : kEncodings) {
    for (const std::string& text : {std::string(), std::string("plain"), long_text}) {
      const std::string packed = pack(encoding, text);
      for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, packed.size()}) {
        INFO(encoding << " " << text.size() << " in " << piece);
        const Decoded got = decode(encoding, packed, piece);
        CHECK((got.text == text));
        CHECK(got.state == Decoder::State::more);
        CHECK(got.complete);
      }
    }
  }
}

TEST_CASE("what is cut is not complete, and what is something else is broken") {
  for (const std::string& encoding : kEncodings) {
    INFO(encoding);
    const std::string packed = pack(encoding, std::string(1000, 'a') + "bcd");
    const Decoded cut = decode(encoding, packed.substr(0, packed.size() - 2), 5);
    CHECK(cut.state == Decoder::State::more);
    CHECK_FALSE(cut.complete);
    CHECK_FALSE(decode(encoding, "", 1).complete);
    const Decoded other = decode(encoding, "\xff\xfe\xfd this is text and nothing else, for sure", 100);
    CHECK((other.state == Decoder::State::broken || !other.complete));
  }
  CHECK(decode("gzip", "this is text and nothing else", 100).state == Decoder::State::broken);
}

TEST_CASE("gzip members follow each other; what follows one otherwise is broken, after raw deflate it is nobody's") {
  CHECK(decode("gzip", gzip("one, ") + gzip("two"), 3).text == "one, two");
  CHECK(decode("gzip", gzip("one") + "garbage after the end", 100).state == Decoder::State::broken);
  const Decoded deflated = decode("deflate", deflate_raw("one") + "garbage", 2);
  CHECK(deflated.text == "one");
  CHECK(deflated.complete);
  CHECK(decode("br", brotli_of("one") + "garbage", 100).state == Decoder::State::broken);
  CHECK(decode("br", brotli_of("one") + "garbage", 1).state == Decoder::State::broken);
}

TEST_CASE("a bomb is stopped within a slice of the limit") {
  for (const std::string& encoding : kEncodings) {
    INFO(encoding);
    const Decoded got = decode(encoding, pack(encoding, filled(30'000'000)), 16'384, 100'000);
    CHECK(got.state == Decoder::State::stopped);
    CHECK(got.largest <= 16 * 1024);
    CHECK(got.text.size() <= 100'000 + 16 * 1024);
  }
}

TEST_CASE("identity and unknown encodings have no decoder") {
  CHECK(Decoder::make("identity") == nullptr);
  CHECK(Decoder::make("") == nullptr);
  CHECK(Decoder::make("zstd") == nullptr);
}

}  // namespace
}  // namespace nines::probes::test
