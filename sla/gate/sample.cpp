#include "sla/gate/sample.hpp"

#include <algorithm>

namespace nines::sla::gate {

Micros judged_time(const ResultRow& row) {
  return row.measured == ResultRow::kNone ? row.duration : row.measured;
}

void Sample::add(const ResultRow& row) {
  if (is_agent_fault(row.reason)) return;
  ++results;
  if (row.status >= 500 && row.status <= 599) ++server_errors;
  if (row.success()) {
    durations.push_back(judged_time(row));
  } else {
    ++errors;
  }
}

void Sample::sort() {
  std::ranges::sort(durations);
}

Micros p95(const std::vector<Micros>& sorted) {
  const std::size_t rank = (sorted.size() * 95 + 99) / 100;
  return sorted[rank - 1];
}

}  // namespace nines::sla::gate
