#pragma once

// A test for `promtool test rules` as data, and as text. Internal to reports/generate/.

#include <string>
#include <vector>

#include "reports/generate/rules.hpp"

namespace nines::reports::generate {

struct InputSeries {
  std::string series;  // a selector: nines_check_state{check="a"}
  std::string values;  // promtool's notation
};

struct ExpectedAlerts {
  std::string eval_time;
  std::string alert;
  struct Alert {
    Pairs labels;
    Pairs annotations;
  };
  std::vector<Alert> alerts;  // all of that name; none: it does not fire
};

struct ExpectedSamples {
  std::string eval_time;
  std::string expr;
  struct Sample {
    std::string labels;
    std::string value;
  };
  std::vector<Sample> samples;
};

struct UnitTest {
  std::string name;
  std::string interval = "1m";
  std::vector<InputSeries> series;
  std::vector<ExpectedAlerts> alerts;
  std::vector<ExpectedSamples> samples;
};

std::string tests_text(const std::vector<UnitTest>& tests, const std::string& rules, const std::string& interval);

// NAME{label="value",…}
std::string series_text(const std::string& name, const Pairs& labels);

}  // namespace nines::reports::generate
