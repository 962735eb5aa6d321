#include "config/module.hpp"

namespace nines::config {
namespace {

// What IPv4 carries, less its header and ICMP's.
constexpr int kMaxPayload = 65507;
constexpr int kMaxTtl = 255;

void read_ttl(Context& context, Mapping& map, IcmpModule& icmp) {
  int ttl = 0;
  if (!map.integer("ttl", ttl, std::numeric_limits<std::int32_t>::min())) return;
  if (ttl < 0) {
    context.fault(*map.find("ttl"), "\"ttl\" cannot be negative: expected a whole number from 0 to 255");
  } else if (ttl > kMaxTtl) {
    context.fault(*map.find("ttl"), "\"ttl\" cannot exceed 255: expected a whole number from 0 to 255");
  } else {
    icmp.ttl = ttl;
  }
}

}  // namespace

IcmpModule read_icmp_module(Context& context, const Node& node) {
  Mapping map(context, node, "`icmp`");
  IcmpModule icmp;
  read_dial(context, map, icmp.dial);
  map.integer("payload_size", icmp.payload_size, 0, kMaxPayload);
  map.boolean("dont_fragment", icmp.dont_fragment);
  read_ttl(context, map, icmp);
  map.finish();
  return icmp;
}

}  // namespace nines::config
