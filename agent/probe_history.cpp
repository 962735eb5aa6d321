#include "agent/probe_history.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace nines::agent {

void ProbeHistory::set_limit(std::size_t limit) {
  const std::lock_guard lock(mutex_);
  limit_ = limit;
  shorten();
}

void ProbeHistory::add(std::string module, std::string target, std::string text, bool success) {
  if (text.size() > kMaxText) text = ellipsize(text, kMaxText);
  const auto entry = std::make_shared<Entry>(0, std::move(module), std::move(target), std::move(text), success);
  const std::lock_guard lock(mutex_);
  entry->id = next_id_++;
  recent_.push_back(entry);
  shorten();
}

void ProbeHistory::shorten() {
  while (recent_.size() > limit_) {
    if (!recent_.front()->success) kept_failures_.push_back(std::move(recent_.front()));
    recent_.pop_front();
  }
  while (kept_failures_.size() > limit_) kept_failures_.pop_front();
}

ProbeHistory::Entries ProbeHistory::entries() const {
  const std::lock_guard lock(mutex_);
  Entries all(recent_.rbegin(), recent_.rend());
  all.insert(all.end(), kept_failures_.rbegin(), kept_failures_.rend());
  return all;
}

std::shared_ptr<const ProbeHistory::Entry> ProbeHistory::find(std::uint64_t id) const {
  const Entries all = entries();
  const auto found = std::ranges::find(all, id, [](const auto& entry) { return entry->id; });
  return found == all.end() ? nullptr : *found;
}

std::shared_ptr<const ProbeHistory::Entry> ProbeHistory::latest(const std::string& target,
                                                                const std::string& module) const {
  const Entries all = entries();
  const auto found = std::ranges::find_if(
      all, [&](const auto& entry) { return entry->target == target && (module.empty() || entry->module == module); });
  return found == all.end() ? nullptr : *found;
}

}  // namespace nines::agent
