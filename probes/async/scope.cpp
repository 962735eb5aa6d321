#include "probes/async/scope.hpp"

#include <utility>

namespace nines::probes {

Scope::Scope(Loop& loop, Stop parent) : source_(parent), empty_(loop) {}

Scope::~Scope() {
  if (alive_ != 0) detail::broken_rule("a Scope was destroyed before its tasks had ended: join() it first");
}

void Scope::spawn(Task<void> task) {
  ++alive_;
  drive(std::move(task));
}

detail::Detached Scope::drive(Task<void> task) {
  try {
    // The frame goes first: a joiner may free what it refers to.
    Task<void> owned = std::move(task);
    co_await std::move(owned);
  } catch (...) {
    if (!failure_) failure_ = std::current_exception();
  }
  if (--alive_ == 0) empty_.set();
}

Task<void> Scope::join() {
  while (alive_ != 0) {
    empty_.reset();
    co_await empty_.wait();
  }
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

}  // namespace nines::probes
