#include "probes/http/reuse.hpp"

#include <algorithm>

namespace nines::probes {

std::unique_ptr<KeptConnection> ConnectionPool::take(const Owner& owner, const std::string& place) {
  const auto found = idle_.find({owner.get(), place});
  if (found == idle_.end()) return nullptr;
  auto connection = std::move(found->second.connection);
  idle_.erase(found);
  return connection;
}

void ConnectionPool::put(const Owner& owner, const std::string& place, std::unique_ptr<KeptConnection> connection) {
  std::erase_if(idle_, [](const auto& entry) { return entry.second.owner.expired(); });
  if (idle_.size() >= kMax) {
    idle_.erase(std::ranges::min_element(idle_, {}, [](const auto& entry) { return entry.second.since_ns; }));
  }
  idle_[{owner.get(), place}] = {owner, Loop::now_ns(), std::move(connection)};
}

}  // namespace nines::probes
