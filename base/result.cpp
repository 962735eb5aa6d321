#include "base/result.hpp"

#include <type_traits>

namespace nines {

static_assert(std::is_trivially_copyable_v<ResultRow>);

std::string_view origin_name(Origin origin) {
  switch (origin) {
    case Origin::scheduled:
      return "scheduled";
    case Origin::gate:
      return "gate";
    case Origin::manual:
      return "manual";
  }
  return "unknown";
}

bool Evidence::empty() const {
  return message.empty() && address.empty() && failed_step.empty() && headers.empty() && body.empty() &&
         trace_id.empty() && correlation_id.empty() && attempts.empty();
}

}  // namespace nines
