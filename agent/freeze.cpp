#include "agent/freeze.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/fingerprint.hpp"
#include "base/text.hpp"
#include "base/version.hpp"

namespace nines::agent {
namespace {

constexpr std::size_t kMostShown = 120;  // bytes of one value

std::string shown(const Json& value) {
  return ellipsize(printable(dump_json(value)), kMostShown);
}

// What makes an item of a list the same one in another list, or nothing.
std::string name_of(const Json& item) {
  for (const char* key : {"name", "region"}) {
    if (item.is_object() && item.contains(key) && item[key].is_string()) return item[key].get<std::string>();
  }
  return {};
}

// Of other periods, or kept for another time than results: says nothing of whether the figures stand.
constexpr std::array<std::string_view, 3> kBeside{"trend", "comparison", "evidence"};

// What a Prometheus answered cannot be computed from the store.
bool computed(const Json& item) {
  return !item.is_object() || item.value("indicator", Json()) != "prometheus";
}

class Comparison {
 public:
  std::vector<Difference> found;

  void compare(const std::string& where, const Json& then, const Json& now) {
    if (then.is_object() && now.is_object()) return compare_members(where, then, now);
    if (then.is_array() && now.is_array()) return compare_items(where, then, now);
    if (then != now) found.push_back({where, shown(then), shown(now)});
  }

 private:
  static std::string below(const std::string& where, const std::string& name) {
    return where.empty() ? name : where + "." + name;
  }

  void compare_members(const std::string& where, const Json& then, const Json& now) {
    for (const auto& [key, value] : then.items()) {
      if (std::ranges::find(kBeside, key) != kBeside.end()) continue;
      if (now.contains(key)) {
        compare(below(where, key), value, now[key]);
      } else {
        found.push_back({below(where, key), shown(value), "not there"});
      }
    }
  }

  void compare_items(const std::string& where, const Json& then, const Json& now) {
    const bool named =
        !then.empty() && std::ranges::none_of(then, [](const Json& item) { return name_of(item).empty(); });
    if (!named && then.size() != now.size()) {
      found.push_back({where, fmt::format("{} of them", then.size()), fmt::format("{} of them", now.size())});
      return;
    }
    for (std::size_t i = 0; i < then.size(); ++i) {
      const std::string name = named ? name_of(then[i]) : std::to_string(i + 1);
      const Json* other = named ? find_named(now, name) : &now[i];
      if (!computed(then[i])) continue;
      if (other != nullptr) {
        compare(below(where, name), then[i], *other);
      } else {
        found.push_back({below(where, name), shown(then[i]), "not there"});
      }
    }
    if (!named) return;
    for (const Json& item : now) {
      if (find_named(then, name_of(item)) == nullptr) {
        found.push_back({below(where, name_of(item)), "not there", shown(item)});
      }
    }
  }

  static const Json* find_named(const Json& list, const std::string& name) {
    const auto found = std::ranges::find_if(list, [&](const Json& item) { return name_of(item) == name; });
    return found == list.end() ? nullptr : &*found;
  }
};

// When and by what it was written says nothing of the figures.
constexpr std::array<std::string_view, 6> kNotCompared{"schema",      "generated_at", "version",
                                                       "environment", "as_of",        "frozen"};

InputScope scope_of(const ReportPlan& plan) {
  return {plan.objectives, plan.periods, plan.as_of};
}

std::string contract_of(const ReportPlan& plan) {
  return plan.contract == nullptr ? std::string() : plan.contract->name;
}

Expected<std::vector<store::FrozenMonth>> revisions_of(const ReportPlan& plan, const FreezeRequest& request) {
  auto reader = store::open_reader(request.data_dir);
  if (!reader) return std::unexpected(reader.error());
  auto months = reader->frozen();
  if (!months) return std::unexpected(months.error());
  std::erase_if(*months, [&](const store::FrozenMonth& one) {
    return one.month != request.month || one.contract != contract_of(plan) || one.region != request.region;
  });
  return months;
}

reports::Frozen frozen_of(const store::FrozenMonth& month) {
  return {month.month, month.region, month.revision, month.made, month.method, month.fingerprint, month.reason};
}

// The report as it comes out now of what a revision says it was made of, and what it says otherwise.
struct Again {
  reports::Report report;
  std::vector<Difference> differences;
};

Expected<Again> made_again(ReportPlan plan, const store::FrozenMonth& month, Sources sources) {
  plan.as_of = month.as_of;
  plan.generated_at = month.made;
  auto report = build_report(plan, sources);
  if (!report) return std::unexpected(report.error());
  const auto inputs = fingerprint(*plan.config, scope_of(plan), sources);
  if (!inputs) return std::unexpected(inputs.error());
  const auto then = parse_json(month.report);
  const auto now = parse_json(reports::to_json(*report));
  if (!then || !now) return fail("the frozen report of " + month.month + " cannot be read");
  report->frozen = frozen_of(month);
  Again again{std::move(*report), report_differences(*then, *now)};
  if (*inputs != month.fingerprint) again.differences.push_back({"fingerprint", month.fingerprint, *inputs});
  if (month.method != kMethod) again.differences.push_back({"method", month.method, kMethod});
  return again;
}

Error fault_of_file(const std::string& what) {
  return {what, Position{"FILE", 0, 0}};
}

Expected<Time> time_member(const Json& json, const char* key) {
  if (!json.contains(key) || !json[key].is_string()) {
    return std::unexpected(fault_of_file(fmt::format("has no `{}`: expected a time", key)));
  }
  auto time = parse_time(json[key].get<std::string>());
  if (!time) return std::unexpected(fault_of_file(fmt::format("`{}`: {}", key, time.error().message)));
  return time;
}

std::string text_member(const Json& json, const char* key) {
  return json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : std::string();
}

Expected<sla::ReportPeriod> period_member(const Json& objective) {
  if (!objective.contains("period") || !objective["period"].is_object()) {
    return std::unexpected(fault_of_file("an objective has no `period`: expected one"));
  }
  const Json& period = objective["period"];
  const auto from = time_member(period, "from");
  if (!from) return std::unexpected(from.error());
  const auto to = time_member(period, "to");
  if (!to) return std::unexpected(to.error());
  if (*to <= *from) return std::unexpected(fault_of_file("a `period` ends before it begins"));
  return sla::ReportPeriod{{*from, *to}, text_member(period, "time_zone"), text_member(period, "label")};
}

const config::Contract* contract_named(const config::Config& config, const Json& report) {
  std::string name = text_member(report, "contract");
  if (report.contains("contract") && report["contract"].is_object()) name = text_member(report["contract"], "name");
  const auto found = std::ranges::find(config.contracts, name, &config::Contract::name);
  return found == config.contracts.end() ? nullptr : &*found;
}

// The plan that a report was made by; objectives that are not configured any more are left out.
Expected<ReportPlan> plan_of(const Json& report, std::shared_ptr<const config::Config> config) {
  ReportPlan plan;
  plan.config = std::move(config);
  const auto as_of = time_member(report, "as_of");
  if (!as_of) return std::unexpected(as_of.error());
  const auto generated = time_member(report, "generated_at");
  if (!generated) return std::unexpected(generated.error());
  plan.as_of = *as_of;
  plan.generated_at = *generated;
  plan.contract = contract_named(*plan.config, report);
  if (!report.contains("objectives") || !report["objectives"].is_array()) {
    return std::unexpected(fault_of_file("has no `objectives`: expected a list"));
  }
  for (const Json& item : report["objectives"]) {
    if (!item.is_object()) return std::unexpected(fault_of_file("`objectives` holds something that is no objective"));
    auto period = period_member(item);
    if (!period) return std::unexpected(period.error());
    const auto found = std::ranges::find(plan.config->objectives, text_member(item, "name"), &config::Objective::name);
    if (found == plan.config->objectives.end()) continue;
    plan.objectives.push_back(&*found);
    plan.periods.push_back(std::move(*period));
  }
  return plan;
}

// Of the objectives that are still configured.
bool knows_something(const Json& report, const ReportPlan& plan) {
  return std::ranges::any_of(report["objectives"], [&](const Json& item) {
    const bool planned = std::ranges::any_of(
        plan.objectives, [name = text_member(item, "name")](const auto* objective) { return objective->name == name; });
    return planned && item.contains("coverage") && item["coverage"].is_number() && item["coverage"] > 0.0;
  });
}

}  // namespace

std::string Difference::text() const {
  return fmt::format("{}: was {}, is {}", where, then, now);
}

std::vector<Difference> report_differences(const Json& then, const Json& now) {
  Comparison comparison;
  for (const auto& [key, value] : then.items()) {
    if (std::ranges::find(kNotCompared, key) != kNotCompared.end()) continue;
    comparison.compare(key, value, now.contains(key) ? now[key] : Json());
  }
  return std::move(comparison.found);
}

Expected<FreezeOutcome> freeze(const ReportPlan& plan, const FreezeRequest& request, Sources sources) {
  const auto before = revisions_of(plan, request);
  if (!before) return std::unexpected(before.error());
  if (!before->empty()) {
    auto again = made_again(plan, before->back(), sources);
    if (!again) return std::unexpected(again.error());
    if (again->differences.empty()) return FreezeOutcome{before->back(), std::move(again->report), false};
    if (request.reason.empty()) {
      return FreezeOutcome{before->back(), std::move(again->report), false, std::move(again->differences)};
    }
  }
  auto report = build_report(plan, sources);
  if (!report) return std::unexpected(report.error());
  auto inputs = fingerprint(*plan.config, scope_of(plan), sources);
  if (!inputs) return std::unexpected(inputs.error());
  store::FrozenMonth month{.month = request.month,
                           .contract = contract_of(plan),
                           .region = request.region,
                           .revision = before->empty() ? 1 : before->back().revision + 1,
                           .made = plan.generated_at,
                           .as_of = plan.as_of,
                           .version = kVersion,
                           .method = kMethod,
                           .fingerprint = std::move(*inputs),
                           .reason = before->empty() ? std::string() : request.reason,
                           .report = {}};
  report->frozen = frozen_of(month);
  month.report = reports::to_json(*report);
  auto book = store::Book::open(request.data_dir);
  if (!book) return std::unexpected(book.error());
  auto written = book->freeze(std::move(month), request.ways);
  if (!written) return std::unexpected(written.error());
  return FreezeOutcome{std::move(*written), std::move(*report), true};
}

Expected<Verification> verify(const std::string& text, std::shared_ptr<const config::Config> config, Sources sources) {
  const auto then = parse_json(text);
  if (!then) return std::unexpected(fault_of_file("is no JSON: " + then.error().message));
  if (!then->is_object() || text_member(*then, "schema") != "nines.report/v1") {
    return std::unexpected(fault_of_file("is no report: expected one written with --format json"));
  }
  const Json frozen = then->contains("frozen") && (*then)["frozen"].is_object() ? (*then)["frozen"] : Json::object();
  const std::string region = text_member(frozen, "region");
  std::vector<std::unique_ptr<HistorySource>> own;
  std::vector<HistorySource*> pointers(sources.begin(), sources.end());
  if (!region.empty()) {
    config = of_one_region(*config, region);
    for (HistorySource*& source : pointers) {
      own.push_back(std::make_unique<OneRegion>(*source, region));
      source = own.back().get();
    }
  }
  const auto plan = plan_of(*then, std::move(config));
  if (!plan) return std::unexpected(plan.error());
  auto report = build_report(*plan, pointers);
  if (!report) return std::unexpected(report.error());
  const auto now = parse_json(reports::to_json(*report));
  if (!now) return std::unexpected(now.error());
  Verification verification{(*then)["objectives"].size(), report_differences(*then, *now)};
  verification.nothing_stored = knows_something(*then, *plan) && !knows_something(*now, *plan);
  if (const std::string inputs = text_member(frozen, "fingerprint"); !inputs.empty()) {
    const auto again = fingerprint(*plan->config, scope_of(*plan), pointers);
    if (!again) return std::unexpected(again.error());
    if (*again != inputs) verification.differences.push_back({"fingerprint", inputs, *again});
  }
  return verification;
}

}  // namespace nines::agent
