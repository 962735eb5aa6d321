#include "reports/document/parts.hpp"
#include "reports/words.hpp"

namespace nines::reports {

void open_table(Html& html, std::string_view look, const std::vector<Column>& columns) {
  html.open("table", {{"class", look}}).open("thead").open("tr");
  for (const Column& column : columns) {
    html.element("th", {{"scope", "col"}, {"class", column.number ? "num" : "text"}}, column.name);
  }
  html.close().close().open("tbody").line();
}

void close_table(Html& html) {
  html.close().close().line();
}

void write_table_row(Html& html, const std::vector<Column>& columns, const std::vector<std::string>& cells) {
  html.open("tr");
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i == 0) {
      html.open("th", {{"scope", "row"}});
    } else {
      html.open("td", {{"class", columns[i].number ? "num" : "text"}, {"data-label", columns[i].name}});
    }
    html.element("bdi", {}, cells[i]).close();
  }
  html.close().line();
}

void open_figure(Html& html, std::string_view heading) {
  html.open("figure").element("h3", {}, heading).line();
}

void close_figure(Html& html) {
  html.close().line();
}

void open_numbers(Html& html) {
  html.open("details", {{"class", "numbers"}}).element("summary", {}, "The numbers behind it").line();
}

void close_numbers(Html& html) {
  html.close().line();
}

std::string say_time_spent(Micros time) {
  return time == Micros(0) ? "0 s" : say_downtime(time);
}

}  // namespace nines::reports
