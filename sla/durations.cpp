#include "sla/durations.hpp"

#include <algorithm>
#include <limits>

#include "sla/exact.hpp"

namespace nines::sla {
namespace {

// Fewer are not worth pages of their own.
constexpr std::size_t kFew = 16'384;

bool has_page(Micros duration) {
  return duration >= Micros(0) && duration.count() <= std::int64_t{std::numeric_limits<std::uint32_t>::max()};
}

}  // namespace

std::uint32_t& Durations::counter(std::uint32_t microseconds) {
  const std::size_t at = microseconds / kPage;
  if (at >= pages_.size()) pages_.resize(at + 1);
  auto& page = pages_[at];
  if (!page) page = std::make_unique<Page>();
  return (*page)[microseconds % kPage];
}

void Durations::count(std::span<const std::uint32_t> microseconds) {
  if (!few_.empty()) {
    std::erase_if(few_, [this](Micros duration) {
      if (!has_page(duration)) return false;
      ++counter(static_cast<std::uint32_t>(duration.count()));
      return true;
    });
  }
  for (const std::uint32_t one : microseconds) ++counter(one);
}

void Durations::add(Micros duration) {
  ++finite_;
  if (!pages_.empty() && has_page(duration)) {
    ++counter(static_cast<std::uint32_t>(duration.count()));
    return;
  }
  few_.push_back(duration);
  sorted_ = false;
  if (pages_.empty() && few_.size() > kFew) count({});
}

void Durations::add(std::span<const std::uint32_t> microseconds) {
  finite_ += static_cast<std::int64_t>(microseconds.size());
  if (!pages_.empty() || few_.size() + microseconds.size() > kFew) {
    count(microseconds);
    return;
  }
  for (const std::uint32_t one : microseconds) few_.emplace_back(one);
  sorted_ = false;
}

void Durations::add(const Durations& other) {
  infinite_ += other.infinite_;
  for (const Micros duration : other.few_) add(duration);
  finite_ += other.finite_ - static_cast<std::int64_t>(other.few_.size());
  if (pages_.size() < other.pages_.size()) pages_.resize(other.pages_.size());
  for (std::size_t i = 0; i < other.pages_.size(); ++i) {
    if (!other.pages_[i]) continue;
    if (!pages_[i]) pages_[i] = std::make_unique<Page>();
    for (std::size_t j = 0; j < kPage; ++j) (*pages_[i])[j] += (*other.pages_[i])[j];
  }
}

void Durations::sort_few() const {
  if (!sorted_) std::ranges::sort(few_);
  sorted_ = true;
}

std::optional<Micros> Durations::rank(const Decimal& percentile, std::int64_t of) const {
  if (of == 0) return std::nullopt;
  const Int128 hundredths = Int128{100} * percentile.denominator();
  const Int128 scaled = Int128{percentile.numerator()} * of;
  const Int128 wanted = std::max<Int128>(1, (scaled + hundredths - 1) / hundredths);
  if (wanted > finite_) return std::nullopt;
  std::int64_t left = static_cast<std::int64_t>(wanted);
  std::optional<Micros> found;
  each([&](Micros duration, std::int64_t there) {
    left -= there;
    if (left > 0) return true;
    found = duration;
    return false;
  });
  return found;
}

}  // namespace nines::sla
