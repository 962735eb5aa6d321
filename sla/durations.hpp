#pragma once

// Durations counted by the microsecond: exact percentiles of a billion of them in a few megabytes.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/decimal.hpp"
#include "base/time.hpp"

namespace nines::sla {

class Durations {
 public:
  void add(Micros duration);
  void add(std::span<const std::uint32_t> microseconds);
  void add(const Durations& other);
  // `strict`: failures.
  void add_infinite(std::int64_t count) { infinite_ += count; }

  std::int64_t finite() const { return finite_; }
  std::int64_t count() const { return finite_ + infinite_; }

  // Nearest rank ceil(N/100 x n), exact. None: it falls on a failure (or there is no sample).
  std::optional<Micros> nearest_rank(const Decimal& percentile) const { return rank(percentile, count()); }
  // The same of the finite ones alone.
  std::optional<Micros> finite_rank(const Decimal& percentile) const { return rank(percentile, finite()); }

  // Calls visit(duration, count) for each finite duration that there is, in order of length, until it returns false.
  template <class Visit>
  void each(Visit&& visit) const {
    std::size_t few = 0;
    sort_few();
    const auto visit_few = [&](Micros before) {
      for (; few < few_.size() && few_[few] < before; ++few) {
        if (!visit(few_[few], std::int64_t{1})) return false;
      }
      return true;
    };
    for (std::size_t i = 0; i < pages_.size(); ++i) {
      if (!pages_[i]) continue;
      for (std::size_t j = 0; j < kPage; ++j) {
        const Micros duration(static_cast<std::int64_t>(i * kPage + j));
        const auto count = static_cast<std::int64_t>((*pages_[i])[j]);
        if (count == 0) continue;
        if (!visit_few(duration) || !visit(duration, count)) return;
      }
    }
    visit_few(Micros::max());
  }

 private:
  // Counts of the durations [i x kPage, (i + 1) x kPage) us; a page is there where one of them is.
  static constexpr std::size_t kPage = 1024;
  using Page = std::array<std::uint32_t, kPage>;

  std::optional<Micros> rank(const Decimal& percentile, std::int64_t of) const;
  std::uint32_t& counter(std::uint32_t microseconds);
  void count(std::span<const std::uint32_t> microseconds);
  void sort_few() const;

  std::vector<std::unique_ptr<Page>> pages_;
  mutable std::vector<Micros> few_;  // one by one: while there are few, and what is too long for a page
  mutable bool sorted_ = true;
  std::int64_t finite_ = 0;
  std::int64_t infinite_ = 0;
};

}  // namespace nines::sla
