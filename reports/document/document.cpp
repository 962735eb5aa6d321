#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/digest.hpp"
#include "base/text.hpp"
#include "reports/document/parts.hpp"
#include "reports/sentences.hpp"
#include "reports/status_parts.hpp"
#include "reports/svg/svg.hpp"
#include "reports/words.hpp"

namespace nines::reports {
namespace {

constexpr std::size_t kNamesInHeadline = 3;
constexpr std::size_t kNameInHeadline = 48;  // bytes
constexpr std::size_t kServicesInMargin = 3;
constexpr std::size_t kFewObjectives = 8;  // of more, those that are well are folded

// "October 2026", or what the periods are where they differ.
std::string period_words(const Report& report) {
  const std::string common = common_period(report);
  return common.empty() ? "several periods" : say_period(common);
}

std::string services_words(const Report& report) {
  std::set<std::string> services;
  for (const sla::Evaluation& evaluation : report.objectives) {
    if (!evaluation.objective->service.empty()) services.insert(evaluation.objective->service);
  }
  if (services.empty()) return {};
  if (services.size() > kServicesInMargin) return fmt::format("{} services", services.size());
  std::vector<std::string> names;
  for (const std::string& service : services) names.push_back(printable(ellipsize(service, kNameInHeadline)));
  return joined(names);
}

// ---- the answer

struct Headline {
  Answer answer = Answer::met;
  std::string words;
  std::vector<std::string> names;
  std::size_t more = 0;
};

bool is_missed(Answer answer) {
  return answer == Answer::missed_critical || answer == Answer::missed;
}
bool is_off_track(Answer answer) {
  return answer == Answer::off_track_critical || answer == Answer::off_track;
}

bool is_well(Answer answer) {
  return answer == Answer::met || answer == Answer::on_track;
}

// The kind of answer the headline gives, and who shares it.
bool alike(Answer a, Answer b) {
  return a == b || (is_missed(a) && is_missed(b)) || (is_off_track(a) && is_off_track(b));
}

std::string_view headline_word(Answer answer) {
  if (is_missed(answer)) return "missed";
  if (is_off_track(answer)) return "off track";
  return answer_words(answer);
}

Headline headline(const std::vector<Section>& sections) {
  if (sections.empty()) return {Answer::inconclusive, "No objective is configured: there is nothing to judge", {}};
  const Answer worst = answer_of(sections.front().evaluation);
  const auto many = static_cast<std::size_t>(std::ranges::count_if(
      sections, [&](const Section& section) { return alike(answer_of(section.evaluation), worst); }));
  const std::string_view word = headline_word(worst);
  Headline out{worst, {}, {}};
  if (sections.size() == 1) {
    out.words = fmt::format("The one objective is {}: ", word);
  } else if (many == sections.size()) {
    out.words = fmt::format("All {} objectives are {}", many, word);
    return out;
  } else {
    out.words = fmt::format("{} of {} objectives {}: ", many, sections.size(), word);
  }
  for (std::size_t i = 0; i < std::min(many, kNamesInHeadline); ++i) {
    out.names.push_back(printable(ellipsize(sections[i].evaluation.objective->name, kNameInHeadline)));
  }
  out.more = many - out.names.size();
  return out;
}

void write_headline(Html& html, const Headline& headline) {
  const Shown state = answer_state(headline.answer);
  html.open("h1").open("span", {{"class", shown_name(state)}}).open("span", {{"class", "state"}});
  html.text(shown_symbol(state)).close().close().text(" ").text(headline.words);
  for (const std::string& name : headline.names) {
    // The comma stays with its name where the line breaks.
    html.open("span", {{"class", "item"}}).element("bdi", {}, name);
    if (&name != &headline.names.back()) html.text(",");
    html.close().text(" ");
  }
  if (headline.more > 0) html.text(fmt::format("and {} more", headline.more));
  html.close().line();
}

// ---- the first page

void write_origin(Html& html, const Report& report) {
  html.open("p", {{"class", "origin"}}).element("strong", {}, "SLA report").text(" · " + period_words(report));
  if (report.contract != nullptr) {
    const std::string& customer = report.contract->customer;
    html.text(" · for ").element("bdi", {}, customer.empty() ? report.contract->name : customer);
  }
  if (!report.environment.empty()) html.text(" · ").element("bdi", {}, report.environment);
  html.close().line();
}

// "2 missed · 1 not decided · 3 met": only where the headline does not say it all.
void write_counts(Html& html, const std::vector<Section>& sections) {
  if (sections.size() < 2) return;
  std::vector<std::pair<Answer, int>> counts;
  for (const Section& section : sections) {
    const Answer answer = answer_of(section.evaluation);
    if (counts.empty() || counts.back().first != answer) counts.emplace_back(answer, 0);
    ++counts.back().second;
  }
  if (counts.size() < 2) return;
  html.open("p", {{"class", "counts"}});
  for (const auto& [answer, count] : counts) {
    write_state(html, answer_state(answer), fmt::format("{} {}", count, answer_words(answer)));
  }
  html.close().line();
}

// Those that are due, those that cannot be told; of the others only that there are none.
void write_credits(Html& html, const std::vector<Section>& sections) {
  bool any = false;
  bool told = false;
  for (const Section& section : sections) {
    const std::optional<CreditDue>& credit = section.detail.credit;
    if (!credit) continue;
    any = true;
    if (credit->percent && !credit->tier) continue;
    told = true;
    html.open("p", {{"class", "credit"}}).element("strong", {}, say_credit(*credit));
    html.text(" (").element("bdi", {}, section.evaluation.objective->name).text(").").close().line();
  }
  if (any && !told) html.open("p", {{"class", "credit"}}).element("strong", {}, "No credit is due.").close().line();
}

const TrendPoint* month_before(const Detail& detail) {
  return detail.trend.size() < 2 ? nullptr : &detail.trend[detail.trend.size() - 2];
}

std::string trend_text(const TrendPoint* point, const sla::Evaluation& evaluation) {
  if (point == nullptr) return "";
  return point->no_data ? "no data" : trend_figure(*point, evaluation);
}

// Why it is not well: the figure in words and the worst outage. One that lasts is told in any case.
void write_reason(Html& html, const sla::Evaluation& evaluation, bool well) {
  if (!well) html.open("span", {{"class", "reason"}}).element("bdi", {}, say_figure(evaluation)).close();
  if (!evaluation.uptime || evaluation.uptime->outages.empty()) return;
  const std::vector<sla::Outage>& outages = evaluation.uptime->outages;
  const sla::Outage& worst = outages[worst_outages(outages).front()];
  if (well && !worst.ongoing) return;
  const std::string words = say_outage(worst, evaluation) + ".";
  const bool longest = outages.size() > 1 && !worst.ongoing;
  html.element("span", {{"class", "reason"}}, longest ? "Longest: " + words : words);
}

void write_summary_row(Html& html, const Section& section, const std::vector<Column>& columns) {
  const sla::Evaluation& evaluation = section.evaluation;
  const config::Objective& objective = *evaluation.objective;
  const Answer answer = answer_of(evaluation);
  html.open("tr").open("td");
  write_state(html, answer_state(answer), answer_words(answer));
  html.close().open("th", {{"scope", "row"}}).open("a", {{"href", "#" + section.id}, {"class", "name"}});
  html.element("bdi", {}, objective.name).close();
  html.open("span", {{"class", "small detail"}}).text(indicator_words(objective));
  if (!objective.service.empty()) html.text(" of ").element("bdi", {}, objective.service);
  if (common_period(section.report).empty()) html.text(" · " + say_period(evaluation.period.label));
  html.close();
  write_reason(html, evaluation, is_well(answer));
  html.close();
  const std::vector<std::string> cells = {no_data(evaluation) ? "no data" : measured_text(evaluation),
                                          target_text(objective.target), coverage_text(evaluation.coverage),
                                          trend_text(month_before(section.detail), evaluation)};
  for (std::size_t i = 0; i + 2 < columns.size(); ++i) {
    html.element("td", {{"class", "num"}, {"data-label", columns[i + 2].name}}, cells[i]);
  }
  html.close().line();
}

void write_summary(Html& html, const std::vector<Section>& sections) {
  if (sections.empty()) {
    html.open("p").text("There are no objectives in nines.yml. Add one under ").element("code", {}, "objectives:");
    html.text(" and ask for the report again.").close().line();
    return;
  }
  std::vector<Column> columns = {{"Answer", false}, {"Objective", false}, {"Measured"}, {"Target"}, {"Coverage"}};
  const bool trend =
      std::ranges::any_of(sections, [](const Section& section) { return month_before(section.detail) != nullptr; });
  if (trend) columns.push_back({"Before"});
  open_table(html, "summary", columns);
  for (const Section& section : sections) write_summary_row(html, section, columns);
  close_table(html);
}

void write_as_of(Html& html, const Report& report) {
  html.open("p", {{"class", "small"}}).text("As of ");
  html.element("time", {{"datetime", format_time(report.as_of, 0)}}, say_time(report.as_of));
  if (report.regions.empty()) {
    html.text(". No region gave results.");
  } else {
    html.text(". Seen from ");
    for (const std::string& region : report.regions) {
      if (&region != report.regions.data()) html.text(", ");
      html.element("bdi", {}, region);
    }
    html.text(".");
  }
  html.text(" Figures are rounded towards the miss. Worst first.").close().line();
}

// ---- the document

void write_head(Html& html, const Report& report, const Headline& headline, Paper paper) {
  const std::string style = std::string(kStatusStyle) + std::string(svg::kChartStyle) + std::string(kDocumentStyle) +
                            page_margins(report, paper);
  // Nothing may be fetched, run or sent; of styles only this one is taken.
  const std::string policy = fmt::format(
      "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'", base64_encode(sha256(style)));
  html.markup("<!DOCTYPE html>\n").open("html", {{"lang", "en"}}).open("head");
  html.empty("meta", {{"charset", "utf-8"}});
  html.empty("meta", {{"http-equiv", "Content-Security-Policy"}, {"content", policy}});
  html.empty("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  std::string title = fmt::format("SLA report · {} · {}", period_words(report), headline.words);
  for (const std::string& name : headline.names) title += (&name == headline.names.data() ? "" : ", ") + name;
  html.element("title", {}, title).open("style").markup(style).close().close().line();
}

// Text as a string of CSS: what is not plain is written by its code, so that nothing ends the string or the style.
std::string css_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : well_formed(text)) {
    const bool plain = static_cast<unsigned char>(c) >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                       (c >= 'A' && c <= 'Z') || std::string_view(" .,:;-+()").contains(c);
    out += plain ? std::string(1, c) : fmt::format("\\{:x} ", static_cast<unsigned char>(c));
  }
  return out + '"';
}

}  // namespace

std::string Section::id_of(std::string_view part) const {
  return fmt::format("{}-{}", id, part);
}

std::vector<Section> sections_of(const Report& report) {
  static const Detail kNothing;
  std::vector<Section> out;
  for (const sla::Evaluation* evaluation : worst_first(report.objectives)) {
    const auto index = static_cast<std::size_t>(evaluation - report.objectives.data());
    const Detail& detail = index < report.details.size() ? report.details[index] : kNothing;
    const bool folded = report.objectives.size() > kFewObjectives && is_well(answer_of(*evaluation));
    out.push_back({report, *evaluation, detail, fmt::format("o{}", index + 1), folded});
  }
  return out;
}

std::string page_margins(const Report& report, Paper paper) {
  std::string of = "SLA report · " + period_words(report);
  if (const std::string services = services_words(report); !services.empty()) of += " · " + services;
  if (report.contract != nullptr) of += " · " + printable(report.contract->customer);
  const std::string made = fmt::format("Made {} by nines {}", say_time(report.generated_at), report.version);
  const std::string look = "font: 8pt/1.3 system-ui, sans-serif; color: #444; vertical-align: ";
  return fmt::format(
      "@page {{ {}margin: 18mm 15mm 17mm;\n"
      "  @top-left {{ content: {}; width: 75%; {}bottom; padding-bottom: 4mm; }}\n"
      "  @top-right {{ content: \"Page \" counter(page) \" of \" counter(pages); {}bottom; padding-bottom: 4mm; }}\n"
      "  @bottom-left {{ content: {}; width: 75%; {}top; padding-top: 4mm; }}\n}}\n",
      paper == Paper::a4 ? "size: A4; " : "", css_string(of), look, look, css_string(made), look);
}

std::string to_html(const Report& report, Paper paper) {
  const std::vector<Section> sections = sections_of(report);
  const Headline answer = headline(sections);
  Html html;
  write_head(html, report, answer, paper);
  html.open("body", {{"class", "report"}}).line();
  svg::write_patterns(html);
  html.open("main").open("header").line();
  write_origin(html, report);
  write_headline(html, answer);
  write_counts(html, sections);
  write_credits(html, sections);
  write_summary(html, sections);
  write_unreachable(html, report);
  write_as_of(html, report);
  html.close().line();
  for (const Section& section : sections) write_section(html, section);
  write_exclusions(html, report);
  write_method(html, report);
  html.close().line();
  html.open("footer", {{"class", "small"}}).open("p").text("Made ");
  html.element("time", {{"datetime", format_time(report.generated_at, 0)}}, say_time(report.generated_at));
  html.text(" by nines " + report.version + ".").close().close().line();
  return std::move(html).take() + "\n";
}

}  // namespace nines::reports
