#pragma once

// IANA's DNS parameters by name: https://www.iana.org/assignments/dns-parameters. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nines::probes {

enum class RecordType : std::uint16_t {
  a = 1,
  ns = 2,
  cname = 5,
  soa = 6,
  ptr = 12,
  hinfo = 13,
  mx = 15,
  txt = 16,
  rp = 17,
  afsdb = 18,
  aaaa = 28,
  srv = 33,
  naptr = 35,
  kx = 36,
  dname = 39,
  opt = 41,
  ds = 43,
  sshfp = 44,
  rrsig = 46,
  nsec = 47,
  dnskey = 48,
  nsec3 = 50,
  nsec3param = 51,
  tlsa = 52,
  smimea = 53,
  cds = 59,
  cdnskey = 60,
  openpgpkey = 61,
  svcb = 64,
  https = 65,
  spf = 99,
  uri = 256,
  caa = 257,
};

std::string record_type_name(std::uint16_t type);    // "AAAA"; "TYPE65400" of what has no name
std::string record_class_name(std::uint16_t klass);  // "IN"; "CLASS9"
std::string rcode_name(int rcode);                   // "NXDOMAIN"; "RCODE12"
std::optional<int> parse_rcode(std::string_view name);

}  // namespace nines::probes
