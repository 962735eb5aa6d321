#include "reports/generate/dashboard.hpp"

#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "reports/json_text.hpp"

namespace nines::reports::generate {
namespace {

constexpr const char* kGreen = "green";
constexpr const char* kOrange = "orange";
constexpr const char* kRed = "red";
constexpr const char* kGrey = "#8e8e8e";
constexpr const char* kBlue = "blue";
constexpr const char* kPurple = "purple";

constexpr std::array<std::pair<const char*, const char*>, 6> kStates{{{"up", kGreen},
                                                                      {"warning", kOrange},
                                                                      {"critical", kRed},
                                                                      {"unknown", kGrey},
                                                                      {"maintenance", kBlue},
                                                                      {"suppressed", kPurple}}};

Json source() {
  return {{"type", "prometheus"}, {"uid", "${datasource}"}};
}

Json mapping(const std::vector<std::pair<std::string, std::pair<const char*, const char*>>>& words) {
  Json options = Json::object();
  int index = 0;
  for (const auto& [value, shown] : words) {
    options[value] = {{"text", shown.first}, {"color", shown.second}, {"index", index++}};
  }
  return Json::array({{{"type", "value"}, {"options", options}}});
}

Json state_mappings() {
  std::vector<std::pair<std::string, std::pair<const char*, const char*>>> words;
  for (std::size_t i = 0; i < kStates.size(); ++i) words.emplace_back(std::to_string(i), kStates[i]);
  return mapping(words);
}

Json steps(const std::vector<std::pair<double, const char*>>& limits, const char* below) {
  Json list = Json::array({{{"color", below}, {"value", nullptr}}});
  for (const auto& [value, color] : limits) list.push_back({{"color", color}, {"value", value}});
  return {{"mode", "absolute"}, {"steps", list}};
}

void apply_scale(Json& defaults, Scale scale) {
  defaults["color"] = {{"mode", "thresholds"}};
  switch (scale) {
    case Scale::none:
      defaults["color"] = {{"mode", "palette-classic"}};
      defaults["thresholds"] = steps({}, kGreen);
      return;
    case Scale::bad_above_zero:
      defaults["thresholds"] = steps({{1, kRed}}, kGreen);
      return;
    case Scale::good_above_zero:
      defaults["thresholds"] = steps({{1, kGreen}}, kGrey);
      return;
    case Scale::budget:
      defaults["thresholds"] = steps({{0, kOrange}, {0.25, kGreen}}, kRed);
      return;
    case Scale::ratio_failed:
      defaults["thresholds"] = steps({{0.001, kOrange}, {0.01, kRed}}, kGreen);
      return;
    case Scale::states:
      defaults["thresholds"] = steps({}, kGrey);
      defaults["mappings"] = state_mappings();
      return;
    case Scale::up_down:
      defaults["thresholds"] = steps({}, kGrey);
      defaults["mappings"] = mapping({{"0", {"down", kRed}}, {"1", {"up", kGreen}}});
      return;
    case Scale::verdicts:
      defaults["thresholds"] = steps({}, kGrey);
      defaults["mappings"] = mapping({{"met", {"met", kGreen}},
                                      {"pass", {"pass", kGreen}},
                                      {"warning", {"warning", kOrange}},
                                      {"missed", {"missed", kRed}},
                                      {"rollback", {"roll back", kRed}},
                                      {"inconclusive", {"inconclusive", kGrey}}});
      return;
  }
}

const char* type_name(PanelKind kind) {
  switch (kind) {
    case PanelKind::stat:
      return "stat";
    case PanelKind::bars:
      return "bargauge";
    case PanelKind::lines:
    case PanelKind::areas:
      return "timeseries";
    case PanelKind::states:
      return "state-timeline";
    case PanelKind::table:
      return "table";
  }
  return "";
}

bool is_now(PanelKind kind) {
  return kind == PanelKind::stat || kind == PanelKind::bars || kind == PanelKind::table;
}

Json targets(const Panel& panel) {
  Json list = Json::array();
  char ref = 'A';
  for (const Query& query : panel.queries) {
    const bool now = is_now(panel.kind);
    list.push_back({{"refId", std::string(1, ref++)},
                    {"datasource", source()},
                    {"editorMode", "code"},
                    {"expr", query.expr},
                    {"legendFormat", query.legend.empty() ? "__auto" : query.legend},
                    {"format", panel.kind == PanelKind::table ? "table" : "time_series"},
                    {"instant", now},
                    {"range", !now}});
  }
  return list;
}

Json options(const Panel& panel) {
  const Json last = {{"calcs", {"lastNotNull"}}, {"fields", ""}, {"values", false}};
  switch (panel.kind) {
    case PanelKind::stat:
      return {{"reduceOptions", last}, {"colorMode", "background"}, {"graphMode", "none"}, {"textMode", "auto"}};
    case PanelKind::bars:
      return {{"reduceOptions", last}, {"orientation", "horizontal"}, {"displayMode", "basic"}};
    case PanelKind::lines:
    case PanelKind::areas:
      return {{"legend", {{"displayMode", "list"}, {"placement", "bottom"}, {"showLegend", true}}},
              {"tooltip", {{"mode", "multi"}, {"sort", "desc"}}}};
    case PanelKind::states:
      return {{"mergeValues", true},
              {"showValue", "never"},
              {"rowHeight", 0.8},
              {"legend", {{"displayMode", "list"}, {"placement", "bottom"}, {"showLegend", true}}}};
    case PanelKind::table:
      return {{"showHeader", true}, {"footer", {{"show", false}}}};
  }
  return {};
}

// Of a table with several queries the values are called "Value #A", …; of one with a single query "Value".
std::string value_field(const Panel& panel, std::size_t query) {
  return panel.queries.size() == 1 ? std::string("Value") : fmt::format("Value #{}", static_cast<char>('A' + query));
}

Json table_overrides(const Panel& panel) {
  Json overrides = Json::array();
  const auto units = split(panel.value_column_units, ',');
  for (std::size_t i = 0; i < panel.columns.size(); ++i) {
    Json properties = Json::array();
    if (i < units.size() && !units[i].empty()) properties.push_back({{"id", "unit"}, {"value", std::string(units[i])}});
    overrides.push_back({{"matcher", {{"id", "byName"}, {"options", panel.columns[i]}}}, {"properties", properties}});
  }
  return overrides;
}

Json table_transformations(const Panel& panel) {
  Json renamed = Json::object();
  Json hidden = {{"Time", true}};
  for (std::size_t i = 0; i < panel.queries.size(); ++i) {
    const std::string field = value_field(panel, i);
    if (i < panel.columns.size()) {
      renamed[field] = panel.columns[i];
    } else {
      hidden[field] = true;
    }
  }
  return Json::array({{{"id", "merge"}, {"options", Json::object()}},
                      {{"id", "organize"}, {"options", {{"excludeByName", hidden}, {"renameByName", renamed}}}}});
}

Json panel_json(const Panel& panel, int id, int x, int y) {
  Json defaults = Json::object();
  if (!panel.unit.empty()) defaults["unit"] = panel.unit;
  if (panel.unit == "percentunit" && panel.scale != Scale::budget) {
    defaults["min"] = 0;
    defaults["max"] = 1;
  }
  if (panel.decimals >= 0) defaults["decimals"] = panel.decimals;
  apply_scale(defaults, panel.scale);
  if (panel.kind == PanelKind::lines) defaults["custom"] = {{"lineWidth", 1}, {"fillOpacity", 0}, {"spanNulls", false}};
  if (panel.kind == PanelKind::areas) {
    defaults["custom"] = {{"lineWidth", 1}, {"fillOpacity", 40}, {"stacking", {{"mode", "normal"}, {"group", "A"}}}};
  }
  if (panel.kind == PanelKind::states) defaults["custom"] = {{"lineWidth", 0}, {"fillOpacity", 80}};
  if (panel.kind == PanelKind::table && panel.scale != Scale::none) {
    defaults["custom"] = {{"cellOptions", {{"type", "color-text"}}}};
  }
  Json json = {{"id", id},
               {"type", type_name(panel.kind)},
               {"title", panel.title},
               {"description", panel.description},
               {"datasource", source()},
               {"gridPos", {{"x", x}, {"y", y}, {"w", panel.width}, {"h", panel.height}}},
               {"targets", targets(panel)},
               {"fieldConfig", {{"defaults", defaults}, {"overrides", table_overrides(panel)}}},
               {"options", options(panel)}};
  if (panel.kind == PanelKind::table) json["transformations"] = table_transformations(panel);
  return json;
}

// From left to right, a new line where one does not fit.
Json panels_json(const std::vector<Panel>& panels) {
  Json list = Json::array();
  int x = 0;
  int y = 0;
  int line = 0;
  for (const Panel& panel : panels) {
    if (x + panel.width > 24) {
      x = 0;
      y += line;
      line = 0;
    }
    list.push_back(panel_json(panel, static_cast<int>(list.size()) + 1, x, y));
    x += panel.width;
    line = std::max(line, panel.height);
  }
  return list;
}

Json variables_json(const std::vector<Variable>& variables) {
  Json list = Json::array({{{"name", "datasource"},
                            {"label", "Prometheus"},
                            {"type", "datasource"},
                            {"query", "prometheus"},
                            {"refresh", 1},
                            {"hide", 0},
                            {"includeAll", false},
                            {"multi", false}}});
  for (const Variable& variable : variables) {
    Json json = {{"name", variable.name},
                 {"label", variable.name},
                 {"type", "query"},
                 {"datasource", source()},
                 {"definition", variable.query},
                 {"query", {{"query", variable.query}, {"refId", "A"}}},
                 {"refresh", 2},
                 {"sort", 1},
                 {"hide", 0},
                 {"includeAll", variable.several},
                 {"multi", variable.several}};
    if (variable.several) {
      json["allValue"] = ".*";
      json["current"] = {{"text", "All"}, {"value", "$__all"}};
    }
    list.push_back(json);
  }
  return list;
}

Json annotations_json(const std::vector<Query>& annotations) {
  Json list = Json::array();
  for (const Query& query : annotations) {
    list.push_back({{"name", "Versions"},
                    {"datasource", source()},
                    {"enable", true},
                    {"expr", query.expr},
                    {"step", "60s"},
                    {"iconColor", kBlue},
                    {"titleFormat", query.legend},
                    {"tagKeys", "service,version"}});
  }
  return list;
}

}  // namespace

std::string dashboard_text(const Dashboard& dashboard) {
  const Json json = {{"uid", dashboard.uid},
                     {"title", dashboard.title},
                     {"description", dashboard.description},
                     {"tags", {"nines"}},
                     {"schemaVersion", 37},
                     {"version", 1},
                     {"editable", true},
                     {"graphTooltip", 1},
                     {"refresh", "1m"},
                     {"time", {{"from", "now-24h"}, {"to", "now"}}},
                     {"timezone", "browser"},
                     {"links", Json::array({{{"title", "Nines"},
                                             {"type", "dashboards"},
                                             {"tags", {"nines"}},
                                             {"asDropdown", true},
                                             {"includeVars", true},
                                             {"keepTime", true}}})},
                     {"annotations", {{"list", annotations_json(dashboard.annotations)}}},
                     {"templating", {{"list", variables_json(dashboard.variables)}}},
                     {"panels", panels_json(dashboard.panels)}};
  return json_text(json);
}

Variable service_variable(bool several) {
  return {"service", "label_values(nines_check_state, service)", several};
}

Variable region_variable() {
  return {"region", "label_values(nines_build_info, region)", true};
}

std::string state_number(const std::string& matchers) {
  std::string states;
  for (std::size_t i = 1; i < kStates.size(); ++i) {
    states += fmt::format("{}  {} * nines_check_state{{{},state=\"{}\"}}\n", i == 1 ? "" : "  or\n", i, matchers,
                          kStates[i].first);
  }
  return fmt::format("max by (check, service, region) (\n{})", states);
}

}  // namespace nines::reports::generate
