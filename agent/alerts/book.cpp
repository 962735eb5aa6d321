#include "agent/alerts/book.hpp"

#include <algorithm>
#include <set>

namespace nines::agent {
namespace {

// The step of a failure is no reason to tell it again.
bool same_alert(const AlertLabels& a, const AlertLabels& b) {
  const auto rest = [](AlertLabels labels) {
    std::erase_if(labels, [](const auto& label) { return label.first == "failed_step"; });
    return labels;
  };
  return rest(a) == rest(b);
}

}  // namespace

void Book::restore(std::vector<Alert> alerts) {
  for (Alert& alert : alerts) {
    last_id_ = std::max(last_id_, alert.id);
    if (alert.firing()) firing_[alert.identity] = alert.id;
    const std::int64_t id = alert.id;
    alerts_.emplace(id, std::move(alert));
  }
}

std::vector<std::int64_t> Book::update(Time now, const Assessment& assessment, std::span<const std::string> receivers) {
  std::vector<std::int64_t> changed;
  std::set<std::string_view> wrong;
  for (const Condition& condition : assessment.wrong) wrong.insert(condition.identity);
  const auto end = [&](std::int64_t id) {
    Alert& alert = alerts_.at(id);
    alert.ends = std::max(now, alert.starts);
    changed.push_back(id);
  };
  std::erase_if(firing_, [&](const auto& entry) {
    if (wrong.contains(entry.first) || assessment.undecided.contains(entry.first)) return false;
    end(entry.second);
    return true;
  });
  for (const Condition& condition : assessment.wrong) {
    const auto [place, fresh] = firing_.try_emplace(condition.identity, 0);
    if (!fresh) {
      Alert& alert = alerts_.at(place->second);
      if (same_alert(alert.labels, condition.labels)) {
        alert.annotations = condition.annotations;
        alert.url = condition.url;
        continue;
      }
      end(place->second);
    }
    place->second = ++last_id_;
    alerts_.emplace(last_id_, Alert{.id = last_id_,
                                    .identity = condition.identity,
                                    .labels = condition.labels,
                                    .annotations = condition.annotations,
                                    .url = condition.url,
                                    .starts = std::min(condition.since, now),
                                    .ends = std::nullopt,
                                    .told = {}});
    for (const std::string& receiver : receivers) alerts_.at(last_id_).told[receiver] = {};
    changed.push_back(last_id_);
  }
  return changed;
}

bool Book::tell(std::int64_t id, const std::string& receiver, const Told& told) {
  const auto found = alerts_.find(id);
  if (found == alerts_.end()) return false;
  Told& known = found->second.told[receiver];
  if (known == told) return false;
  known = told;
  return true;
}

void Book::forget(Time ended_before, std::span<const std::string> receivers) {
  std::erase_if(alerts_, [&](const auto& entry) {
    const Alert& alert = entry.second;
    return alert.ends && *alert.ends < ended_before &&
           std::ranges::all_of(
               receivers,
               [&](const std::string& receiver) {
                 const auto told = alert.told.find(receiver);
                 return told == alert.told.end() || told->second.resolved;
               });
  });
}

const Alert* Book::find(std::int64_t id) const {
  const auto found = alerts_.find(id);
  return found == alerts_.end() ? nullptr : &found->second;
}

std::string_view Book::firing(const std::string& identity) const {
  const auto found = firing_.find(identity);
  return found == firing_.end() ? std::string_view() : value_of(alerts_.at(found->second).labels, "severity");
}

}  // namespace nines::agent
