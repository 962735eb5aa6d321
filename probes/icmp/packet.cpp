#include "probes/icmp/packet.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

namespace nines::probes {

namespace {

constexpr std::size_t kHeader = 8;

unsigned u8_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

unsigned u16_at(std::string_view bytes, std::size_t at) {
  return (u8_at(bytes, at) << 8) | u8_at(bytes, at + 1);
}

void put_u16(std::string& bytes, std::size_t at, unsigned value) {
  bytes[at] = static_cast<char>(value >> 8);
  bytes[at + 1] = static_cast<char>(value & 0xff);
}

// RFC 1071.
unsigned checksum(std::string_view bytes) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) sum += u16_at(bytes, i);
  if (bytes.size() % 2 != 0) sum += u8_at(bytes, bytes.size() - 1) << 8;
  while (sum >> 16 != 0) sum = (sum & 0xffffU) + (sum >> 16);
  return ~sum & 0xffffU;
}

bool same_header(const Echo& echo, std::string_view message, unsigned type) {
  return message.size() >= kHeader && u8_at(message, 0) == type && u8_at(message, 1) == 0 &&
         (echo.any_id || u16_at(message, 4) == echo.id) && u16_at(message, 6) == echo.sequence;
}

unsigned request_type(const Echo& echo) {
  return echo.family == 4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
}

struct Words {
  int type;
  int code;  // -1: any other
  std::string_view words;
};
constexpr Words kWords4[] = {
    {ICMP_DEST_UNREACH, ICMP_NET_UNREACH, "network unreachable"},
    {ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, "host unreachable"},
    {ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, "protocol unreachable"},
    {ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, "port unreachable"},
    {ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, "packet too big"},
    {ICMP_DEST_UNREACH, ICMP_NET_UNKNOWN, "network unknown"},
    {ICMP_DEST_UNREACH, ICMP_HOST_UNKNOWN, "host unknown"},
    {ICMP_DEST_UNREACH, ICMP_NET_ANO, "network administratively prohibited"},
    {ICMP_DEST_UNREACH, ICMP_HOST_ANO, "host administratively prohibited"},
    {ICMP_DEST_UNREACH, ICMP_PKT_FILTERED, "administratively prohibited"},
    {ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, "time to live exceeded"},
    {ICMP_TIME_EXCEEDED, ICMP_EXC_FRAGTIME, "time to put fragments together exceeded"},
    {ICMP_PARAMETERPROB, -1, "parameter problem"},
};
constexpr Words kWords6[] = {
    {ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOROUTE, "no route"},
    {ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADMIN, "administratively prohibited"},
    {ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_BEYONDSCOPE, "beyond the scope of the source address"},
    {ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADDR, "address unreachable"},
    {ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOPORT, "port unreachable"},
    {ICMP6_DST_UNREACH, 5, "source address refused by policy"},
    {ICMP6_DST_UNREACH, 6, "route rejected"},
    {ICMP6_PACKET_TOO_BIG, -1, "packet too big"},
    {ICMP6_TIME_EXCEEDED, ICMP6_TIME_EXCEED_TRANSIT, "hop limit exceeded"},
    {ICMP6_TIME_EXCEEDED, ICMP6_TIME_EXCEED_REASSEMBLY, "time to put fragments together exceeded"},
    {ICMP6_PARAM_PROB, -1, "parameter problem"},
};

template <std::size_t N>
std::string words_of(const Words (&table)[N], int type, int code) {
  const auto* found =
      std::ranges::find_if(table, [&](const Words& w) { return w.type == type && (w.code == code || w.code == -1); });
  if (found != std::end(table)) return std::string(found->words);
  return fmt::format("type {} code {}", type, code);
}

}  // namespace

std::string echo_request(const Echo& echo) {
  std::string out(kHeader, '\0');
  out[0] = static_cast<char>(request_type(echo));
  put_u16(out, 4, echo.id);
  put_u16(out, 6, echo.sequence);
  out += echo.payload;
  if (echo.family == 4) put_u16(out, 2, checksum(out));
  return out;
}

bool is_reply(const Echo& echo, std::string_view message) {
  const unsigned type = echo.family == 4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
  return same_header(echo, message, type) && message.substr(kHeader) == echo.payload;
}

bool is_request(const Echo& echo, std::string_view quoted) {
  if (!same_header(echo, quoted, request_type(echo))) return false;
  const std::string_view payload = quoted.substr(kHeader);
  return payload.substr(0, echo.payload.size()) == std::string_view(echo.payload).substr(0, payload.size());
}

std::string_view behind_ipv4_header(std::string_view packet) {
  if (packet.empty()) return {};
  const std::size_t size = std::size_t{u8_at(packet, 0) & 0xfU} * 4;
  if (size < 20 || size > packet.size()) return {};
  return packet.substr(size);
}

std::string icmp_error_words(int family, int type, int code) {
  return family == 4 ? words_of(kWords4, type, code) : words_of(kWords6, type, code);
}

}  // namespace nines::probes
