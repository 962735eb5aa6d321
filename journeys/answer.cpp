#include "journeys/answer.hpp"

#include <algorithm>
#include <ranges>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "journeys/json_path.hpp"

namespace nines::journeys {
namespace {

using probes::Jq;
using probes::Stop;
using probes::Task;

constexpr std::size_t kMaxShown = 200;
constexpr std::size_t kMaxParsed = 256 * 1024;

std::string shown(const Context& run, std::string_view text) {
  return ellipsize(printable(run.masks.evidence(text, kMaxShown)), kMaxShown);
}

std::string listed(const std::vector<int>& status) {
  if (status.empty()) return "2xx or 3xx";
  std::string out;
  for (std::size_t i = 0; i < status.size(); ++i) {
    if (i > 0) out += i + 1 == status.size() ? " or " : ", ";
    out += std::to_string(status[i]);
  }
  return out;
}

bool status_holds(const config::Expect& expect, StatusDefault otherwise, int status) {
  if (!expect.status.empty()) return std::ranges::find(expect.status, status) != expect.status.end();
  return otherwise == StatusDefault::any || (status >= 200 && status < 400);
}

// What a rule gave, for people: "false", or of a comparison also the side that came from the answer.
std::string told(const Context& run, const Answer& answer, const std::string& rule, const Jq::Values& values) {
  std::string got = values.empty() ? "nothing" : shown(run, dump_json(values.front()));
  const std::string_view path = compared_path(rule);
  if (path.empty() || answer.document() == nullptr) return got;
  const auto actual = take_path(*answer.document(), path);
  if (!actual) return got;
  return fmt::format("{} ({} is {})", got, path, shown(run, run.masks.named(path, dump_json(*actual))));
}

// Gathers failures; the weightiest reason wins.
class Findings {
 public:
  void add(Reason reason, const std::string& message) {
    const auto weight = [](Reason one) { return std::ranges::find(kOrder, one) - std::begin(kOrder); };
    if (reason_ == Reason::none || weight(reason) < weight(reason_)) reason_ = reason;
    if (message_.contains(message)) return;  // such as "the body is not JSON", once for each rule
    if (!message_.empty()) message_ += "; ";
    message_ += message;
  }
  Outcome outcome() && { return {reason_, std::move(message_)}; }

 private:
  static constexpr Reason kOrder[] = {Reason::http_status, Reason::assertion, Reason::too_slow, Reason::agent_jq};
  Reason reason_ = Reason::none;
  std::string message_;
};

Task<std::expected<Jq::Values, Jq::Failure>> evaluate(Context* run, const std::string* program, const Answer* answer,
                                                      Stop stop) {
  if (answer->document() != nullptr) {
    if (auto value = take_path(*answer->document(), *program)) co_return Jq::Values{std::move(*value)};
  }
  co_return co_await run->jq.run(*program, answer->exchange().body, run->variables.all(), stop);
}

Task<std::expected<Json, Outcome>> captured(Context* run, const config::Capture* what, const Answer* answer,
                                            Stop stop) {
  const auto nothing = [&](const std::string& where) {
    return std::unexpected(
        Outcome{Reason::capture, fmt::format("expected {} to capture `{}`, got nothing", where, what->name)});
  };
  switch (what->kind) {
    case config::CaptureKind::status:
      co_return Json(answer->exchange().status);
    case config::CaptureKind::header: {
      const std::string* value = answer->exchange().header(what->argument);
      if (value == nullptr) co_return nothing("a header " + what->argument);
      co_return Json(*value);
    }
    case config::CaptureKind::jq:
    case config::CaptureKind::cookie:
    case config::CaptureKind::regex:
    case config::CaptureKind::xpath:
    case config::CaptureKind::url:
    case config::CaptureKind::body:
    case config::CaptureKind::certificate:
      break;
  }
  auto values = co_await evaluate(run, &what->argument, answer, stop);
  if (!values) {
    const Reason reason = values.error().agent ? Reason::agent_jq : Reason::capture;
    co_return std::unexpected(
        Outcome{reason, fmt::format("expected jq `{}` to capture `{}`, got an error: {}", what->argument, what->name,
                                    shown(*run, values.error().message))});
  }
  if (values->empty() || values->front().is_null()) co_return nothing(fmt::format("jq `{}`", what->argument));
  co_return std::move(values->front());
}

}  // namespace

Answer::Answer(probes::HttpExchange exchange) : exchange_(std::move(exchange)) {
  if (exchange_.body.empty() || exchange_.body.size() > kMaxParsed) return;
  if (auto document = parse_json(exchange_.body)) document_ = std::make_unique<Json>(std::move(*document));
}
Answer::~Answer() = default;
Answer::Answer(Answer&&) noexcept = default;
Answer& Answer::operator=(Answer&&) noexcept = default;

Task<Outcome> judge(Context* run, const config::Expect* expect, const Answer* answer, StatusDefault otherwise,
                    Micros duration, Stop stop) {
  Findings findings;
  const int status = answer->exchange().status;
  if (!status_holds(*expect, otherwise, status)) {
    findings.add(Reason::http_status, fmt::format("expected status {}, got {}", listed(expect->status), status));
  }
  for (const config::JqProgram& rule : expect->jq) {
    const auto values = co_await evaluate(run, &rule.text, answer, stop);
    if (!values) {
      findings.add(values.error().agent ? Reason::agent_jq : Reason::assertion,
                   fmt::format("expected jq `{}`, got an error: {}", rule.text, shown(*run, values.error().message)));
    } else if (values->empty() || !std::ranges::all_of(*values, [](const Json& value) { return value == true; })) {
      findings.add(Reason::assertion,
                   fmt::format("expected jq `{}`, got {}", rule.text, told(*run, *answer, rule.text, *values)));
    }
  }
  if (expect->duration && !expect->duration->holds(duration)) {
    findings.add(Reason::too_slow,
                 fmt::format("expected a duration {}, got {}", expect->duration->text, say_latency(duration)));
  }
  co_return std::move(findings).outcome();
}

Task<Outcome> capture(Context* run, const config::Step* step, const Answer* answer, Stop stop) {
  Outcome first;
  for (const config::Capture& what : step->captures) {
    auto value = co_await captured(run, &what, answer, stop);
    if (!value) {
      if (first.ok()) first = value.error();
      continue;
    }
    run->masks.captured(what.name, value->is_string() ? value->get<std::string>() : dump_json(*value));
    run->variables.set(what.name, std::move(*value));
  }
  co_return first;
}

}  // namespace nines::journeys
