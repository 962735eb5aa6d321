// https://www.iana.org/assignments/dns-parameters: types, with those that only software knows, and classes.

#include <algorithm>
#include <array>
#include <iterator>

#include "config/module.hpp"

namespace nines::config {
namespace {

struct Named {
  std::string_view name;
  std::uint16_t number;
};

constexpr Named kTypes[] = {
    {"None", 0},         {"A", 1},        {"NS", 2},      {"MD", 3},          {"MF", 4},       {"CNAME", 5},
    {"SOA", 6},          {"MB", 7},       {"MG", 8},      {"MR", 9},          {"NULL", 10},    {"WKS", 11},
    {"PTR", 12},         {"HINFO", 13},   {"MINFO", 14},  {"MX", 15},         {"TXT", 16},     {"RP", 17},
    {"AFSDB", 18},       {"X25", 19},     {"ISDN", 20},   {"RT", 21},         {"NSAP", 22},    {"NSAP-PTR", 23},
    {"SIG", 24},         {"KEY", 25},     {"PX", 26},     {"GPOS", 27},       {"AAAA", 28},    {"LOC", 29},
    {"NXT", 30},         {"EID", 31},     {"NIMLOC", 32}, {"SRV", 33},        {"ATMA", 34},    {"NAPTR", 35},
    {"KX", 36},          {"CERT", 37},    {"A6", 38},     {"DNAME", 39},      {"SINK", 40},    {"OPT", 41},
    {"APL", 42},         {"DS", 43},      {"SSHFP", 44},  {"IPSECKEY", 45},   {"RRSIG", 46},   {"NSEC", 47},
    {"DNSKEY", 48},      {"DHCID", 49},   {"NSEC3", 50},  {"NSEC3PARAM", 51}, {"TLSA", 52},    {"SMIMEA", 53},
    {"HIP", 55},         {"NINFO", 56},   {"RKEY", 57},   {"TALINK", 58},     {"CDS", 59},     {"CDNSKEY", 60},
    {"OPENPGPKEY", 61},  {"CSYNC", 62},   {"ZONEMD", 63}, {"SVCB", 64},       {"HTTPS", 65},   {"DSYNC", 66},
    {"SPF", 99},         {"UINFO", 100},  {"UID", 101},   {"GID", 102},       {"UNSPEC", 103}, {"NID", 104},
    {"L32", 105},        {"L64", 106},    {"LP", 107},    {"EUI48", 108},     {"EUI64", 109},  {"NXNAME", 128},
    {"TKEY", 249},       {"TSIG", 250},   {"IXFR", 251},  {"AXFR", 252},      {"MAILB", 253},  {"MAILA", 254},
    {"ANY", 255},        {"URI", 256},    {"CAA", 257},   {"AVC", 258},       {"DOA", 259},    {"AMTRELAY", 260},
    {"RESINFO", 261},    {"WALLET", 262}, {"CLA", 263},   {"IPN", 264},       {"TA", 32768},   {"DLV", 32769},
    {"Reserved", 65535},
};

constexpr Named kClasses[] = {{"IN", 1}, {"CS", 2}, {"CH", 3}, {"HS", 4}, {"NONE", 254}, {"ANY", 255}};

template <std::size_t N>
std::optional<std::uint16_t> number_of(const Named (&table)[N], std::string_view name) {
  const auto* found = std::ranges::find(table, name, &Named::name);
  return found == std::end(table) ? std::nullopt : std::optional(found->number);
}

}  // namespace

std::optional<std::uint16_t> dns_type_number(std::string_view name) {
  return number_of(kTypes, name);
}

std::optional<std::uint16_t> dns_class_number(std::string_view name) {
  return number_of(kClasses, name);
}

std::string nearest_dns_type(std::string_view name) {
  // Names are so short that only the case can be told to be a slip.
  std::string upper(name);
  std::ranges::transform(upper, upper.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return dns_type_number(upper) ? upper : std::string();
}

}  // namespace nines::config
