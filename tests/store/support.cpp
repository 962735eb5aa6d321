#include "tests/store/support.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>

#include "store/check.hpp"
#include "store/sqlite.hpp"

namespace nines::store::tests {

TempDir::TempDir() {
  auto name = (std::filesystem::temp_directory_path() / "nines-store-XXXXXX").string();
  REQUIRE(mkdtemp(name.data()) != nullptr);
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Time at(double seconds) {
  return Time{std::chrono::seconds(1'790'812'800)} + Micros{std::llround(seconds * 1e6)};
}

Result success(double seconds, const SeriesKey& key) {
  Result result{key, {}, {}};
  result.row.start = at(seconds);
  result.row.duration = Micros{12'345};
  result.row.status = 200;
  return result;
}

Result failure(double seconds, Reason reason, const SeriesKey& key) {
  auto result = success(seconds, key);
  result.row.reason = result.row.first_reason = reason;
  result.row.status = 503;
  return result;
}

std::unique_ptr<Store> open_store(const std::string& data_dir, std::size_t queue_limit) {
  auto store = Store::open({.data_dir = data_dir, .queue_limit = queue_limit});
  INFO((store ? std::string() : store.error().text()));
  REQUIRE(store.has_value());
  return std::move(*store);
}

std::string open_fault(const std::string& data_dir) {
  const auto store = Store::open({.data_dir = data_dir});
  return store ? "" : store.error().text();
}

std::unique_ptr<Store> open_at(const std::string& data_dir, const Clock& clock) {
  auto store = Store::open({.data_dir = data_dir, .clock = &clock, .tidy_every = std::chrono::hours(1000)});
  INFO((store ? std::string() : store.error().text()));
  REQUIRE(store.has_value());
  return std::move(*store);
}

void tidy(Store& store) {
  const auto done = store.tidy();
  INFO((done ? std::string() : done.error().text()));
  REQUIRE(done.has_value());
}

std::vector<std::string> faults_of(const std::string& data_dir) {
  const auto checked = check_store(data_dir + "/" + kFileName, [](auto, auto, auto) {});
  INFO((checked ? std::string() : checked.error().text()));
  REQUIRE(checked.has_value());
  return checked->faults;
}

std::vector<ResultRow> rows_of(const std::string& data_dir, const SeriesKey& key) {
  auto reader = open_reader(data_dir);
  INFO((reader ? std::string() : reader.error().text()));
  REQUIRE(reader.has_value());
  std::vector<ResultRow> rows;
  REQUIRE(reader->visit(kEver, [&](const Result& result) {
    if (result.key == key) rows.push_back(result.row);
    return true;
  }));
  return rows;
}

std::vector<double> starts_of(const std::string& data_dir, const SeriesKey& key) {
  std::vector<double> starts;
  for (const auto& row : rows_of(data_dir, key)) starts.push_back(seconds(row.start - at(0)));
  return starts;
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::pair<std::string, std::string>> snapshot(const std::string& directory) {
  std::vector<std::pair<std::string, std::string>> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    files.emplace_back(entry.path().filename().string(), contents(entry.path().string()));
  }
  std::ranges::sort(files);
  return files;
}

namespace {

Connection open_file(const std::string& data_dir) {
  auto connection = Connection::open(data_dir + "/" + kFileName, OpenMode::create, std::chrono::seconds(5));
  REQUIRE(connection.has_value());
  return std::move(*connection);
}

}  // namespace

void execute(const std::string& data_dir, const std::string& sql) {
  const auto done = open_file(data_dir).execute(sql);
  INFO((done ? std::string() : done.error().message));
  REQUIRE(done.has_value());
}

std::string query(const std::string& data_dir, const std::string& sql) {
  const auto value = open_file(data_dir).text(sql);
  INFO((value ? std::string() : value.error().message));
  REQUIRE(value.has_value());
  return *value;
}

}  // namespace nines::store::tests
