#include "agent/process_metrics.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <sys/resource.h>
#include <unistd.h>

#include "agent/family.hpp"
#include "store/store.hpp"

namespace nines::agent {
namespace {

// Fields of /proc/self/stat that follow the program's name, proc(5): the first is field 3.
std::vector<std::string> stat_fields() {
  std::ifstream file("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream rest(text.substr(name_end + 1));
  return {std::istream_iterator<std::string>(rest), {}};
}

double boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) return std::stod(line.substr(6));
  }
  return 0;
}

double open_descriptors() {
  std::error_code failed;
  std::filesystem::directory_iterator entries("/proc/self/fd", failed);
  return failed ? 0 : static_cast<double>(std::distance(begin(entries), end(entries)));
}

}  // namespace

std::vector<prometheus::MetricFamily> process_metrics() {
  std::vector<prometheus::MetricFamily> families;
  const auto add = [&](const char* name, const char* help, double value,
                       prometheus::MetricType type = prometheus::MetricType::Gauge) {
    FamilyBuilder family(name, help, type);
    family.add({}, value);
    families.push_back(std::move(family).take());
  };
  const auto fields = stat_fields();
  if (fields.size() > 21) {
    const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
    const auto field = [&](std::size_t number) { return std::stod(fields[number - 3]); };
    add("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
        (field(14) + field(15)) / ticks, prometheus::MetricType::Counter);
    add("process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
        boot_time() + field(22) / ticks);
    add("process_virtual_memory_bytes", "Virtual memory size in bytes.", field(23));
    add("process_resident_memory_bytes", "Resident memory size in bytes.", field(24) * page);
  }
  add("process_open_fds", "Number of open file descriptors.", open_descriptors());
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    add("process_max_fds", "Maximum number of open file descriptors.", static_cast<double>(limit.rlim_cur));
  }
  return families;
}

std::uint64_t store_size(const std::string& data_dir) {
  std::uint64_t total = 0;
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::error_code failed;
    const auto size =
        std::filesystem::file_size(std::filesystem::path(data_dir) / (std::string(store::kFileName) + suffix), failed);
    if (!failed) total += size;
  }
  return total;
}

}  // namespace nines::agent
