// The gate's statistics against R 4.2.2: wilcox.test(current, baseline, alternative = "greater", exact = …) with
// `exact` where there are no ties and at most 400 pairs, the same of (4 * current, 5 * baseline), wilcox.test(current,
// baseline, conf.int = TRUE)$conf.int, median(outer(current, baseline, "-")), pbinom(k - 1, n, p, lower.tail = FALSE)
// and fisher.test(table, alternative = "greater").

#include <cmath>
#include <vector>

#include <catch2/catch.hpp>

#include "sla/gate/distributions.hpp"
#include "sla/gate/fisher.hpp"
#include "sla/gate/mann_whitney.hpp"
#include "sla/gate/sample.hpp"

using namespace nines;
using namespace nines::sla::gate;

namespace {

std::vector<Micros> micros(const std::vector<int>& values) {
  std::vector<Micros> all;
  for (const int value : values) all.emplace_back(value);
  return all;
}

struct Wilcoxon {
  const char* name;  // of R's data set, in thousandths
  std::vector<int> baseline;
  std::vector<int> current;
  double u;
  double p_value;
  bool exact;
  double p_value_125;  // against 1.25 times the baseline
  double shift;
  double low;
  double high;
};

// clang-format off
const std::vector<Wilcoxon>& wilcoxon_cases() {
  static const std::vector<Wilcoxon> cases = {
      {"Hollander and Wolfe 1973, page 69",
       {740, 880, 900, 1150, 1210},
       {730, 800, 830, 1040, 1380, 1450, 1460, 1640, 1890, 1910},
       35, 0.127206127206127, true, 0.42957042957043, 305.0, -150, 760},
      {"airquality, May and August",
       {1000, 4000, 6000, 7000, 8000, 11000, 11000, 11000, 12000, 14000, 14000, 16000, 18000, 18000, 19000, 23000, 23000, 28000, 30000, 32000, 34000, 36000, 37000, 41000, 45000, 115000},
       {9000, 9000, 16000, 21000, 22000, 23000, 28000, 31000, 35000, 39000, 44000, 44000, 45000, 59000, 65000, 66000, 73000, 76000, 78000, 84000, 85000, 89000, 110000, 118000, 122000, 168000},
       548.5, 6.04039153843872e-05, false, 0.000700832955466057, 32000.0, 15000, 53000},
      {"one each", {100000}, {200000}, 1, 0.5, true, 0.5, 100000.0, 100000, 100000},
      {"one against three", {10000, 20000, 30000}, {40000}, 3, 0.25, true, 0.25, 20000.0, 10000, 30000},
      // R gives no interval here.
      {"all the same", {50000, 50000, 50000, 50000}, {50000, 50000, 50000}, 6, 1, false, 0.996018255396725, 0.0, 0, 0},
      {"separated",
       {1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10000},
       {11000, 12000, 13000, 14000, 15000, 16000, 17000, 18000},
       80, 2.28529640294346e-05, true, 0.000159970748206042, 9000.0, 6000, 12000},
      {"400 pairs",
       {101000, 103000, 105000, 107000, 109000, 111000, 113000, 115000, 117000, 119000, 121000, 123000, 125000, 127000, 129000, 131000, 133000, 135000, 137000, 139000},
       {110000, 112000, 114000, 116000, 118000, 120000, 122000, 124000, 126000, 128000, 130000, 132000, 134000, 136000, 138000, 140000, 142000, 144000, 146000, 148000},
       280, 0.0152056280193824, true, 0.999980505566422, 9000.0, 1000, 17000},
      {"420 pairs",
       {101000, 103000, 105000, 107000, 109000, 111000, 113000, 115000, 117000, 119000, 121000, 123000, 125000, 127000, 129000, 131000, 133000, 135000, 137000, 139000},
       {110000, 112000, 114000, 116000, 118000, 120000, 122000, 124000, 126000, 128000, 130000, 132000, 134000, 136000, 138000, 140000, 142000, 144000, 146000, 148000, 150000},
       300, 0.00978892691112982, false, 0.999908998891038, 10000.0, 1000, 19000},
      {"ties",
       {1000, 2000, 2000, 3000, 3000, 3000, 4000, 4000, 5000, 9000},
       {2000, 3000, 4000, 4000, 5000, 5000, 6000, 7000, 9000, 12000, 12000},
       85, 0.0179586845415655, false, 0.0733063129977146, 2000.0, 0, 5000},
      {"InsectSprays, A and C",
       {7000, 10000, 10000, 12000, 13000, 14000, 14000, 14000, 17000, 20000, 20000, 23000},
       {0, 0, 1000, 1000, 1000, 1000, 2000, 2000, 3000, 3000, 4000, 7000},
       0.5, 0.999985108172574, false, 0.99998684081814, -12000.0, -16000, -9000},
      {"sleep, all plus 5",
       {3400, 3800, 4800, 4900, 5000, 5700, 5800, 7000, 8400, 8700},
       {4900, 5100, 5800, 6100, 6600, 6900, 8400, 9400, 9600, 10500},
       74.5, 0.0346637877168133, false, 0.5, 1350.0, -100, 3600},
      {"PlantGrowth, ctrl and trt2",
       {4170, 4500, 4530, 4610, 5140, 5170, 5180, 5330, 5580, 6110},
       {4920, 5120, 5260, 5290, 5370, 5500, 5540, 5800, 6150, 6310},
       75, 0.0315064192773171, true, 0.995534651107407, 490.0, -40, 1000},
      {"chickwts, horsebean and casein",
       {108000, 124000, 136000, 140000, 143000, 160000, 168000, 179000, 217000, 227000},
       {216000, 222000, 260000, 283000, 318000, 332000, 352000, 359000, 368000, 379000, 390000, 404000},
       117, 1.0825088224469e-05, true, 0.000150004793967642, 174000.0, 108000, 223000},
      {"ToothGrowth, VC and OJ",
       {4200, 5200, 5800, 6400, 7000, 7300, 10000, 11200, 11200, 11500, 13600, 14500, 15200, 15500, 16500, 16500, 17300, 17300, 18500, 18800, 21500, 22500, 23300, 23600, 25500, 26400, 26700, 29500, 32500, 33900},
       {8200, 9400, 9700, 9700, 10000, 14500, 14500, 15200, 16500, 17600, 19700, 20000, 21200, 21500, 22400, 23000, 23300, 23600, 24500, 24800, 25200, 25500, 25800, 26400, 26400, 26400, 27300, 27300, 29400, 30900},
       575.5, 0.0322453360669178, false, 0.426680797067941, 4000.0, -100, 8500},
  };
  return cases;
}
// clang-format on

}  // namespace

TEST_CASE("ranks are tested and shifts estimated as R does") {
  for (const Wilcoxon& one : wilcoxon_cases()) {
    CAPTURE(one.name);
    const auto baseline = micros(one.baseline);
    const auto current = micros(one.current);
    const MannWhitney test = mann_whitney(baseline, current);
    CHECK(test.u == one.u);
    CHECK(test.exact == one.exact);
    CHECK(test.p_value == Approx(one.p_value).epsilon(1e-10));
    CHECK(mann_whitney(baseline, current, {5, 4}).p_value == Approx(one.p_value_125).epsilon(1e-10));
    const Shift shift = hodges_lehmann(baseline, current);
    CHECK(shift.estimate == one.shift);
    CHECK(static_cast<double>(shift.low) == one.low);
    CHECK(static_cast<double>(shift.high) == one.high);
  }
}

TEST_CASE("scaling a baseline ties where the products are equal") {
  // 1.25 x 80 is 100, by hand: one pair larger, one tied, so U is 1.5.
  const MannWhitney test = mann_whitney(micros({80}), micros({100, 101}), {5, 4});
  CHECK(test.u == 1.5);
  CHECK_FALSE(test.exact);
}

TEST_CASE("the shift of large samples needs no list of all differences") {
  std::vector<Micros> baseline;
  for (int i = 0; i < 100'000; ++i) baseline.emplace_back(i);
  std::vector<Micros> current;
  for (int i = 0; i < 100'000; ++i) current.emplace_back(i + 777);
  const Shift shift = hodges_lehmann(baseline, current);
  CHECK(shift.estimate == 777);
  CHECK(shift.low < 777);
  CHECK(shift.high - 777 == 777 - shift.low);
}

TEST_CASE("the tail of a binomial distribution is R's") {
  struct Case {
    int k, n;
    double p, tail;
  };
  const std::vector<Case> cases = {
      {12, 360, 1.0 / 61, 0.0171025655304139},
      {11, 360, 1.0 / 61, 0.0373893117714704},
      {1, 360, 0.001, 0.302449328134899},
      {5, 360, 0.001, 3.64953658136917e-05},
      {9, 360, 0.01, 0.0112525702240026},
      {0, 10, 0.5, 1},
      {10, 10, 0.5, 0.0009765625},
      {3, 100000, 0.00001, 0.0803004773643608},
      {120, 100000, 0.001, 0.0281670058508533},
      {50, 60, 0.2, 9.58145794652371e-26},
      {1000, 1000000, 0.0009, 0.000546973600764926},
      {2, 60, 1.0 / 61, 0.258152020742755},
      {200, 1000, 0.25, 0.9999197067126},
  };
  for (const Case& one : cases) {
    CAPTURE(one.k, one.n, one.p);
    CHECK(binomial_tail(one.k, one.n, one.p) == Approx(one.tail).epsilon(1e-9));
  }
  CHECK(binomial_tail(11, 10, 0.5) == 0);
}

TEST_CASE("Fisher's exact test is R's") {
  struct Case {
    int above, all, baseline_above, baseline_all;
    double p_value;
  };
  const std::vector<Case> cases = {
      {3, 4, 1, 4, 0.242857142857143},  // the lady who tasted tea
      {18, 360, 0, 60, 0.0585825839823746},
      {36, 360, 1, 120, 0.000214335988142201},
      {36, 360, 3, 120, 0.00444642373247887},
      {0, 10, 5, 10, 1},
      {1, 1, 0, 1, 0.5},
      {7, 12, 5, 15, 0.181850406066317},
      {360, 360, 0, 60, 2.80920245613462e-74},
      {40, 360, 6, 60, 0.504236473978192},
      {2000, 100000, 1500, 100000, 7.74045779448656e-18},
  };
  for (const Case& one : cases) {
    CAPTURE(one.above, one.all, one.baseline_above, one.baseline_all);
    CHECK(fisher({one.baseline_above, one.baseline_all}, {one.above, one.all}) == Approx(one.p_value).epsilon(1e-9));
  }
}

TEST_CASE("p95 is the value of rank ceil(0.95 n)") {
  const auto of = [](int count) {
    std::vector<Micros> values;
    for (int i = 1; i <= count; ++i) values.emplace_back(i);
    return p95(values).count();
  };
  CHECK(of(1) == 1);
  CHECK(of(19) == 19);
  CHECK(of(20) == 19);
  CHECK(of(21) == 20);
  CHECK(of(60) == 57);
  CHECK(of(100) == 95);
  CHECK(of(360) == 342);
}
