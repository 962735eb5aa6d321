#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "reports/report.hpp"
#include "reports/words.hpp"

namespace nines::reports {
namespace {

constexpr std::string_view kHead =
    "objective,service,indicator,target,critical,period,from,to,time_zone,as_of,verdict,level,on_track,why,measured,"
    "unit,"
    "coverage,up_seconds,down_seconds,unknown_seconds,excluded_seconds,gross,strict,outages,mttr_seconds,mtbf_seconds,"
    "samples,bad,budget_allowed,budget_spent,budget_remaining_ratio,credit_percent\r\n";

// What a spreadsheet takes for the begin of a formula, also where blanks are before it.
bool is_formula(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return false;
  const std::string_view rest = text.substr(first);
  if (std::string_view("=+-@|%").contains(rest.front())) return true;
  // Their full-width forms.
  for (const std::string_view wide : {"＝", "＋", "－", "＠"}) {
    if (rest.starts_with(wide)) return true;
  }
  return false;
}

class Row {
 public:
  explicit Row(std::string& out) : out_(out) {}

  void text(std::string_view value) {
    next();
    out_ += '"';
    if (is_formula(value)) out_ += '\'';
    for (const char c : value) {
      if (c == '"') out_ += '"';
      if (c != '\0') out_ += c;
    }
    out_ += '"';
  }
  // A word of ours, a number, or nothing.
  void plain(std::string_view value) {
    next();
    out_ += value;
  }
  void end() { out_ += "\r\n"; }

 private:
  void next() {
    if (any_) out_ += ',';
    any_ = true;
  }
  std::string& out_;
  bool any_ = false;
};

// Exact: "760.124".
std::string decimal(std::int64_t value, std::int64_t per) {
  const bool negative = value < 0;
  const std::uint64_t size = negative ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  const auto parts = static_cast<std::uint64_t>(per);
  std::string fraction = fmt::format("{:0{}}", size % parts, per == 1'000'000 ? 6 : 3);
  while (fraction.ends_with('0')) fraction.pop_back();
  return fmt::format("{}{}{}{}", negative ? "-" : "", size / parts, fraction.empty() ? "" : ".", fraction);
}
std::string seconds_text(Micros time) {
  return decimal(time.count(), 1'000'000);
}
std::string milliseconds_text(Micros time) {
  return decimal(time.count(), 1'000);
}
std::string seconds_text(const std::optional<Micros>& time) {
  return time ? seconds_text(*time) : std::string();
}
std::string number_text(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : std::string();
}
std::string ratio_text(const sla::Ratio& ratio) {
  return ratio.known() ? number_text(ratio.value()) : std::string();
}

std::string_view verdict_word(sla::Verdict verdict) {
  if (verdict == sla::Verdict::met) return "met";
  return verdict == sla::Verdict::missed ? "missed" : "inconclusive";
}
std::string_view level_word(sla::Level level) {
  if (level == sla::Level::ok) return "ok";
  return level == sla::Level::warning ? "warning" : "critical";
}
std::string_view track_word(const std::optional<bool>& on_track) {
  if (!on_track) return "";
  return *on_track ? "true" : "false";
}

std::string_view unit(const sla::Evaluation& evaluation) {
  if (!evaluation.prometheus) return evaluation.latency ? "ms" : "ratio";
  switch (evaluation.objective->unit) {
    case config::Unit::ratio:
      return "ratio";
    case config::Unit::percent:
      return "percent";
    case config::Unit::seconds:
      return "s";
    case config::Unit::milliseconds:
      return "ms";
    case config::Unit::number:
      break;
  }
  return "number";
}

std::string measured(const sla::Evaluation& evaluation) {
  if (evaluation.uptime) return ratio_text(evaluation.uptime->net.measured());
  if (evaluation.error_rate) return ratio_text(evaluation.error_rate->measured());
  if (evaluation.prometheus) return evaluation.prometheus->value ? number_text(*evaluation.prometheus->value) : "";
  if (!evaluation.latency) return {};
  if (evaluation.latency->infinite) return "infinite";
  return evaluation.latency->measured ? milliseconds_text(*evaluation.latency->measured) : std::string();
}

void add_what(Row& row, const sla::Evaluation& evaluation) {
  const config::Objective& objective = *evaluation.objective;
  row.text(objective.name);
  row.text(objective.service);
  row.text(indicator_words(objective));
  row.text(objective.target.text);
  row.text(objective.critical ? objective.critical->text : std::string());
  row.text(evaluation.period.label);
  row.plain(format_time(evaluation.period.period.from));
  row.plain(format_time(evaluation.period.period.to));
  row.text(evaluation.period.time_zone);
  row.plain(format_time(evaluation.as_of));
}

void add_uptime(Row& row, const sla::UptimeFigures* uptime) {
  if (uptime == nullptr) {
    for (int i = 0; i < 9; ++i) row.plain("");
    return;
  }
  row.plain(seconds_text(uptime->net.up));
  row.plain(seconds_text(uptime->net.down));
  row.plain(seconds_text(uptime->net.unknown));
  row.plain(seconds_text(uptime->net.excluded));
  row.plain(ratio_text(uptime->gross.measured()));
  row.plain(ratio_text(uptime->strict.measured()));
  row.plain(fmt::format("{}", uptime->outages.size()));
  row.plain(seconds_text(uptime->mttr));
  row.plain(seconds_text(uptime->mtbf));
}

void add_samples_and_budget(Row& row, const sla::Evaluation& evaluation) {
  const sla::CountBudget* counts = nullptr;
  if (evaluation.latency) counts = &evaluation.latency->budget;
  if (evaluation.error_rate) counts = &evaluation.error_rate->budget;
  row.plain(counts == nullptr ? "" : fmt::format("{}", counts->over));
  row.plain(counts == nullptr ? "" : fmt::format("{}", counts->spent));
  if (counts != nullptr) {
    row.plain(number_text(counts->allowed));
    row.plain(fmt::format("{}", counts->spent));
  } else {
    row.plain(evaluation.uptime ? number_text(evaluation.uptime->budget.allowed_seconds) : "");
    row.plain(evaluation.uptime ? seconds_text(evaluation.uptime->budget.spent) : "");
  }
  const auto left = remaining_ratio(evaluation);
  row.plain(left ? number_text(*left) : "");
}

std::string credit_text(const Report& report, std::size_t index) {
  if (index >= report.details.size() || !report.details[index].credit) return {};
  const auto& percent = report.details[index].credit->percent;
  return percent ? percent->shifted(2).text() : std::string();
}

}  // namespace

std::string to_csv(const Report& report) {
  std::string out(kHead);
  for (std::size_t i = 0; i < report.objectives.size(); ++i) {
    const sla::Evaluation& evaluation = report.objectives[i];
    Row row(out);
    add_what(row, evaluation);
    row.plain(verdict_word(evaluation.verdict));
    row.plain(level_word(evaluation.level));
    row.plain(track_word(evaluation.on_track));
    row.text(evaluation.why);
    row.plain(measured(evaluation));
    row.plain(unit(evaluation));
    row.plain(ratio_text(evaluation.coverage));
    add_uptime(row, evaluation.uptime ? &*evaluation.uptime : nullptr);
    add_samples_and_budget(row, evaluation);
    row.plain(credit_text(report, i));
    row.end();
  }
  return out;
}

}  // namespace nines::reports
