#include "agent/alerts/flapping.hpp"

#include <algorithm>

namespace nines::agent {

void Flapping::change(Time at, sla::State from, sla::State to) {
  if (from == sla::State::unknown || to == sla::State::unknown || from == to) return;
  const bool goes_on = flaps(at);
  if (!goes_on && since_ != Time{}) {
    // It was quiet: what came before counts no more.
    changes_.clear();
    since_ = {};
  }
  while (!changes_.empty() && changes_.front() <= at - kFlapWithin) changes_.pop_front();
  changes_.push_back(at);
  if (static_cast<int>(changes_.size()) > kFlapChanges) changes_.pop_front();
  last_ = at;
  if (goes_on) {
    ++count_;
    worst_ = std::max(worst_, to);
    return;
  }
  count_ = static_cast<int>(changes_.size());
  worst_ = count_ == 1 ? std::max(from, to) : std::max({worst_, from, to});
  if (count_ == kFlapChanges) since_ = at;
}

void Flapping::resume(Time at, sla::State worst) {
  changes_.assign(kFlapChanges, at);
  last_ = at;
  since_ = at;
  count_ = kFlapChanges;
  worst_ = worst;
}

bool Flapping::flaps(Time now) const {
  return since_ != Time{} && now < last_ + kFlapQuiet;
}

}  // namespace nines::agent
