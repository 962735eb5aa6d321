#include "sla/subject.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "sla/exclusions.hpp"
#include "sla/settings.hpp"

namespace nines::sla {
namespace {

std::vector<std::string> names_of(const config::Objective& objective) {
  std::vector<std::string> names = objective.checks;
  names.insert(names.end(), objective.journeys.begin(), objective.journeys.end());
  return names;
}

std::vector<std::string> regions_seen(const History& history, const std::vector<std::string>& names) {
  const std::set<std::string> wanted(names.begin(), names.end());
  std::set<std::string> found;
  for (const Series& series : history.series) {
    if (wanted.contains(series.key.check)) found.insert(series.key.region);
  }
  return {found.begin(), found.end()};
}

TimeState up_if_any(const StateCounts& counts) {
  return counts[index(TimeState::up)] > 0 ? TimeState::up : TimeState::absent;
}

Timeline any_of(const std::vector<Timeline>& lines) {
  return combine(pointers_to(lines), up_if_any);
}

// A window applies to the check while any region's settings say so.
Timeline windows_of(const std::vector<const Series*>& series, const Windows& windows) {
  std::vector<Period> found;
  for (const Series* one : series) {
    const auto own = windows.over(one->settings);
    found.insert(found.end(), own.begin(), own.end());
  }
  if (series.empty()) found = windows.over({});
  return {normalized(std::move(found)), TimeState::excluded, TimeState::up};
}

// Collects what make_subject needs to look up many times.
class Maker {
 public:
  Maker(const config::Objective& objective, Time as_of, const History& history)
      : objective_(&objective), as_of_(as_of), history_(&history) {
    for (const Series& series : history.series) by_check_[series.key.check].push_back(&series);
  }

  std::vector<JudgedSeries> judged(const std::string& check, const std::vector<std::string>& regions) {
    std::vector<JudgedSeries> found;
    for (const std::string& region : regions) {
      for (const Series* series : by_check_[check]) {
        if (series->key.region != region) continue;
        SpannedSeries one = spanned(*series, history_->clock_steps);
        void_failures(one, uplink_outages_of(region));
        found.push_back(judge(std::move(one), objective_->confirm_after, as_of_));
      }
    }
    return found;
  }
  Timeline part(const std::string& check) {
    std::vector<Timeline> parts;
    for (const Series* one : by_check_[check]) parts.push_back(participation(*one));
    return any_of(parts);
  }
  const std::vector<const Series*>& series(const std::string& check) { return by_check_[check]; }

 private:
  const std::vector<Period>& uplink_outages_of(const std::string& region) {
    const auto known = uplink_outages_.find(region);
    if (known != uplink_outages_.end()) return known->second;
    return uplink_outages_.emplace(region, uplink_outages(*history_, region)).first->second;
  }

  const config::Objective* objective_;
  Time as_of_;
  const History* history_;
  std::map<std::string, std::vector<const Series*>> by_check_;
  std::map<std::string, std::vector<Period>> uplink_outages_;
};

// Everything the results speak for, and the period.
Period whole_range(const Period& period, const std::vector<CheckSubject>& checks) {
  Period range = period;
  for (const CheckSubject& check : checks) {
    for (const JudgedSeries& series : check.series) {
      const auto& steps = series.state.steps();
      if (steps.empty()) continue;
      range.from = std::min(range.from, steps.front().at);
      range.to = std::max(range.to, steps.back().at);
    }
  }
  return range;
}

}  // namespace

Subject make_subject(const config::Objective& objective, const Period& period, Time as_of, const History& history,
                     std::span<const std::string> regions) {
  const auto names = names_of(objective);
  Subject subject{&objective, objective.regions, true, {}, Timeline(), Timeline()};
  if (subject.regions.empty()) subject.regions.assign(regions.begin(), regions.end());
  if (subject.regions.empty()) {
    subject.regions = regions_seen(history, names);
    subject.regions_listed = false;
  }
  Maker maker(objective, as_of, history);
  std::vector<Timeline> parts;
  for (const std::string& name : names) {
    subject.checks.push_back({name, maker.judged(name, subject.regions), maker.part(name), Timeline()});
    parts.push_back(subject.checks.back().part);
  }
  subject.any_part = any_of(parts);
  const Period range = whole_range(period, subject.checks);
  const Windows windows(history.maintenance, range);
  for (CheckSubject& check : subject.checks) check.windows = windows_of(maker.series(check.name), windows);
  subject.hours = open_hours(objective, range);
  return subject;
}

namespace {

int min_regions(const Subject& subject, const View& view) {
  if (view.only_region != nullptr) return 1;
  if (subject.objective->min_regions) return std::max(1, *subject.objective->min_regions);
  return subject.regions_listed ? static_cast<int>(subject.regions.size()) / 2 + 1 : 1;
}

bool quorum_is_down(const config::Quorum& quorum, int down, int known) {
  switch (quorum.kind) {
    case config::Quorum::Kind::majority:
      return 2 * down > known;
    case config::Quorum::Kind::any:
      return down >= 1;
    case config::Quorum::Kind::all:
      return down == known;
    case config::Quorum::Kind::number:
      return down >= std::clamp(quorum.number, 1, known);
  }
  return false;
}

// What moments outside the combination are: `excluded` inside a window, `absent` where the check takes no part.
TimeState left_out(TimeState part, TimeState windows, TimeState state) {
  const bool excluded = windows == TimeState::excluded;
  if (part == TimeState::absent) return excluded ? TimeState::absent_excluded : TimeState::absent;
  return excluded ? TimeState::excluded : state;
}

Timeline with_left_out(const CheckSubject& check, const Timeline& state, bool exclusions) {
  const Timeline mask = merge(check.part, check.windows, [exclusions](TimeState part, TimeState windows) {
    return left_out(part, exclusions ? windows : TimeState::up, TimeState::up);
  });
  return merge(state, mask, [](TimeState inner, TimeState outer) { return outer == TimeState::up ? inner : outer; });
}

TimeState over_checks(const StateCounts& counts, config::Combine combine) {
  const int down = counts[index(TimeState::down)];
  const int up = counts[index(TimeState::up)];
  const int unknown = counts[index(TimeState::unknown)];
  if (down + up + unknown == 0) {
    const bool none_takes_part = counts[index(TimeState::excluded)] == 0;
    const bool unwindowed = none_takes_part && counts[index(TimeState::absent)] > 0;
    const bool windowed = counts[index(TimeState::excluded)] + counts[index(TimeState::absent_excluded)] > 0;
    return windowed && !unwindowed ? TimeState::excluded : TimeState::unknown;
  }
  if (combine == config::Combine::any) {
    return down > 0 ? TimeState::down : unknown > 0 ? TimeState::unknown : TimeState::up;
  }
  return up > 0 ? TimeState::up : unknown > 0 ? TimeState::unknown : TimeState::down;
}

TimeState outside_hours_excluded(TimeState state, TimeState hours) {
  return hours == TimeState::absent ? TimeState::excluded : state;
}

}  // namespace

Timeline over_regions(const Subject& subject, const CheckSubject& check, const View& view) {
  std::vector<const Timeline*> lines;
  for (const JudgedSeries& series : check.series) {
    if (view.only_region != nullptr && series.key().region != *view.only_region) continue;
    lines.push_back(view.strict ? &series.strict : &series.state);
  }
  const Timeline state = combine(lines, [&subject, least = min_regions(subject, view)](const StateCounts& counts) {
    const int down = counts[index(TimeState::down)];
    const int known = down + counts[index(TimeState::up)];
    if (known < least) return TimeState::unknown;
    return quorum_is_down(subject.objective->quorum, down, known) ? TimeState::down : TimeState::up;
  });
  return with_left_out(check, state, view.exclusions);
}

Timeline combined(const Subject& subject, const View& view) {
  std::vector<Timeline> checks;
  for (const CheckSubject& check : subject.checks) {
    checks.push_back(over_regions(subject, check, view));
  }
  const Timeline all = combine(pointers_to(checks), [&subject](const StateCounts& counts) {
    return over_checks(counts, subject.objective->combine);
  });
  return view.exclusions ? merge(all, subject.hours, outside_hours_excluded) : all;
}

Ratio summed_coverage(const Subject& subject, const Period& period, const std::string* only_region) {
  Ratio coverage;
  const Timeline nothing;
  for (const CheckSubject& check : subject.checks) {
    for (const std::string& region : subject.regions) {
      if (only_region != nullptr && region != *only_region) continue;
      const auto series =
          std::ranges::find_if(check.series, [&](const auto& one) { return one.key().region == region; });
      if (series == check.series.end() && !subject.regions_listed) continue;
      const Timeline& state = series == check.series.end() ? nothing : series->state;
      Timeline line = with_left_out(check, state, true);
      line = merge(line, subject.any_part, [](TimeState inner, TimeState part) {
        return inner == TimeState::absent && part == TimeState::absent ? TimeState::unknown : inner;
      });
      const auto spent = merge(line, subject.hours, outside_hours_excluded).measure(period);
      const Micros known = spent[index(TimeState::up)] + spent[index(TimeState::down)];
      coverage.part += known.count();
      coverage.whole += (known + spent[index(TimeState::unknown)]).count();
    }
  }
  return coverage;
}

Timeline excluded_for_results(const Subject& subject, const CheckSubject& check) {
  return merge(check.windows, subject.hours, outside_hours_excluded);
}

}  // namespace nines::sla
