#include "probes/async/stop.hpp"

#include <algorithm>

namespace nines::probes {

void StopCallback::unlink() {
  if (from_ == nullptr) return;
  *from_ = next_;
  if (next_ != nullptr) next_->from_ = from_;
  from_ = nullptr;
  next_ = nullptr;
}

StopState::~StopState() {
  if (first_ != nullptr) detail::broken_rule("a stop source was destroyed while somebody waited on it");
}

void StopState::add(StopCallback& callback) {
  callback.unlink();
  callback.next_ = first_;
  callback.from_ = &first_;
  if (first_ != nullptr) first_->from_ = &callback.next_;
  first_ = &callback;
}

void StopState::stop(StopCause cause) {
  if (cause_ != StopCause::none) return;
  cause_ = cause;
  while (first_ != nullptr) {
    StopCallback* callback = first_;
    callback->unlink();
    callback->stopped(cause);
  }
}

StopSource::StopSource(Stop parent) {
  state_.limit(parent.deadline());
  if (parent.stopped()) {
    state_.stop(parent.cause());
  } else {
    parent.add(*this);
  }
}

DeadlineScope::DeadlineScope(Loop& loop, std::chrono::nanoseconds timeout, Stop parent)
    : Timer(loop),
      own_deadline_(Loop::now_ns() + static_cast<std::uint64_t>(std::max<std::int64_t>(timeout.count(), 0))) {
  state_.limit(std::min(own_deadline_, parent.deadline()));
  if (parent.stopped()) {
    state_.stop(parent.cause());
    return;
  }
  parent.add(*this);
  // At the same instant or later it is the parent's deadline that fires.
  if (own_deadline_ >= parent.deadline()) return;
  if (timeout.count() <= 0) {
    fired();
  } else {
    start(own_deadline_);
  }
}

void DeadlineScope::fired() {
  if (state_.cause() != StopCause::none) return;
  expired_ = true;
  state_.stop(StopCause::deadline);
}

}  // namespace nines::probes
