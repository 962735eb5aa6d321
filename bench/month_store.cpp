#include "bench/month_store.hpp"

#include <cmath>
#include <cstdint>
#include <fstream>
#include <random>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>

#include "bench/rounds.hpp"
#include "store/chunk.hpp"
#include "store/sealed.hpp"
#include "store/sqlite.hpp"
#include "store/store.hpp"

namespace nines::bench {
namespace {

constexpr int kAnHour = 120;
constexpr int kAService = 25;                          // checks
const Time kEnd(std::chrono::seconds(1'793'491'200));  // 2026-11-01

template <class T>
T expect(std::expected<T, store::SqlFault> value) {
  if (!value) throw std::runtime_error(value.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*value);
}

template <class T>
T expect(Expected<T> value) {
  if (!value) throw std::runtime_error(value.error().text());
  if constexpr (!std::is_void_v<T>) return std::move(*value);
}

// Tables of random numbers: drawing each anew would take longer than everything else.
class Numbers {
 public:
  Numbers() {
    std::mt19937 random(1);
    std::lognormal_distribution<double> phase(5.3, 0.3);
    std::exponential_distribution<double> late(1.0 / 300);
    for (auto& value : phases_) value = Micros(std::lround(phase(random)));
    for (auto& value : late_) value = Micros(std::lround(late(random)) % 5000);
  }
  Micros phase() { return phases_[next() % kSize]; }
  Micros late() { return late_[next() % kSize]; }
  bool one_in(std::uint64_t n) { return next() % n == 0; }

 private:
  static constexpr std::size_t kSize = 1 << 16;
  std::uint64_t next() {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return state_ >> 33;
  }
  std::uint64_t state_ = 1;
  std::vector<Micros> phases_ = std::vector<Micros>(kSize);
  std::vector<Micros> late_ = std::vector<Micros>(kSize);
};

void fill_hour(Numbers& numbers, std::int64_t hour, std::vector<ResultRow>& rows) {
  int failing = 0;
  for (int i = 0; i < kAnHour; ++i) {
    ResultRow row;
    row.start = store::start_of_hour(hour) + i * std::chrono::seconds(30) + numbers.late();
    row.interval = std::chrono::seconds(30);
    row.phases = {numbers.phase(), numbers.phase(), 4 * numbers.phase(), 60 * numbers.phase() + numbers.phase(),
                  numbers.phase() / 2};
    row.duration = row.phases.total() + numbers.late() / 1000;
    row.status = 200;
    if (numbers.one_in(500'000)) failing = 8;
    if (failing-- > 0 || numbers.one_in(1000)) {
      row.reason = row.first_reason = Reason::http_status;
      row.status = 503;
    }
    rows[static_cast<std::size_t>(i)] = row;
  }
}

std::string check_name(int check) {
  return fmt::format("check-{:04}", check);
}
std::string service_name(int check) {
  return fmt::format("service-{:03}", (check - 1) / kAService + 1);
}

std::vector<store::SettingsEntry> settings_of(const MonthStore& of) {
  std::vector<store::SettingsEntry> entries;
  for (int check = 1; check <= of.checks; ++check) {
    store::SettingsEntry entry;
    entry.check = check_name(check);
    entry.from = of.period().from;
    entry.interval = std::chrono::seconds(30);
    entry.stale_after = std::chrono::seconds(75);
    entry.service = service_name(check);
    entries.push_back(entry);
  }
  return entries;
}

std::string objectives_of(const std::string& name, const std::string& service, int first, int last) {
  std::string checks;
  for (int check = first; check <= last; ++check) checks += (check > first ? ", " : "") + check_name(check);
  std::string text;
  for (const auto& [what, rule] : {std::pair("uptime", "indicator: uptime, target: '99.9%'"),
                                   {"errors", "indicator: error_rate, target: '< 0.2%'"},
                                   {"p95", "indicator: latency, percentile: 95, target: '< 100ms'"}}) {
    text += fmt::format("  - {{name: {}{}, service: {}, window: month, {}, checks: [{}]}}\n", name, what, service, rule,
                        checks);
  }
  return text;
}

void write_configurations(const MonthStore& of, const std::string& directory) {
  std::string head = fmt::format("region: local\ndata_dir: {}\nservices:\n", directory);
  for (int check = 1; check <= of.checks; check += kAService) head += "  - name: " + service_name(check) + "\n";
  head += "checks:\n";
  for (int check = 1; check <= of.checks; ++check) {
    head += fmt::format("  - {{name: {}, service: {}, target: 'http://127.0.0.1:1/', interval: 30s}}\n",
                        check_name(check), service_name(check));
  }
  std::string services;
  for (int check = 1; check <= of.checks; check += kAService) {
    const std::string service = service_name(check);
    services += objectives_of(service + "-", service, check, std::min(of.checks, check + kAService - 1));
  }
  std::ofstream(directory + "/nines.yml") << head << "objectives:\n"
                                          << objectives_of("", service_name(1), 1, of.checks);
  std::ofstream(directory + "/services.yml") << head << "objectives:\n" << services;
}

}  // namespace

double MonthStore::results() const {
  return 24.0 * days * checks * kAnHour;
}

Period MonthStore::period() const {
  return {kEnd - std::chrono::days(days), kEnd};
}

void make_store(const MonthStore& of, const std::string& directory) {
  expect(expect(store::Store::open({.data_dir = directory}))->record_settings(settings_of(of)));
  write_configurations(of, directory);
  auto connection = expect(
      store::Connection::open(directory + "/" + store::kFileName, store::OpenMode::create, std::chrono::seconds(5)));
  expect(connection.execute("PRAGMA synchronous = OFF"));
  auto sealer = expect(store::Sealer::make(connection));
  Numbers numbers;
  std::vector<ResultRow> rows(kAnHour);
  double spent = 0;
  for (int check = 1; check <= of.checks; ++check) {
    expect(connection.execute(fmt::format("INSERT INTO series VALUES ({}, '{}', 'local')", check, check_name(check))));
  }
  const Period period = of.period();
  for (auto hour = store::hour_of(period.from); hour < store::hour_of(period.to); ++hour) {
    auto transaction = expect(store::Transaction::begin(connection, store::Transaction::Kind::write));
    for (int check = 1; check <= of.checks; ++check) {
      fill_hour(numbers, hour, rows);
      const double start = cpu_seconds();
      expect(sealer.put(check, rows));
      spent += cpu_seconds() - start;
    }
    expect(transaction.commit());
  }
  expect(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)"));
  fmt::print("{} checks over {} days: {:.2f} us CPU a result to make and write a chunk\n", of.checks, of.days,
             spent * 1e6 / of.results());
}

}  // namespace nines::bench
