#include "probes/jq_helper.hpp"

#include <cerrno>
#include <csignal>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "probes/jq/message.hpp"
#include "probes/jq/programs.hpp"

namespace nines::probes {
namespace {

using jq::Message;

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif
#else
constexpr bool kSanitized = false;
#endif

constexpr rlim_t kMaxMemory = 1'000'000'000;
constexpr rlim_t kMaxCpuSeconds = 2;

void limit(int resource, rlim_t most) {
  const rlimit both{most, most};
  ::setrlimit(static_cast<decltype(RLIMIT_CPU)>(resource), &both);
}

// What the parent's time-out is not there for: a helper whose parent is gone, and memory. A sanitizer reserves
// terabytes of address space, so the limit on it would end the helper at once.
void limit_this_process() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_NOFILE, STDERR_FILENO + 1);
  if (!kSanitized) limit(RLIMIT_AS, kMaxMemory);
}

// The limit is on all the process has ever used, so each request gets its own share on top.
void allow_cpu_for_one_request() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = static_cast<rlim_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec + 1);
  const rlimit both{seconds + kMaxCpuSeconds, RLIM_INFINITY};
  ::setrlimit(RLIMIT_CPU, &both);
}

bool read_all(char* to, std::size_t size) {
  while (size > 0) {
    const ssize_t got = ::read(STDIN_FILENO, to, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

bool write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

bool send(char kind, std::vector<std::string> fields) {
  return write_all(jq::encode({kind, std::move(fields)}));
}

std::optional<Message> read_request() {
  std::string bytes(jq::kFrameHead, '\0');
  if (!read_all(bytes.data(), bytes.size())) return std::nullopt;
  const auto length = jq::payload_length(bytes);
  if (!length) return std::nullopt;
  bytes.resize(*length);
  if (!read_all(bytes.data(), bytes.size())) return std::nullopt;
  return jq::decode(bytes);
}

// nullopt: not a request.
std::optional<Message> answer(jq::Programs& programs, const Message& request) {
  const auto& fields = request.fields;
  if (request.kind == 'C' && !fields.empty()) {
    const auto compiled = programs.compile(fields[0], {fields.begin() + 1, fields.end()});
    return compiled ? Message{'O', {}} : Message{'E', {compiled.error()}};
  }
  if (request.kind != 'R' || fields.size() < 2 || fields.size() % 2 != 0) return std::nullopt;
  jq::Programs::Variables variables;
  for (std::size_t i = 2; i < fields.size(); i += 2) variables.emplace_back(fields[i], fields[i + 1]);
  const auto values = programs.run(fields[0], fields[1], variables);
  return values ? Message{'V', {*values}} : Message{'E', {values.error()}};
}

}  // namespace

int jq_helper_main() {
  limit_this_process();
  jq::Programs programs;
  if (!send('H', {})) return 1;
  for (;;) {
    const auto request = read_request();
    if (!request) return 0;
    allow_cpu_for_one_request();
    const auto reply = answer(programs, *request);
    if (!reply || !send(reply->kind, reply->fields)) return 1;
  }
}

}  // namespace nines::probes
