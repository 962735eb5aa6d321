#include "tests/sla/brute/brute.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "tests/sla/brute/reading.hpp"

namespace nines::sla::brute {
namespace {

__extension__ using Wide = __int128;

// Compares part / whole with the limit by cross multiplication.
bool meets(const config::Limit& limit, std::int64_t part, std::int64_t whole) {
  const Wide left = Wide{part} * limit.value.denominator();
  const Wide right = Wide{limit.value.numerator()} * whole;
  switch (limit.op) {
    case config::Comparison::less:
      return left < right;
    case config::Comparison::less_equal:
      return left <= right;
    case config::Comparison::greater:
      return left > right;
    case config::Comparison::greater_equal:
      return left >= right;
  }
  return false;
}

config::Limit at_least(const Decimal& value) {
  return {config::Comparison::greater_equal, value, {}};
}

struct Piece {
  Period period;
  Now now;
};

class Judge {
 public:
  Judge(const config::Objective& objective, const ReportPeriod& period, Time as_of, const History& history,
        std::span<const std::string> regions)
      : objective_(objective),
        period_(period.period),
        as_of_(as_of),
        world_(objective, as_of, history, regions),
        moments_(world_.moments(period.period)) {
    so_far_ = {period_.from, std::max(period_.from, std::min(period_.to, as_of))};
  }

  void uptime(Evaluation& out) {
    UptimeFigures figures;
    const auto net = pieces({});
    figures.net = times(net, so_far_);
    figures.gross = times(pieces({.strict = false, .exclusions = false, .only_region = {}}), so_far_);
    figures.strict = times(pieces({.strict = true, .exclusions = true, .only_region = {}}), so_far_);
    figures.outages = outages(net);
    means(figures);
    for (const std::string& region : world_.regions()) {
      const auto own = times(pieces({.strict = false, .exclusions = true, .only_region = region}), so_far_);
      out.regions.push_back({region, coverage(own), {own.up.count(), (own.up + own.down).count()}, std::nullopt});
    }
    out.coverage = coverage(figures.net);
    const Micros ahead = remaining(net);
    const UptimeTimes& t = figures.net;
    figures.budget.over = period_.length() - times(net, period_).excluded - t.unknown;
    figures.budget.spent = t.down;
    const bool known = t.up + t.down > Micros(0);
    const Verdict worst = verdict(objective_.target, t.up, t.down + ahead, t.unknown);
    const Verdict best = verdict(objective_.target, t.up + ahead, t.down, t.unknown);
    if (known && worst == best) out.verdict = worst;
    if (out.running && known) {
      out.on_track = out.verdict == Verdict::met || (out.verdict != Verdict::missed &&
                                                     meets(objective_.target, t.up.count(), (t.up + t.down).count()));
    }
    if (known && verdict(objective_.target, t.up, t.down, t.unknown) == Verdict::missed) out.level = Level::warning;
    if (known && objective_.critical) {
      // Only "< limit" is generated: crossed where "at least the limit" is missed.
      const auto fine = at_least(objective_.critical->value);
      if (verdict(fine, t.up, t.down, t.unknown) == Verdict::missed) out.level = Level::critical;
    }
    out.uptime = figures;
  }

  void counted(Evaluation& out) {
    const bool latency = objective_.indicator == config::Indicator::latency;
    for (const std::string& region : world_.regions()) {
      RegionFigure figure{region, summed_coverage(&region), {}, std::nullopt};
      const auto own = samples(&region);
      if (latency) {
        figure.measured_time = rank(own);
        figure.infinite = !figure.measured_time && !durations(own).empty();
      } else {
        figure.measured = {errors(own), static_cast<std::int64_t>(own.size())};
      }
      out.regions.push_back(figure);
    }
    out.coverage = summed_coverage(nullptr);
    const auto all = samples(nullptr);
    if (latency) {
      judge_latency(out, all);
    } else {
      judge_errors(out, all);
    }
  }

 private:
  std::vector<Piece> pieces(const Question& question) const {
    std::vector<Piece> found;
    for (std::size_t i = 0; i + 1 < moments_.size(); ++i) {
      found.push_back({{moments_[i], moments_[i + 1]}, world_.of_objective(moments_[i], question)});
    }
    return found;
  }

  static UptimeTimes times(const std::vector<Piece>& all, const Period& within) {
    UptimeTimes sum;
    for (const Piece& piece : all) {
      if (piece.period.from < within.from || piece.period.to > within.to) continue;
      Micros& kind = piece.now == Now::up        ? sum.up
                     : piece.now == Now::down    ? sum.down
                     : piece.now == Now::unknown ? sum.unknown
                                                 : sum.excluded;
      kind += piece.period.length();
    }
    return sum;
  }

  static Ratio coverage(const UptimeTimes& t) { return {(t.up + t.down).count(), (t.up + t.down + t.unknown).count()}; }

  Micros remaining(const std::vector<Piece>& net) const {
    const Period ahead{so_far_.to, period_.to};
    return ahead.length() - times(net, ahead).excluded;
  }

  Verdict verdict(const config::Limit& target, Micros up, Micros down, Micros unknown) const {
    const auto all = (up + down + unknown).count();
    const auto known = (up + down).count();
    if (known == 0) return Verdict::inconclusive;
    if (meets(target, up.count(), all)) return Verdict::met;
    if (!meets(target, (up + unknown).count(), all)) return Verdict::missed;
    if (!meets(at_least(least_coverage()), known, all)) return Verdict::inconclusive;
    return meets(target, up.count(), known) ? Verdict::met : Verdict::missed;
  }

  Decimal least_coverage() const {
    if (objective_.min_coverage) return *objective_.min_coverage;
    const Decimal least(99, 2);
    const bool uptime = objective_.indicator == config::Indicator::uptime;
    return uptime && objective_.target.value > least ? objective_.target.value : least;
  }

  std::vector<Outage> outages(const std::vector<Piece>& net) const {
    std::vector<Outage> found;
    Outage open;
    bool any = false;
    bool up_before = false;
    const auto close = [&](bool up_after) {
      if (any && open.inside > Micros(0)) {
        open.open_after = !up_after;
        open.ongoing = open.extent.to == as_of_;
        found.push_back(open);
      }
      any = false;
    };
    for (const Piece& piece : net) {
      if (piece.now == Now::up) {
        close(true);
        up_before = true;
      }
      if (piece.now != Now::down) continue;
      if (!any) {
        open = Outage{};
        open.extent.from = piece.period.from;
        open.open_before = !up_before;
        open.reason = first_reason(piece.period.from);
        any = true;
      }
      open.extent.to = piece.period.to;
      open.length += piece.period.length();
      if (so_far_.contains(piece.period.from)) open.inside += piece.period.length();
      note_causes(open, piece.period.from);
    }
    close(false);
    return found;
  }

  // The series that are down at `t` while their check is, and in the combination: by check, region.
  std::vector<SeriesKey> culprits(Time t) const {
    std::vector<SeriesKey> found;
    for (const std::string& check : world_.checks()) {
      if (!world_.takes_part(check, t) || world_.in_window(check, t)) continue;
      if (world_.of_check(check, t, {}) != Now::down) continue;
      for (const std::string& region : world_.regions()) {
        if (world_.of_region(check, region, t, false) == Now::down) found.push_back({check, region});
      }
    }
    return found;
  }

  void note_causes(Outage& outage, Time t) const {
    std::set<std::string> checks(outage.checks.begin(), outage.checks.end());
    std::set<std::string> regions(outage.regions.begin(), outage.regions.end());
    for (const auto& [check, region] : culprits(t)) {
      checks.insert(check);
      regions.insert(region);
    }
    outage.checks.clear();
    for (const std::string& check : world_.checks()) {
      if (checks.contains(check)) outage.checks.push_back(check);
    }
    outage.regions.assign(regions.begin(), regions.end());
  }

  Reason first_reason(Time t) const {
    const Reading* earliest = nullptr;
    for (const auto& [check, region] : culprits(t)) {
      const Reading* result = world_.speaking(check, region, t);
      if (earliest == nullptr || result->run_begin < earliest->run_begin) earliest = result;
    }
    return earliest == nullptr ? Reason::none : earliest->run_reason;
  }

  void means(UptimeFigures& figures) const {
    Micros sum{0};
    std::int64_t ended = 0;
    std::int64_t started = 0;
    for (const Outage& outage : figures.outages) {
      if (!outage.open_after && outage.extent.to <= period_.to) {
        ++ended;
        sum += outage.length;
      }
      if (outage.extent.from >= period_.from) ++started;
    }
    if (ended > 0) figures.mttr = Micros(sum.count() / ended + (sum.count() % ended == 0 ? 0 : 1));
    if (started > 0) figures.mtbf = Micros(figures.net.up.count() / started);
  }

  Ratio summed_coverage(const std::string* only) const {
    Ratio sum;
    for (std::size_t i = 0; i + 1 < moments_.size(); ++i) {
      const Time t = moments_[i];
      if (t < so_far_.from || t >= so_far_.to || world_.outside_hours(t)) continue;
      const auto length = (moments_[i + 1] - t).count();
      const auto part = [&](const std::string& check) { return world_.takes_part(check, t); };
      const bool nobody = std::ranges::none_of(world_.checks(), part);
      for (const std::string& check : world_.checks()) {
        if (world_.in_window(check, t) || (!part(check) && !nobody)) continue;
        for (const std::string& region : world_.regions()) {
          if (only != nullptr && *only != region) continue;
          if (!world_.regions_listed() && world_.series(check, region) == nullptr) continue;
          sum.whole += length;
          if (world_.of_region(check, region, t, false) != Now::unknown) sum.part += length;
        }
      }
    }
    return sum;
  }

  std::vector<ResultRow> samples(const std::string* only) const {
    std::vector<ResultRow> found;
    for (const std::string& check : world_.checks()) {
      for (const std::string& region : world_.regions()) {
        const auto* results = world_.results(check, region);
        if ((only != nullptr && *only != region) || results == nullptr) continue;
        for (const Reading& result : *results) {
          const Time t = result.row.start;
          if (!so_far_.contains(t) || result.is_void) continue;
          if (world_.in_window(check, t) || world_.outside_hours(t)) continue;
          if (world_.region_takes_part(*world_.series(check, region), t)) found.push_back(result.row);
        }
      }
    }
    return found;
  }

  std::int64_t errors(const std::vector<ResultRow>& all) const {
    std::int64_t count = 0;
    for (const ResultRow& row : all) {
      const bool failed = row.reason != Reason::none;
      const bool answered = row.reason == Reason::imported ? row.status != 0 : is_complete_answer(row.reason);
      const bool server = row.status / 100 == 5 || (failed && !answered);
      if (objective_.errors == config::ErrorsAre::failures ? failed : server) ++count;
    }
    return count;
  }

  static constexpr Micros kInfinite = Micros::max();

  std::vector<Micros> durations(const std::vector<ResultRow>& all) const {
    std::vector<Micros> found;
    for (const ResultRow& row : all) {
      const bool journey = !objective_.journeys.empty();
      const bool failed = row.reason != Reason::none || (journey && row.measured == ResultRow::kNone);
      const Micros duration = journey ? row.measured : row.duration;
      if (objective_.of == config::LatencyOf::all) {
        if (duration >= Micros(0)) found.push_back(duration);
      } else if (!failed) {
        found.push_back(duration);
      } else if (objective_.of == config::LatencyOf::strict) {
        found.push_back(kInfinite);
      }
    }
    std::ranges::sort(found);
    return found;
  }

  std::optional<Micros> rank(const std::vector<ResultRow>& all) const {
    const auto sorted = durations(all);
    if (sorted.empty()) return std::nullopt;
    // The first whose place reaches N/100 of n.
    std::size_t place = 1;
    const Decimal& n = objective_.percentile;
    while (Wide{static_cast<std::int64_t>(place)} * 100 * n.denominator() <
           Wide{n.numerator()} * static_cast<std::int64_t>(sorted.size())) {
      ++place;
    }
    if (sorted[place - 1] == kInfinite) return std::nullopt;
    return sorted[place - 1];
  }

  void judge_latency(Evaluation& out, const std::vector<ResultRow>& all) const {
    const auto sorted = durations(all);
    LatencyFigures figures;
    figures.percentile = objective_.percentile;
    figures.of = objective_.of;
    figures.samples = static_cast<std::int64_t>(sorted.size());
    figures.measured = rank(all);
    figures.infinite = !sorted.empty() && !figures.measured;
    const auto fine = [&](Micros d) { return d != kInfinite && meets(objective_.target, d.count(), 1); };
    for (const Micros duration : sorted) figures.bad += fine(duration) ? 0 : 1;
    figures.budget.over = figures.samples;
    figures.budget.spent = figures.bad;
    const bool crossed =
        objective_.critical &&
        (figures.infinite || (figures.measured && meets(*objective_.critical, figures.measured->count(), 1)));
    judge_counted(out, figures.samples, figures.measured && fine(*figures.measured), crossed);
    out.latency = figures;
  }

  void judge_errors(Evaluation& out, const std::vector<ResultRow>& all) const {
    ErrorFigures figures;
    figures.errors_are = objective_.errors;
    figures.errors = errors(all);
    figures.samples = static_cast<std::int64_t>(all.size());
    figures.budget.over = figures.samples;
    figures.budget.spent = figures.errors;
    const bool any = figures.samples > 0;
    const bool crossed = any && objective_.critical && meets(*objective_.critical, figures.errors, figures.samples);
    judge_counted(out, figures.samples, any && meets(objective_.target, figures.errors, figures.samples), crossed);
    out.error_rate = figures;
  }

  void judge_counted(Evaluation& out, std::int64_t count, bool good, bool crossed) const {
    if (out.running && count > 0) out.on_track = good;
    if (count == 0 || count < objective_.min_samples || out.coverage.part == 0) return;
    if (!meets(at_least(least_coverage()), out.coverage.part, out.coverage.whole)) return;
    out.level = crossed ? Level::critical : good ? Level::ok : Level::warning;
    if (remaining(pieces({})) == Micros(0)) out.verdict = good ? Verdict::met : Verdict::missed;
  }

  const config::Objective& objective_;
  Period period_;
  Period so_far_;
  Time as_of_;
  World world_;
  std::vector<Time> moments_;
};

}  // namespace

Evaluation evaluate(const config::Objective& objective, const ReportPeriod& period, Time as_of, const History& history,
                    std::span<const std::string> regions) {
  Evaluation out;
  out.objective = &objective;
  out.period = period;
  out.as_of = as_of;
  out.running = as_of < period.period.to;
  Judge judge(objective, period, as_of, history, regions);
  if (objective.indicator == config::Indicator::uptime) {
    judge.uptime(out);
  } else {
    judge.counted(out);
  }
  return out;
}

}  // namespace nines::sla::brute
