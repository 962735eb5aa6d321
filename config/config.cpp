#include "config/config.hpp"

#include <algorithm>

namespace nines::config {
namespace {

template <class T>
const T* find_scheduled(const std::vector<T>& items, const std::string& name) {
  const auto found = std::ranges::find_if(items, [&](const T& item) { return item.schedule.name == name; });
  return found == items.end() ? nullptr : &*found;
}

}  // namespace

std::string_view prober_name(Prober prober) {
  switch (prober) {
    case Prober::http:
      return "http";
    case Prober::tcp:
      return "tcp";
    case Prober::dns:
      return "dns";
    case Prober::icmp:
      return "icmp";
    case Prober::grpc:
      return "grpc";
    case Prober::unix_socket:
      return "unix";
    case Prober::websocket:
      return "websocket";
  }
  return "unknown";
}

const Service* Config::service(const std::string& name) const {
  const auto found = std::ranges::find(services, name, &Service::name);
  return found == services.end() ? nullptr : &*found;
}

const Check* Config::check(const std::string& name) const {
  return find_scheduled(checks, name);
}

const Journey* Config::journey(const std::string& name) const {
  return find_scheduled(journeys, name);
}

std::vector<const Schedule*> Config::schedules() const {
  std::vector<const Schedule*> all;
  all.reserve(checks.size() + journeys.size());
  for (const Check& check : checks) all.push_back(&check.schedule);
  for (const Journey& journey : journeys) all.push_back(&journey.schedule);
  return all;
}

}  // namespace nines::config
