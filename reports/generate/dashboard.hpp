#pragma once

// A Grafana dashboard as data, and as the JSON that Grafana 9 and 10 provision (schemaVersion 37). Internal to
// reports/generate/.

#include <string>
#include <vector>

#include "base/json.hpp"
#include "reports/generate/recorded.hpp"

namespace nines::reports::generate {

struct Query {
  std::string expr;    // with $service, $region and other variables of the dashboard
  std::string legend;  // "{{service}}"; empty: the value alone
};

// stat: the last value, large; bars: the last values side by side; lines: over time; states: a line of states over
// time; table: the last values, a row for each set of labels, a column for each query.
enum class PanelKind { stat, bars, lines, areas, states, table };

// What values mean: a colour by limits, or by the state that a number stands for.
enum class Scale { none, bad_above_zero, good_above_zero, budget, ratio_failed, states, verdicts, up_down };

struct Panel {
  PanelKind kind = PanelKind::lines;
  std::string title = {};
  std::string description = {};
  std::string unit = {};  // Grafana's: s, percentunit, short, reqps, dtdurations, …
  int width = 12;         // of 24
  int height = 8;
  Scale scale = Scale::none;
  std::vector<Query> queries = {};
  int decimals = -1;                      // less than 0: as many as Grafana finds fit
  std::vector<std::string> columns = {};  // table: what the value of each query is called
  std::string value_column_units = {};    // table: comma-separated units, in the order of the queries
};

struct Variable {
  std::string name;
  std::string query;  // label_values(…)
  bool several = true;
};

struct Dashboard {
  std::string uid;
  std::string title = {};
  std::string description = {};
  std::vector<Variable> variables;
  std::vector<Panel> panels;
  std::vector<Query> annotations = {};  // each series is a mark at its times; the legend is its text
};

std::string dashboard_text(const Dashboard& dashboard);

// The matchers of the dashboards' variables.
inline constexpr const char* kOfService = "service=~\"$service\",region=~\"$region\"";
Variable service_variable(bool several);
Variable region_variable();

// 0 up, 1 warning, 2 critical, 3 unknown, 4 maintenance, 5 suppressed; of each check.
std::string state_number(const std::string& matchers);

}  // namespace nines::reports::generate
