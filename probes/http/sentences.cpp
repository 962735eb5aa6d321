// The words of failures.

#include <optional>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/text.hpp"
#include "probes/http/hop.hpp"
#include "probes/net/connect.hpp"

namespace nines::probes {

namespace {

std::string size_text(std::size_t bytes) {
  return bytes % 1024 == 0 ? fmt::format("{} KB", bytes / 1024) : fmt::format("{} bytes", bytes);
}

// " (TEXT)"; nothing when there is no text.
std::string in_brackets(std::string_view text) {
  return text.empty() ? "" : " (" + printable(text) + ")";
}

bool wants_only_http2(const HttpRequest& request) {
  return request.http_versions.size() == 1 && request.http_versions.front().ends_with("2.0");
}

}  // namespace

// "GET http://api.example.com/health from 192.0.2.7:80: WHAT".
Outcome Hop::fault(Reason reason, const HttpExchange& out, const std::string& what) const {
  std::string sentence = fmt::format("{} {} from {}: {}", hop_.method, hop_.url.shown(), out.address, what);
  std::string failed;
  for (const auto& [address, error] : out.addresses) {
    if (!error.empty()) failed += fmt::format("{}{}: {}", failed.empty() ? "" : ", ", address, error);
  }
  if (!failed.empty()) sentence += fmt::format(" (also tried {})", failed);
  return {reason, std::move(sentence)};
}

Outcome Hop::judge(const HttpExchange& out, std::optional<int> code, Stop stop) const {
  if (!code || *code == CURLE_OPERATION_TIMEDOUT) return stopped(out, stop);
  // A redirect is its headers; how its body fares is nobody's concern.
  const bool read = reception_.end == Reception::End::none || reception_.end == Reception::End::redirect;
  if (reception_.leads_on && read) return {};
  if (reception_.end != Reception::End::none) return ended_by_us(out);
  if (*code != CURLE_OK) return tunnelled() ? curl_failure(*code, out) : proxy_fault(*code, out);
  if (!reception_.headers_complete) {
    return fault(Reason::http_truncated, out, "the connection was closed within the headers; expected a whole answer");
  }
  if (wants_only_http2(request_) && out.version != "2") {
    return fault(Reason::http_version, out, fmt::format("answered in HTTP/{}; expected HTTP/2", out.version));
  }
  return {};
}

Outcome Hop::ended_by_us(const HttpExchange& out) const {
  switch (reception_.end) {
    case Reception::End::headers_too_large:
      return fault(Reason::header_too_large, out,
                   fmt::format("more than {} of headers; expected less", size_text(reception_.max_header_bytes)));
    case Reception::End::malformed:
      return fault(Reason::http_malformed, out, reception_.fault + "; expected a well-formed HTTP answer");
    case Reception::End::body_too_large:
      return fault(Reason::body_too_large, out,
                   fmt::format("more than {} bytes of body; expected at most that", request_.max_body_bytes));
    case Reception::End::not_decodable:
      return fault(Reason::http_encoding, out,
                   fmt::format("the body is not {}; expected it to be, as `compression` says",
                               request_.compression == "br" ? "brotli" : request_.compression));
    default:
      return {};
  }
}

Outcome Hop::stopped(const HttpExchange& out, Stop stop) const {
  if (!tunnelled()) {
    return stop_outcome(
        stop.cause(), Reason::connect_timeout,
        fmt::format("the proxy {} at {} opened no way to {}:{} within {}; expected it to", proxy_->text(), out.address,
                    hop_.url.host(), hop_.url.port(), budget_text(stop, exchange_start_ns_)));
  }
  if (hop_.url.tls() && tls_.end_ns == 0) {
    return stop_outcome(stop.cause(), Reason::tls_timeout,
                        fmt::format("TLS with {} at {}: no complete handshake within {}", hop_.url.host(), out.address,
                                    budget_text(stop, exchange_start_ns_)));
  }
  std::string got = "waited for the first byte";
  if (reception_.headers_complete) {
    got = fmt::format("got status {} and {} bytes of body", out.status, reception_.wire_bytes);
    if (out.content_length >= 0) got += fmt::format(" of {}", out.content_length);
  } else if (reception_.first_byte_ns != 0) {
    got = fmt::format("got status {} and a part of the headers", out.status);
  }
  return stop_outcome(stop.cause(), Reason::http_timeout,
                      fmt::format("no complete answer within {}: connected to {}, {}",
                                  budget_text(stop, exchange_start_ns_), out.address, got));
}

Outcome Hop::tls_fault(int code, const HttpExchange& out) const {
  Outcome outcome = tls_failure(code, error_text_.data(), tls_);
  outcome.message = fmt::format("TLS with {} at {}: {}", hop_.url.host(), out.address, outcome.message);
  return outcome;
}

bool Hop::speaks_http2() const {
  return hop_.url.tls() ? tls_.facts.alpn == "h2" : wants_only_http2(request_);
}

// What libcurl 7.88 says of HTTP/2 in the words of HTTP/1; nothing: the words are right.
std::optional<Outcome> Hop::http2_failure(int code, const HttpExchange& out) const {
  const std::string_view text = error_text_.data();
  switch (code) {
    case CURLE_GOT_NOTHING:
      return fault(Reason::http_malformed, out,
                   "what came is no HTTP/2 answer, has a header of more than 64 KB or was taken back; expected a "
                   "well-formed answer");
    case CURLE_RECV_ERROR:
      // nghttp2's words for libcurl's buffer of headers being full, and for too many CONTINUATION frames.
      if (reception_.headers_complete) return {};
      if (text.find("returned -902") == text.npos && text.find("returned -905") == text.npos) return {};
      return fault(Reason::header_too_large, out, "too many headers; expected less");
    case CURLE_HTTP2:
      return fault(Reason::http_reset, out,
                   fmt::format("the server ended the HTTP/2 connection{}; expected a whole answer", in_brackets(text)));
    case CURLE_PARTIAL_FILE:
      if (!reception_.headers_complete) {
        return fault(Reason::http_empty, out, "the connection was closed without an answer; expected an HTTP answer");
      }
      if (out.content_length >= 0) return {};
      return fault(
          Reason::http_truncated, out,
          fmt::format("the body ended with the connection, after {} bytes; expected all of it", reception_.wire_bytes));
    default:
      return {};
  }
}

// A target must never be able to make its own failure the agent's: only codes that no answer can bring about are.
Outcome Hop::curl_failure(int code, const HttpExchange& out) const {
  const std::string_view text = error_text_.data();
  const auto say = [&](Reason reason, const std::string& what) { return fault(reason, out, what); };
  const auto libcurl = [&] { return curl_easy_strerror(static_cast<CURLcode>(code)) + in_brackets(text); };
  if (speaks_http2()) {
    if (auto outcome = http2_failure(code, out)) return std::move(*outcome);
  }
  switch (code) {
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
      return tls_fault(code, out);
    case CURLE_GOT_NOTHING:
      return say(Reason::http_empty, "the connection was closed without an answer; expected an HTTP answer");
    case CURLE_RECV_ERROR:
      if (text.find("Too large") != text.npos) return say(Reason::header_too_large, "too many headers; expected less");
      if (text.find("chunk") != text.npos) {
        return say(Reason::http_malformed, fmt::format("{}; expected a well-formed body", printable(text)));
      }
      [[fallthrough]];
    case CURLE_SEND_ERROR:
      // In TLS 1.3 what the server makes of the client's certificate comes after the client's end of the handshake.
      if (!reception_.headers_complete && text.find(" alert ") != text.npos) return tls_fault(code, out);
      [[fallthrough]];
    case CURLE_HTTP2_STREAM:
      return say(Reason::http_reset,
                 fmt::format("the connection was cut{}; expected a whole answer", in_brackets(text)));
    case CURLE_COULDNT_CONNECT:
      // After our connection: it broke at once, or the server refused the HTTP/2 stream and libcurl wants another one.
      return say(Reason::http_reset, "the request was refused or the connection lost; expected an answer");
    case CURLE_PARTIAL_FILE:
      if (out.content_length < 0) {
        return say(
            Reason::http_truncated,
            fmt::format("the body ended within a chunk, after {} bytes; expected all of it", reception_.wire_bytes));
      }
      return say(Reason::http_truncated, fmt::format("the body ended after {} of {} bytes; expected all of it",
                                                     reception_.wire_bytes, out.content_length));
    case CURLE_OUT_OF_MEMORY:
      // curl's answer, without a text, to one header line over its limit.
      if (text.empty()) return say(Reason::header_too_large, "a header line over 100 KB; expected less");
      return {Reason::agent_memory, "out of memory"};
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_WRITE_ERROR:
      if (const std::string* coding = out.header("transfer-encoding"); coding && !same_name(*coding, "chunked")) {
        return say(Reason::http_malformed, fmt::format("the body is not encoded as its Transfer-Encoding `{}` says; "
                                                       "expected it to decode",
                                                       printable(ellipsize(*coding, 50))));
      }
      return say(Reason::http_encoding, "the body cannot be decoded; expected it to decode");
    case CURLE_PROXY:
      return proxy_ ? proxy_fault(code, out) : say(Reason::http_malformed, libcurl());
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_HTTP2:
      return say(Reason::http_malformed,
                 fmt::format("the answer is not HTTP{}; expected a well-formed answer", in_brackets(text)));
    case CURLE_FAILED_INIT:
    case CURLE_NOT_BUILT_IN:
    case CURLE_ABORTED_BY_CALLBACK:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_UNKNOWN_OPTION:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_RECURSIVE_API_CALL:
      return {Reason::agent_error, "libcurl: " + libcurl()};
    default:
      return say(Reason::http_malformed, fmt::format("{}; expected a well-formed answer", libcurl()));
  }
}

}  // namespace nines::probes
