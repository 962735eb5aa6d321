#include "probes/http/reception.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.hpp"
#include "probes/async/loop.hpp"

namespace nines::probes {

bool Reception::header_line(std::string_view line) {
  if (first_byte_ns == 0) first_byte_ns = Loop::now_ns();
  header_bytes += line.size();
  if (header_bytes > max_header_bytes) return stop(End::headers_too_large);
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (!headers_complete && line.starts_with("HTTP/")) return status_line(line);
  if (line.empty()) return headers_complete || block_end();
  return field(line);
}

bool Reception::status_line(std::string_view line) {
  headers.clear();
  content_length = -1;
  const auto space = line.find(' ');
  version = std::string(line.substr(5, space == line.npos ? space : space - 5));
  status = 0;
  if (space != line.npos) {
    const char* begin = line.data() + space + 1;
    std::from_chars(begin, line.data() + line.size(), status);
  }
  if (status >= 100 && status <= 999) return true;
  fault = fmt::format("the status line is `{}`", printable(ellipsize(line, 100)));
  return stop(End::malformed);
}

bool Reception::field(std::string_view line) {
  Headers& into = headers_complete ? trailers : headers;
  if ((line.front() == ' ' || line.front() == '\t') && !into.empty()) {  // obsolete folding
    into.back().second += " " + std::string(trim(line));
    return true;
  }
  const auto colon = line.find(':');
  if (colon == line.npos || colon == 0) {
    fault = fmt::format("`{}` is not a header line", printable(ellipsize(line, 100)));
    return stop(End::malformed);
  }
  into.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
  return true;
}

bool Reception::block_end() {
  if (status == 101) {
    headers_complete = true;
    return stop(End::switching);
  }
  if (status < 200) return true;
  headers_complete = true;
  leads_on = follows && is_redirect(status) && std::ranges::any_of(headers, [](const auto& header) {
               return same_name(header.first, "location") && !header.second.empty();
             });
  const std::string* first = nullptr;
  for (const auto& [name, value] : headers) {
    if (!same_name(name, "content-length")) continue;
    if (first != nullptr && *first != value) {
      fault = fmt::format("two different Content-Length headers, {} and {}", printable(ellipsize(*first, 30)),
                          printable(ellipsize(value, 30)));
      headers_complete = false;
      return stop(End::malformed);
    }
    first = &value;
  }
  if (first == nullptr) return true;
  const auto [rest, error] = std::from_chars(first->data(), first->data() + first->size(), content_length);
  if (error == std::errc() && rest == first->data() + first->size() && content_length >= 0) return true;
  content_length = -1;
  headers_complete = false;
  fault = fmt::format("the Content-Length is `{}`", printable(ellipsize(*first, 30)));
  return stop(End::malformed);
}

bool Reception::body_data(std::string_view data) {
  wire_bytes += static_cast<std::int64_t>(data.size());
  if (leads_on) {
    return wire_bytes <= kMaxRedirectBody || stop(End::redirect);
  }
  if (!decoder) return keep(data);
  const auto state = decoder->feed(data, [this](std::string_view slice) { return keep(slice); });
  return state == Decoder::State::broken ? stop(End::not_decodable) : state == Decoder::State::more;
}

bool Reception::body_end() {
  return !decoder || leads_on || decoder->complete() || stop(End::not_decodable);
}

bool Reception::keep(std::string_view decoded) {
  const bool over = max_body_bytes > 0 && static_cast<std::int64_t>(decoded.size()) > max_body_bytes - body_bytes;
  if (over) decoded = decoded.substr(0, static_cast<std::size_t>(max_body_bytes - body_bytes));
  body_bytes += static_cast<std::int64_t>(decoded.size());
  body.append(decoded.substr(0, static_cast<std::size_t>(max_kept_bytes) - body.size()));
  return !over || stop(End::body_too_large);
}

}  // namespace nines::probes
