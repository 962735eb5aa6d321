#include <fmt/format.h>

#include "base/text.hpp"
#include "reports/status_parts.hpp"

namespace nines::reports {
namespace {

constexpr std::size_t kMaxTarget = 200;  // bytes shown

void write_row(Html& html, const RecentProbe& probe) {
  const Shown state = probe.success ? Shown::up : Shown::critical;
  html.open("tr", {{"class", shown_name(state)}}).open("td");
  write_state(html, state, probe.success ? "success" : "failure");
  html.close().open("th", {{"scope", "row"}}).element("bdi", {}, printable(ellipsize(probe.target, kMaxTarget)));
  html.close().open("td", {{"data-label", "Module"}}).element("bdi", {}, probe.module).close();
  html.open("td", {{"class", "num"}, {"data-label", "Log"}});
  const std::string number = fmt::format("{}", probe.id);
  html.element("a", {{"href", "/logs?id=" + number}, {"aria-label", "log of probe " + number}}, "#" + number);
  html.close().close().line();
}

}  // namespace

void write_recent_probes(Html& html, const std::vector<RecentProbe>& probes) {
  html.element("h2", {}, "Recent Probes");
  if (probes.empty()) {
    html.open("p").text("None yet. Whoever asks ").element("code", {}, "/probe?target=…&module=…");
    html.text(" for one will find its log here.").close().line();
    return;
  }
  html.open("table", {{"class", "recent"}}).open("thead").open("tr");
  const Html::Attributes left = {{"scope", "col"}};
  html.element("th", left, "Result").element("th", left, "Target").element("th", left, "Module");
  html.element("th", {{"scope", "col"}, {"class", "num"}}, "Log");
  html.close().close().open("tbody").line();
  for (const RecentProbe& probe : probes) write_row(html, probe);
  html.close().close().line();
}

}  // namespace nines::reports
