#include "reports/status_page.hpp"

#include "reports/html.hpp"

namespace nines::reports {

std::string status_page(const StatusModel& model) {
  Html html;
  html.markup("<!DOCTYPE html>\n").open("html", {{"lang", "en"}}).open("body").open("ul");
  for (const StatusRow& row : model.rows) {
    html.open("li").text(shown_symbol(row.state)).text(" ").text(shown_name(row.state)).text(" ");
    html.element("bdi", {}, row.name).close();
  }
  return std::move(html).take();
}

}  // namespace nines::reports
