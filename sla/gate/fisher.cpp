#include "sla/gate/fisher.hpp"

#include "sla/gate/distributions.hpp"

namespace nines::sla::gate {

double fisher(const Share& baseline, const Share& current) {
  const std::int64_t above = baseline.above + current.above;
  const std::int64_t others = baseline.all + current.all - above;
  return hypergeometric_tail(current.above, above, others, current.all);
}

}  // namespace nines::sla::gate
