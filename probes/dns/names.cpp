#include "probes/dns/names.hpp"

#include <algorithm>
#include <iterator>

namespace nines::probes {

namespace {

struct Named {
  int number;
  std::string_view name;
};

constexpr Named kTypes[] = {
    {1, "A"},        {2, "NS"},          {3, "MD"},        {4, "MF"},      {5, "CNAME"},       {6, "SOA"},
    {7, "MB"},       {8, "MG"},          {9, "MR"},        {10, "NULL"},   {12, "PTR"},        {13, "HINFO"},
    {14, "MINFO"},   {15, "MX"},         {16, "TXT"},      {17, "RP"},     {18, "AFSDB"},      {19, "X25"},
    {20, "ISDN"},    {21, "RT"},         {23, "NSAP-PTR"}, {24, "SIG"},    {25, "KEY"},        {26, "PX"},
    {27, "GPOS"},    {28, "AAAA"},       {29, "LOC"},      {30, "NXT"},    {31, "EID"},        {32, "NIMLOC"},
    {33, "SRV"},     {34, "ATMA"},       {35, "NAPTR"},    {36, "KX"},     {37, "CERT"},       {39, "DNAME"},
    {41, "OPT"},     {42, "APL"},        {43, "DS"},       {44, "SSHFP"},  {45, "IPSECKEY"},   {46, "RRSIG"},
    {47, "NSEC"},    {48, "DNSKEY"},     {49, "DHCID"},    {50, "NSEC3"},  {51, "NSEC3PARAM"}, {52, "TLSA"},
    {53, "SMIMEA"},  {55, "HIP"},        {56, "NINFO"},    {57, "RKEY"},   {58, "TALINK"},     {59, "CDS"},
    {60, "CDNSKEY"}, {61, "OPENPGPKEY"}, {62, "CSYNC"},    {63, "ZONEMD"}, {64, "SVCB"},       {65, "HTTPS"},
    {99, "SPF"},     {100, "UINFO"},     {101, "UID"},     {102, "GID"},   {103, "UNSPEC"},    {104, "NID"},
    {105, "L32"},    {106, "L64"},       {107, "LP"},      {108, "EUI48"}, {109, "EUI64"},     {249, "TKEY"},
    {250, "TSIG"},   {251, "IXFR"},      {252, "AXFR"},    {253, "MAILB"}, {254, "MAILA"},     {255, "ANY"},
    {256, "URI"},    {257, "CAA"},       {258, "AVC"},     {32768, "TA"},  {32769, "DLV"},
};
constexpr Named kClasses[] = {{1, "IN"}, {2, "CS"}, {3, "CH"}, {4, "HS"}, {254, "NONE"}, {255, "ANY"}};
constexpr Named kRcodes[] = {
    {0, "NOERROR"},  {1, "FORMERR"},    {2, "SERVFAIL"}, {3, "NXDOMAIN"},  {4, "NOTIMP"},
    {5, "REFUSED"},  {6, "YXDOMAIN"},   {7, "YXRRSET"},  {8, "NXRRSET"},   {9, "NOTAUTH"},
    {10, "NOTZONE"}, {11, "DSOTYPENI"}, {16, "BADSIG"},  {17, "BADKEY"},   {18, "BADTIME"},
    {19, "BADMODE"}, {20, "BADNAME"},   {21, "BADALG"},  {22, "BADTRUNC"}, {23, "BADCOOKIE"},
};

template <std::size_t N>
std::string name_of(const Named (&table)[N], int number, std::string_view otherwise) {
  const auto* found = std::ranges::find(table, number, &Named::number);
  if (found != std::end(table)) return std::string(found->name);
  return std::string(otherwise) + std::to_string(number);
}

}  // namespace

std::string record_type_name(std::uint16_t type) {
  return name_of(kTypes, type, "TYPE");
}

std::string record_class_name(std::uint16_t klass) {
  return name_of(kClasses, klass, "CLASS");
}

std::string rcode_name(int rcode) {
  return name_of(kRcodes, rcode, "RCODE");
}

std::optional<int> parse_rcode(std::string_view name) {
  const auto* found = std::ranges::find(kRcodes, name, &Named::name);
  if (found == std::end(kRcodes)) return std::nullopt;
  return found->number;
}

}  // namespace nines::probes
