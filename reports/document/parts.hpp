#pragma once

// The parts of the HTML report. Internal to reports/.

#include <string>
#include <string_view>
#include <vector>

#include "reports/html.hpp"
#include "reports/report.hpp"

namespace nines::reports {

// CSS beside that of the status page and of the charts.
extern const std::string_view kDocumentStyle;

// The margins of the printed pages: what the report is of, when it was made, page numbers. CSS.
std::string page_margins(const Report& report, Paper paper);

// One objective and what is shown of it.
struct Section {
  const Report& report;
  const sla::Evaluation& evaluation;
  const Detail& detail;  // empty where the report has none
  std::string id;        // unique in the document
  bool folded = false;   // it is well, and one of many: all but its answer is one click away
  std::string id_of(std::string_view part) const;
};

// Worst first.
std::vector<Section> sections_of(const Report& report);

void write_section(Html& html, const Section& section);
void write_uptime_charts(Html& html, const Section& section);
void write_sample_charts(Html& html, const Section& section);  // latency, error rate
void write_budget_chart(Html& html, const Section& section);
void write_trend(Html& html, const Section& section);
void write_outages(Html& html, const Section& section);
// Indexes of the outages, worst first: those that last, then the longer inside the period.
std::vector<std::size_t> worst_outages(const std::vector<sla::Outage>& outages);
void write_exclusions(Html& html, const Report& report);
// Agents that did not answer, where there are any.
void write_unreachable(Html& html, const Report& report);
void write_method(Html& html, const Report& report);

// A table whose columns are named; numbers stand right.
struct Column {
  std::string_view name;
  bool number = true;
};
void open_table(Html& html, std::string_view look, const std::vector<Column>& columns);
void close_table(Html& html);
// One row; the first cell is its head. The others carry their column's name for narrow screens.
void write_table_row(Html& html, const std::vector<Column>& columns, const std::vector<std::string>& cells);

// Opens and closes <figure>, with its heading; between them the chart.
void open_figure(Html& html, std::string_view heading);
void close_figure(Html& html);
// The numbers behind a chart, one click away; not printed.
void open_numbers(Html& html);
void close_numbers(Html& html);

// A round value of a latency's axis, in microseconds.
std::string say_axis(double micros);

// "2 h 41 min", "0 s".
std::string say_time_spent(Micros time);

}  // namespace nines::reports
