#pragma once

// Prometheus's relabelling of a target's labels.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "config/reader.hpp"

namespace nines::config {

using Labels = std::map<std::string, std::string>;

// One rule of `relabel_configs`; made by read_relabel_rules. False: the target is dropped.
using RelabelRule = std::function<bool(Labels&)>;

// The rules of the list under `key`. Actions: replace, keep, drop, lowercase and uppercase; others go to `left`.
std::vector<RelabelRule> read_relabel_rules(Context& context, Mapping& job, std::string_view key, Faults& left);

}  // namespace nines::config
