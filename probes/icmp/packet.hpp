#pragma once

// ICMP messages: echo requests, their replies, errors about them (RFC 792, RFC 4443). Pure; any thread.

#include <cstdint>
#include <string>
#include <string_view>

namespace nines::probes {

// One echo request. The kernel gives a datagram socket's requests an id of its own, so there `any_id` is set.
struct Echo {
  int family = 4;
  std::uint16_t id = 0;
  bool any_id = false;
  std::uint16_t sequence = 0;
  std::string payload{};
};

// The message, with its checksum for IPv4 (the kernel computes it for IPv6).
std::string echo_request(const Echo& echo);

// Whether an ICMP message is the reply: same sequence, same payload, same id.
bool is_reply(const Echo& echo, std::string_view message);
// Whether what an error message quotes is the beginning of the request.
bool is_request(const Echo& echo, std::string_view quoted);

// What stands behind an IPv4 header; empty: there is none.
std::string_view behind_ipv4_header(std::string_view packet);

// "host unreachable", "time to live exceeded", "type 3 code 42".
std::string icmp_error_words(int family, int type, int code);

}  // namespace nines::probes
