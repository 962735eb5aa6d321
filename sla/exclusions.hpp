#pragma once

// Which moments maintenance windows and an objective's hours take out (docs/sla.md, "Exclusions and hours").

#include <span>
#include <string>
#include <vector>

#include "sla/model.hpp"
#include "sla/timeline.hpp"

namespace nines::sla {

// The times of a window, excluded or not: of a weekly one, those that begin or go on in the range while it is in force,
// cut to both.
std::vector<Period> periods_of(const config::Maintenance& window, const Period& range);

// Maintenance windows worked out over a range, once for all checks. The windows outlive this.
class Windows {
 public:
  Windows(std::span<const config::Maintenance> maintenance, const Period& range);
  // Sorted, disjoint: the windows that apply to a check whose settings these are, each by the service in force then.
  std::vector<Period> over(std::span<const Settings> settings) const;
  // Of every service, in no order.
  std::vector<Period> all() const;

 private:
  struct Expanded {
    std::string service;
    std::vector<Period> periods;
  };
  std::vector<Expanded> windows_;
};

// `up` inside the hours of the range, `absent` outside them; `up` always without hours.
Timeline open_hours(const config::Objective& objective, const Period& range);

}  // namespace nines::sla
