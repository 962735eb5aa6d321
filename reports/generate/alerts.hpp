#pragma once

// What alerts are called, and their sentences: written with label references in the rules, and with names in the
// tests of the rules. Internal to reports/generate/.

#include <string>
#include <string_view>

#include "reports/generate/rules.hpp"

namespace nines::reports::generate {

inline constexpr const char* kCheckFailing = "NinesCheckFailing";
inline constexpr const char* kCheckDownInQuorum = "NinesCheckDownInQuorum";
inline constexpr const char* kObjectiveBurn = "NinesObjectiveBurn";
inline constexpr const char* kAgentAbsent = "NinesAgentAbsent";

// A pair of windows of the multi-window, multi-burn-rate alert (The Site Reliability Workbook, chapter 5): both must
// burn `factor` times what is allowed, the long one so that it matters, the short one so that it still goes on.
struct BurnPair {
  const char* factor;
  const char* long_window;
  const char* short_window;
  const char* severity;
};
inline constexpr BurnPair kBurnPairs[] = {
    {"14.4", "1h", "5m", "critical"},
    {"6", "6h", "30m", "critical"},
    {"3", "1d", "2h", "warning"},
    {"1", "3d", "6h", "warning"},
};

// Who is meant: label references in a rule, names in a test.
struct Named {
  std::string check, service, region, objective;
};
inline const Named kReferences{"{{ $labels.check }}", "{{ $labels.service }}", "{{ $labels.region }}",
                               "{{ $labels.objective }}"};

// `failures` and `reason` are templates in a rule, and what they expand to in a test; `reason` begins with its own
// blank. `seen` is how many regions see it down, or empty.
Pairs failing_annotations(const Named& named, std::string_view severity, const std::string& failures,
                          const std::string& reason, const std::string& seen);
Pairs quorum_annotations(const Named& named, const std::string& down, const std::string& known);
// `target` and `window` as the configuration has them, `rate` and `left` as for `failures`.
Pairs burn_annotations(const Named& named, const BurnPair& pair, const std::string& target, const std::string& window,
                       const std::string& rate, const std::string& left);
Pairs absent_annotations(const Named& named);

// ", N of 3 regions see it down"
std::string seen_by(const std::string& down, std::size_t regions);
// With `runbook_url` where there is one, as a template or as it is.
Pairs with_runbook(Pairs annotations, const std::string& url);

// severity, priority, service and the service's own labels, but for those that an alert has of its own. promtool wants
// no two rules of one name with the same labels, so what tells them apart stands there as well as in the expression.
Pairs alert_labels(const std::string& severity, const std::string& priority, const config::Service& service);

}  // namespace nines::reports::generate
